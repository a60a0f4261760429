// A CommonJS file with what V8 has made of it before: to compile `dist/start.cjs` anew takes a
// third of a start.
//
// The build tries starts, and keeps beside the file what V8 had compiled by then. V8 believes
// whatever its own version wrote, and damage would bring it down: so a checksum stands behind it,
// over the file, what was made of it, and the versions of all that this Node consists of. What does
// not fit is left aside, and the file compiled.

import { readFileSync, writeFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { Script } from 'node:vm'
import zlib from 'node:zlib'

const CHECKSUM_BYTES = 4

export class CompiledModule {
  readonly exports: unknown
  /** Whether what was compiled before was of use. */
  readonly isCached: boolean
  readonly #file: string
  readonly #bytes: Buffer
  readonly #script: Script

  constructor(file: string) {
    this.#file = file
    this.#bytes = readFileSync(file)
    const cachedData = readCache(file, this.#bytes)
    // Outside of comments esbuild writes ASCII, and V8 has less to do with it.
    const source = Module.wrap(this.#bytes.toString('latin1'))
    this.#script = new Script(source, { filename: file, ...cachedData && { cachedData } })
    this.isCached = cachedData !== undefined && this.#script.cachedDataRejected === false
    const module = { exports: {} }
    this.#script.runInThisContext()(
      module.exports, createRequire(file), module, file, dirname(file))
    this.exports = module.exports
  }

  /** Keeps what V8 has compiled so far, functions that have run included, for the next time. */
  save(): void {
    const cache = this.#script.createCachedData()
    const checksum = Buffer.alloc(CHECKSUM_BYTES)
    checksum.writeUInt32LE(checksumOf(this.#bytes, cache))
    writeFileSync(cacheFile(this.#file), Buffer.concat([cache, checksum]))
  }
}

/** What the file exports. */
export function loadCompiled(file: string): unknown {
  // Node maps the traces of modules that it loads itself alone.
  return process.sourceMapsEnabled ? createRequire(file)(file) : new CompiledModule(file).exports
}

export function cacheFile(file: string): string {
  return `${file}.cache`
}

function readCache(file: string, bytes: Buffer): Buffer | undefined {
  // Node 21 to 22.1 have none.
  if ((zlib.crc32 as typeof zlib.crc32 | undefined) === undefined) return undefined
  try {
    const kept = readFileSync(cacheFile(file))
    const cache = kept.subarray(0, -CHECKSUM_BYTES)
    const isWhole = kept.readUInt32LE(cache.length) === checksumOf(bytes, cache)
    return isWhole ? cache : undefined
  } catch {
    return undefined
  }
}

function checksumOf(source: Buffer, cache: Buffer): number {
  const node = JSON.stringify([process.versions, process.platform, process.arch])
  return zlib.crc32(cache, zlib.crc32(source, zlib.crc32(node)))
}
