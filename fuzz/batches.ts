// Record batches that are broken inside, under a length and a checksum that are right; and those of
// which far more comes out than went in.

import type { Below } from '../compat/harness/random.ts'
import { BATCH_OVERHEAD, buildBatch, LENGTH_AT, LOG_OVERHEAD } from '../protocol/records/batch.ts'
import { CODECS, compress, type Codec } from '../protocol/records/compression.ts'
import { crc32c } from '../protocol/records/crc32c.ts'
import { pick } from './corpus.ts'
import { mutate, noise } from './mutators.ts'

const CRC_AT = 17
const ATTRIBUTES_AT = 21

/** Where in a batch a number stands, and how many bytes it has: all but length, magic and CRC. */
const FIELDS = [
  [0, 8], [12, 4], [ATTRIBUTES_AT, 2], [23, 4], [27, 8], [35, 8], [43, 8], [51, 2], [53, 4],
  [57, 4],
] as const
const EXTREMES = [[0], [0xff], [0x7f, 0xff], [0x80, 0]] as const
/** What a batch of the size that brokers take may well hold, eight times smaller. */
const BOMB_BYTES = 8 * 1024 * 1024

/** Makes them; keeps what is costly to make. */
export class BatchSource {
  readonly #bombs = new Map<Codec, Buffer>()

  /** Records for a partition: whole in one of four cases, else broken somewhere. */
  make(below: Below): Buffer {
    if (below(400) === 0) return this.#bomb(pick(CODECS.slice(1), below))
    const codec = pick(CODECS, below)
    const whole = buildBatch({ records: records(below), codec: 'none', timestampMs: 1.7e12 })
    const payload = whole.subarray(BATCH_OVERHEAD)
    switch (below(8)) {
      case 0: case 1: return rebuilt(whole, codec, compress(codec, payload))
      case 2: return withExtremes(rebuilt(whole, codec, compress(codec, payload)), below)
      case 3: case 4: {
        const broken = mutate(payload, below, whole)
        return rebuilt(whole, codec, compress(codec, broken))
      }
      case 5: case 6: {
        const broken = mutate(compress(codec, payload), below, payload)
        return rebuilt(whole, codec, broken)
      }
      // Here the checksum is wrong as well, or the whole is no batch at all.
      default: return mutate(rebuilt(whole, codec, compress(codec, payload)), below, whole)
    }
  }

  #bomb(codec: Codec): Buffer {
    let bomb = this.#bombs.get(codec)
    if (bomb === undefined) {
      const value = Buffer.alloc(BOMB_BYTES)
      bomb = buildBatch({ records: [{ value }], codec, timestampMs: 1.7e12 })
      this.#bombs.set(codec, bomb)
    }
    return Buffer.from(bomb)
  }
}

function records(below: Below) {
  return Array.from({ length: 1 + below(5) }, () => ({
    key: below(3) === 0 ? null : noise(below(12), below),
    value: below(5) === 0 ? null : Buffer.alloc(below(300), below(256)),
    headers: below(3) === 0 ? [{ key: 'h', value: noise(below(6), below) }] : [],
  }))
}

/** The batch with other bytes behind its header, under a length and a checksum that fit. */
function rebuilt(batch: Buffer, codec: Codec, payload: Buffer): Buffer {
  const bytes = Buffer.concat([batch.subarray(0, BATCH_OVERHEAD), payload])
  bytes.writeInt16BE(CODECS.indexOf(codec), ATTRIBUTES_AT)
  return sealed(bytes)
}

function sealed(bytes: Buffer): Buffer {
  bytes.writeInt32BE(bytes.length - LOG_OVERHEAD, LENGTH_AT)
  bytes.writeUInt32BE(crc32c(bytes, ATTRIBUTES_AT), CRC_AT)
  return bytes
}

function withExtremes(batch: Buffer, below: Below): Buffer {
  for (let count = 1 + below(3); count > 0; count--) {
    const [start, sizeBytes] = pick(FIELDS, below)
    const [first, rest = first] = pick(EXTREMES, below)
    batch.fill(rest, start, start + sizeBytes)
    batch[start] = below(4) === 0 ? below(256) : first
  }
  return sealed(batch)
}
