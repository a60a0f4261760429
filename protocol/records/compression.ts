// The codecs of record batches: none, gzip, snappy, lz4, zstd, as Kafka's clients frame them.

import { ApiError } from '../errors.ts'
import { compressGzip, decompressGzip } from './gzip.ts'
import { compressLz4, decompressLz4 } from './lz4.ts'
import { DecompressedTooLargeError, DecompressionError } from './record-errors.ts'
import { compressSnappy, decompressSnappy } from './snappy.ts'
import { compressZstd, decompressZstd } from './zstd.ts'

/** By their number in the attributes of a batch. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Codec = (typeof CODECS)[number]

export interface DecompressOptions {
  /** What comes out may not be larger; `defaultMaxSizeBytes` where it is left out. */
  readonly maxSizeBytes?: number
  /** What comes out may lie in memory of the codec, and hold only until a codec is called again. */
  readonly mayBorrow?: boolean
}

// What comes out lies in memory and takes the time of one turn, where Kafka reads it piece by
// piece in a thread. Java's producer makes two of a batch that is refused so.
const MAX_RATIO = 32
const LEAST_MAX_SIZE_BYTES = 32 * 1024 * 1024
const MOST_MAX_SIZE_BYTES = 1024 * 1024 * 1024

/** The limit where none is given: a multiple of what goes in, and for small batches far more. */
export function defaultMaxSizeBytes(sizeBytes: number): number {
  return Math.min(Math.max(sizeBytes * MAX_RATIO, LEAST_MAX_SIZE_BYTES), MOST_MAX_SIZE_BYTES)
}

/**
 * `level` as the codec itself counts: gzip 1 to 9, zstd −131072 to 22. Snappy has none, and LZ4 as
 * it is built in here knows its default alone; both ignore it.
 */
export function compress(codec: Codec, bytes: Buffer, level?: number): Buffer {
  switch (codec) {
    case 'none': return bytes
    case 'gzip': return compressGzip(bytes, level)
    case 'snappy': return compressSnappy(bytes)
    case 'lz4': return compressLz4(bytes)
    case 'zstd': return compressZstd(bytes, level)
  }
}

/** Throws DecompressionError for damaged bytes, DecompressedTooLargeError for too many. */
export function decompress(codec: Codec, bytes: Buffer, options: DecompressOptions = {}): Buffer {
  if (codec === 'none') return checked(bytes, options.maxSizeBytes)
  const { maxSizeBytes = defaultMaxSizeBytes(bytes.length), mayBorrow = false } = options
  try {
    switch (codec) {
      case 'gzip': return decompressGzip(bytes, maxSizeBytes)
      case 'snappy': return decompressSnappy(bytes, maxSizeBytes)
      case 'lz4': return decompressLz4(bytes, maxSizeBytes, mayBorrow)
      case 'zstd': return decompressZstd(bytes, maxSizeBytes, mayBorrow)
    }
  } catch (error) {
    if (error instanceof ApiError) throw error
    const { message } = error as Error
    throw new DecompressionError(`The ${codec} data cannot be read: ${message}`)
  }
}

function checked(bytes: Buffer, maxSizeBytes = Infinity): Buffer {
  if (bytes.length > maxSizeBytes) throw new DecompressedTooLargeError(maxSizeBytes)
  return bytes
}
