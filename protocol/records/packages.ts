// Packages with native or WebAssembly code, loaded when they are first needed and not before.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Native code for the sizes at which it beats JavaScript. */
export interface Crc32c {
  crc32c(bytes: Uint8Array, initial?: number): number
}

export interface Snappy {
  compressSync(bytes: Uint8Array): Buffer
  uncompressSync(bytes: Uint8Array, options: { asBuffer: true }): Buffer
}

export interface Lz4 {
  compressFrameSync(bytes: Uint8Array): Buffer
  decompressFrameSync(bytes: Uint8Array): Buffer
}

/** The functions of the zstd library itself, on addresses of its own memory. */
export interface ZstdLibrary {
  readonly HEAPU8: Uint8Array
  _malloc(sizeBytes: number): number
  _free(address: number): void
  _ZSTD_isError(result: number): number
  _ZSTD_compressBound(sizeBytes: number): number
  _ZSTD_createCCtx(): number
  _ZSTD_freeCCtx(context: number): void
  _ZSTD_compress(
    target: number, targetSize: number, source: number, sourceSize: number, level: number,
  ): number
  _ZSTD_decompress(target: number, targetSize: number, source: number, sourceSize: number): number
}

// `require` remembers what it loaded, so that nothing has to be remembered here. The bundle and
// the tests both have one.

export function loadCrc32c(): Crc32c | undefined {
  try {
    return require('@node-rs/crc32') as Crc32c
  } catch {
    return undefined // no native build for this machine
  }
}

/** Native, or in JavaScript where no native build loads. */
export function loadSnappy(): Snappy {
  try {
    return require('snappy') as Snappy
  } catch {
    const js = require('snappyjs') as {
      compress(bytes: Buffer): Buffer
      uncompress(bytes: Buffer): Buffer
    }
    return {
      compressSync: (bytes) => js.compress(Buffer.from(bytes)),
      uncompressSync: (bytes) => js.uncompress(Buffer.from(bytes)),
    }
  }
}

export function loadLz4(): Lz4 {
  return require('lz4-napi') as Lz4
}

/** The little that is used here of what Node's types leave to those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

interface EmscriptenModule extends ZstdLibrary {
  readonly calledRun?: boolean
  instantiateWasm?: (imports: object, receive: (instance: object) => void) => object
  init(bytes: Uint8Array): unknown
}

/** Zstd for versions of Node that have none. Its own `init` would be a promise; this waits. */
export function loadZstd(): ZstdLibrary {
  const folder = dirname(require.resolve('@bokuweb/zstd-wasm'))
  const { Module } = require(join(folder, 'module.js')) as { Module: EmscriptenModule }
  if (Module.calledRun === true) return Module
  const bytes = readFileSync(join(folder, 'zstd.wasm'))
  Module.instantiateWasm = (imports, receive) => {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports)
    receive(instance)
    return instance.exports
  }
  Module.init(bytes)
  return Module
}
