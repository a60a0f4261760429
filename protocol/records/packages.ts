// Packages with native or WebAssembly code, loaded when they are first needed and not before.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

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

/** Blocks with a 32-bit number in front, low byte first. */
export interface Lz4 {
  /** The number is the size of the bytes. */
  compressSync(bytes: Uint8Array): Buffer
  /** The number is the most that may come out; throws an Error for more, or a damaged block. */
  uncompressSync(bytes: Uint8Array): Buffer
}

/** The functions of the zstd library itself, on addresses of its own memory. */
export interface ZstdLibrary {
  /** Another array after the memory has grown. */
  readonly HEAPU8: Uint8Array
  _malloc(sizeBytes: number): number
  _free(address: number): void
  _ZSTD_isError(result: number): number
  _ZSTD_compressBound(sizeBytes: number): number
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

interface EmscriptenModule extends ZstdLibrary {
  instantiateWasm?: (imports: object, receive: (instance: object) => void) => object
  init(bytes: Uint8Array): unknown
}

/**
 * Zstd for versions of Node that have none. Its own `init` would be a promise; this waits. The
 * library is an instance of our own: every `init` of others in the process gives the one that
 * `require` shares another memory, in the middle of whatever it does.
 */
export const loadZstd = once((): ZstdLibrary => {
  const folder = dirname(require.resolve('@bokuweb/zstd-wasm'))
  const script = readFileSync(join(folder, 'zstd.js'), 'utf8')
  const exported = {} as { readonly Module: EmscriptenModule }
  new Function('exports', script)(exported)
  const { Module } = exported
  const bytes = readFileSync(join(folder, 'zstd.wasm'))
  Module.instantiateWasm = (imports, receive) => {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports)
    receive(instance)
    return instance.exports
  }
  Module.init(bytes)
  return Module
})

/** What is made at the first call is given at every later one. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
