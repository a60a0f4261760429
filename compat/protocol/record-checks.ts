// Record batches held against Kafka's own classes: its builder, its codecs, its compaction.

import { deepStrictEqual, match, strictEqual } from 'node:assert/strict'
import { Batch } from '../../protocol/records/batch.ts'
import { CODECS } from '../../protocol/records/compression.ts'
import { OldFormatError } from '../../protocol/records/record-errors.ts'
import { recordsOf } from '../../protocol/records/record.ts'
import type { Check } from '../harness/check.ts'
import { FRAMINGS } from './framings.ts'
import { withPeer } from './peer.ts'
import { seeded } from '../harness/random.ts'
import {
  BATCHES, damaged, framed, kafkaWritesBatches, type Tally, weWriteBatches,
} from './records.ts'

const TIMEOUT_MS = 300_000
const FEW = 10

function say(tally: Tally, seed: number): void {
  const seen = [...tally].map(([name, count]) => `${count} ${name}`).sort().join(', ')
  console.log(`       ${BATCHES} batches, SEED=${seed}: ${seen}`)
}

/** `seed`: the same batches for the same one. */
export const recordChecks = (seed: number): readonly Check[] => [
  {
    name: 'record batches of Kafka are read, patched and built again alike',
    timeoutMs: TIMEOUT_MS,
    async run() {
      const tally: Tally = new Map()
      const found = await withPeer('current', (peer) => kafkaWritesBatches(peer, seed, tally))
      say(tally, seed)
      deepStrictEqual(found.slice(0, FEW), [])
    },
  },
  {
    name: 'Kafka reads in our record batches what was put in',
    timeoutMs: TIMEOUT_MS,
    async run() {
      const tally: Tally = new Map()
      const found = await withPeer('current', (peer) => weWriteBatches(peer, seed, tally))
      say(tally, seed)
      deepStrictEqual(found.slice(0, FEW), [])
    },
  },
  {
    name: 'every framing of the codecs is read, or refused, as Kafka does',
    timeoutMs: TIMEOUT_MS,
    async run() {
      console.log(`       ${FRAMINGS.length} framings; SEED=${seed}`)
      const below = seeded(seed)
      await withPeer('current', async (peer) => {
        for (const framing of FRAMINGS) {
          deepStrictEqual((await framed(peer, framing, below)).slice(0, 1), [])
        }
      })
    },
  },
  {
    name: 'in damaged batches nothing is read that Kafka does not read',
    timeoutMs: TIMEOUT_MS,
    async run() {
      const below = seeded(seed)
      await withPeer('current', async (peer) => {
        for (const codec of CODECS) {
          const { found, refusedAlone } = await damaged(peer, codec, below)
          console.log(`       ${codec}: ${refusedAlone} refused that Kafka reads; SEED=${seed}`)
          deepStrictEqual(found.slice(0, FEW), [])
        }
      })
    },
  },
  {
    name: 'message formats 0 and 1, as Kafka still writes them, are refused by name',
    async run() {
      await withPeer('current', async (peer) => {
        for (const magic of [0, 1] as const) {
          for (const codec of ['none', 'gzip']) {
            const batch = new Batch(await peer.oldMessages(magic, codec))
            strictEqual(batch.magic, magic)
            const error = errorOf(() => [...recordsOf(batch)])
            strictEqual(error instanceof OldFormatError, true)
            match(String(error), new RegExp(`message format ${magic}`))
          }
        }
      })
    },
  },
]

function errorOf(run: () => unknown): unknown {
  try {
    run()
    return undefined
  } catch (error) {
    return error
  }
}
