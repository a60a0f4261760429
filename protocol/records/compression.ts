// The codecs of record batches: none, gzip, snappy, lz4, zstd, as Kafka's clients frame them.

import * as zlib from 'node:zlib'
import { ApiError, Errors } from '../errors.ts'
import { tooLarge } from './decompressed.ts'
import { compressLz4, decompressLz4 } from './lz4.ts'
import { compressSnappy, decompressSnappy } from './snappy.ts'
import { compressZstd, decompressZstd } from './zstd.ts'

/** By their number in the attributes of a batch. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Codec = (typeof CODECS)[number]

export interface DecompressOptions {
  /** What comes out may not be larger. */
  readonly maxSizeBytes?: number
}

/** Far beyond any honest batch: Kafka would read it piece by piece, here it lies in memory. */
const DEFAULT_MAX_SIZE_BYTES = 512 * 1024 * 1024

/** `level` as the codec itself counts; those without levels ignore it. */
export function compress(codec: Codec, bytes: Buffer, level?: number): Buffer {
  switch (codec) {
    case 'none': return bytes
    case 'gzip': return zlib.gzipSync(bytes, level === undefined ? {} : { level })
    case 'snappy': return compressSnappy(bytes)
    case 'lz4': return compressLz4(bytes)
    case 'zstd': return compressZstd(bytes, level)
  }
}

/** Throws ApiError: CORRUPT_MESSAGE for damaged bytes, MESSAGE_TOO_LARGE for too many. */
export function decompress(codec: Codec, bytes: Buffer, options: DecompressOptions = {}): Buffer {
  const { maxSizeBytes = DEFAULT_MAX_SIZE_BYTES } = options
  try {
    switch (codec) {
      case 'none': return bytes
      case 'gzip': return gunzip(bytes, maxSizeBytes)
      case 'snappy': return decompressSnappy(bytes, maxSizeBytes)
      case 'lz4': return decompressLz4(bytes, maxSizeBytes)
      case 'zstd': return decompressZstd(bytes, maxSizeBytes)
    }
  } catch (error) {
    if (error instanceof ApiError) throw error
    const { message } = error as Error
    throw new ApiError(Errors.CORRUPT_MESSAGE, `The ${codec} data cannot be read: ${message}`)
  }
}

function gunzip(bytes: Buffer, maxSizeBytes: number): Buffer {
  try {
    return zlib.gunzipSync(bytes, { maxOutputLength: maxSizeBytes })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw error
    throw tooLarge(maxSizeBytes)
  }
}
