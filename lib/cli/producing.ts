// How records are written: what commands that write some let choose.

import type { Argv } from 'yargs'
import { CODECS, type Codec } from '../../protocol/records/compression.ts'
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
