// The compressions that kafkajs leaves to its users: snappy, lz4 and zstd,
// by the libraries that they take.

import { CompressionCodecs, CompressionTypes } from 'kafkajs'
import lz4 from 'lz4-napi'
import snappy from 'snappy'
import * as zstd from '@bokuweb/zstd-wasm'

interface Encoder { readonly buffer: Buffer }

export function registerCodecs(): void {
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: async ({ buffer }: Encoder) => snappy.compress(buffer),
    decompress: async (buffer: Buffer) => snappy.uncompress(buffer) as Promise<Buffer>,
  })
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: ({ buffer }: Encoder) => lz4.compressFrame(buffer),
    decompress: (buffer: Buffer) => lz4.decompressFrame(buffer),
  })
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }: Encoder) => {
      await zstd.init()
      return Buffer.from(zstd.compress(buffer))
    },
    decompress: async (buffer: Buffer) => {
      await zstd.init()
      return Buffer.from(zstd.decompress(buffer))
    },
  })
}
