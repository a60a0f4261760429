// Packages with native or WebAssembly code, loaded when they are first needed and not before.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type WasmLibrary, Workspace } from './workspace.ts'

export interface NativeCrc32c {
  crc32c(bytes: Uint8Array): number
}

export interface ScriptCrc32c {
  /** A signed number. */
  buf(bytes: Uint8Array, initial: number): number
}

/** Blocks of snappy without a framing. */
export interface Snappy {
  compress(bytes: Buffer): Buffer
  uncompress(bytes: Buffer): Buffer
}

export interface Lz4 {
  /** A block with the size of the bytes in front, in 32 bits, low byte first. */
  compressSync(bytes: Uint8Array): Buffer
}

/** The functions of the LZ4 library itself, on addresses of its own memory. */
export interface Lz4Library extends WasmLibrary {
  readonly context: number
  /** The size of what comes out of one frame; below 0 for damage, and for more than the target. */
  _decompressFrame(
    context: number, target: number, targetSize: number, source: number, sourceSize: number,
  ): number
}

/** The functions of the zstd library itself, on addresses of its own memory. */
export interface ZstdLibrary extends WasmLibrary {
  _ZSTD_isError(result: number): number
  _ZSTD_compress(
    target: number, targetSize: number, source: number, sourceSize: number, level: number,
  ): number
  _ZSTD_decompress(target: number, targetSize: number, source: number, sourceSize: number): number
}

// `require` is there in the bundle and in the tests: an `import` would load at the start, and a
// package without a build for this machine would end it.

/** Undefined on a machine that it has no build for. */
export const nativeCrc32c = once((): NativeCrc32c | undefined => {
  try {
    return require('@node-rs/crc32') as NativeCrc32c
  } catch {
    return undefined
  }
})

export const scriptCrc32c = once((): ScriptCrc32c => require('crc-32/crc32c') as ScriptCrc32c)

/** Native, or in JavaScript where no native build loads. */
export const loadSnappy = once((): Snappy => {
  try {
    return nativeSnappy()
  } catch {
    return scriptSnappy()
  }
})

export function nativeSnappy(): Snappy {
  const native = require('snappy') as {
    compressSync(bytes: Buffer, options: { copyOutputData: true }): Buffer
    uncompressSync(bytes: Buffer, options: { asBuffer: true, copyOutputData: true }): Buffer
  }
  // Memory that is not the engine's own takes it longer to keep track of than to copy.
  return {
    compress: (bytes) => native.compressSync(bytes, { copyOutputData: true }),
    uncompress: (bytes) => native.uncompressSync(bytes, { asBuffer: true, copyOutputData: true }),
  }
}

export function scriptSnappy(): Snappy {
  return require('snappyjs') as Snappy
}

/** Undefined on a machine that it has no build for. */
export const loadLz4 = once((): Lz4 | undefined => {
  try {
    return require('lz4-napi') as Lz4
  } catch {
    return undefined
  }
})

/** The little that is used here of what Node's types leave to those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

/** LZ4F_VERSION, and where a context of LZ4 1.9 has it, and its stage (LZ4F_dctx_s). */
const LZ4_VERSION = 100
const LZ4_VERSION_AT = 48
const LZ4_STAGE_AT = 52

type InstantiateWasm = (imports: object, receive: (instance: object) => void) => object

interface Lz4Module extends WasmLibrary {
  _createDecompressionContext(): number
  _decompressFrame: Lz4Library['_decompressFrame']
}

const lz4Parts = once(() => {
  const script = require.resolve('@foxglove/wasm-lz4/dist/wasm-lz4.js')
  const make = require(script) as (given: { instantiateWasm: InstantiateWasm }) => unknown
  const bytes = readFileSync(join(dirname(script), 'wasm-lz4.wasm'))
  return { make, code: new WebAssembly.Module(bytes) }
})

/** The library of LZ4 in memory of its own, and at once: its own start would be a promise. */
export const lz4Space = once(() => new Workspace((): Lz4Library => {
  const { make, code } = lz4Parts()
  const given = { instantiateWasm: instantiating(code) }
  make(given)
  const library = given as unknown as Lz4Module
  return Object.assign(library, { context: library._createDecompressionContext() })
}))

/**
 * After an error a context stands in the middle of a frame. What would put it back the package does
 * not export, and to start the library again takes near a millisecond, so its stage is set to the
 * first by hand. False where the context is not the one that is known.
 */
export function resetLz4({ HEAPU8, context }: Lz4Library): boolean {
  const words = new DataView(HEAPU8.buffer, HEAPU8.byteOffset + context, LZ4_STAGE_AT + 4)
  if (words.getUint32(LZ4_VERSION_AT, true) !== LZ4_VERSION) return false
  words.setUint32(LZ4_STAGE_AT, 0, true)
  return true
}

function instantiating(code: object): InstantiateWasm {
  return (imports, receive) => {
    const instance = new WebAssembly.Instance(code, imports)
    receive(instance)
    return instance.exports
  }
}

interface EmscriptenModule extends ZstdLibrary {
  instantiateWasm?: InstantiateWasm
  init(bytes: Uint8Array): unknown
}

const zstdParts = once(() => {
  const folder = dirname(require.resolve('@bokuweb/zstd-wasm'))
  const script = readFileSync(join(folder, 'zstd.js'), 'utf8')
  const bytes = readFileSync(join(folder, 'zstd.wasm'))
  return { make: new Function('exports', script), bytes, code: new WebAssembly.Module(bytes) }
})

/**
 * Zstd. Its own `init` would be a promise; this waits. The library is an instance of our own: every
 * `init` of others in the process gives the one that `require` shares another memory, in the middle
 * of whatever it does.
 */
export const zstdSpace = once(() => new Workspace((): ZstdLibrary => {
  const { make, bytes, code } = zstdParts()
  const exported = {} as { readonly Module: EmscriptenModule }
  make(exported)
  const { Module } = exported
  Module.instantiateWasm = instantiating(code)
  Module.init(bytes)
  return Module
}))

/** What is made at the first call is given at every later one. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
