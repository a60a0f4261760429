// How records are written: what commands that write some let choose, and which partition is next.

import type { Argv } from 'yargs'
import { CODECS, type Codec } from '../../protocol/records/compression.ts'
import type { RecordToWrite } from '../../protocol/records/record-writer.ts'
import { partitionOfKey } from '../client/partitioner.ts'
import type { Acks } from '../client/producer.ts'

/** By the words of `--acks`. */
export const ACKS = { all: -1, 1: 1, 0: 0 } as const satisfies Readonly<Record<string, Acks>>

const ACKS_WORDS = ['all', '1', '0'] as const

export function withProducing<O>(yargs: Argv<O>) {
  return yargs
    .option('codec', {
      alias: 'z', choices: CODECS, default: 'none' as Codec, describe: 'How to compress',
    })
    .option('acks', {
      type: 'string', choices: ACKS_WORDS, default: 'all' as const,
      describe: 'Whose word counts: all in sync, …',
    })
}

/** Records without a key go to one partition for a while, then to the next (KIP-480). */
export class PartitionPicker {
  static readonly #STICK_BYTES = 128 * 1024
  readonly #count: number
  readonly #fixed: number | undefined
  #current: number
  #stuckBytes = 0

  constructor(count: number, fixed: number | undefined) {
    this.#count = count
    this.#fixed = fixed
    this.#current = Math.floor(Math.random() * count)
  }

  next(own: number | undefined, { key, value }: RecordToWrite): number {
    if (this.#fixed !== undefined) return this.#fixed
    if (own !== undefined) return own
    if (key !== null && key !== undefined) return partitionOfKey(key, this.#count)
    this.#stuckBytes += value?.length ?? 0
    if (this.#stuckBytes > PartitionPicker.#STICK_BYTES) {
      this.#stuckBytes = 0
      this.#current = (this.#current + 1) % this.#count
    }
    return this.#current
  }
}
