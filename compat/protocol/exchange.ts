// Our codecs and Kafka's classes read what the other wrote, and write it again: the same bytes.

import { decodeMessage, encodeMessage } from '../../protocol/compile.ts'
import type { Message } from '../../protocol/schema.ts'
import { OUR_VERSIONS } from './our-definitions.ts'
import type { Peer } from './peer.ts'
import { seeded } from '../harness/random.ts'
import { randomValues, withUnknownTags } from './random-values.ts'

/** What two encodings of one message are called in a report, and how they differ. */
export interface Mismatch {
  readonly message: string
  readonly version: number
  readonly what: string
}

const COUNT = 100

/** Reads and writes again. */
export function rewrite(message: Message, version: number, bytes: Buffer): Buffer {
  return encodeMessage(message, version, decodeMessage(message, version, bytes))
}

/** Kafka's random messages: we drop the tagged fields that we do not know, and nothing else. */
export async function kafkaWrites(peer: Peer, seed: number): Promise<Mismatch[]> {
  const found: Mismatch[] = []
  for (const { message, version } of OUR_VERSIONS) {
    const samples = await peer.make(message.name, version, seed, COUNT, 'wild')
    for (const { known, withUnknown } of samples) {
      found.push(...mismatch(message, version, known, () => rewrite(message, version, known)))
      found.push(...mismatch(message, version, known, () => rewrite(message, version, withUnknown)))
    }
  }
  return found
}

/** Our random messages: Kafka keeps all tagged fields, known or not. */
export async function weWrite(peer: Peer, seed: number): Promise<Mismatch[]> {
  const found: Mismatch[] = []
  const below = seeded(seed)
  for (const { message, version } of OUR_VERSIONS) {
    const extended = withUnknownTags(message)
    const written: Buffer[] = []
    for (let i = 0; i < COUNT; i++) {
      const values = randomValues(extended.shape, version, below)
      const known = encodeMessage(message, version, values)
      const withUnknown = encodeMessage(extended, version, values)
      found.push(...mismatch(message, version, known, () => rewrite(message, version, withUnknown)))
      written.push(known, withUnknown)
    }
    const again = await peer.rewrite(message.name, version, written)
    again.forEach((bytes, i) => {
      found.push(...mismatch(message, version, written[i]!, () => bytes))
    })
  }
  return found
}

function mismatch(
  message: Message, version: number, expected: Buffer, actual: () => Buffer,
): Mismatch[] {
  const name = { message: message.name, version }
  try {
    const bytes = actual()
    if (bytes.equals(expected)) return []
    return [{ ...name, what: `${bytes.toString('hex')}, not ${expected.toString('hex')}` }]
  } catch (error) {
    return [{ ...name, what: `${String(error)} at ${expected.toString('hex')}` }]
  }
}

/** The first of each message and version; bytes cut short. */
export function report(found: readonly Mismatch[]): string[] {
  const lines = new Map<string, string>()
  for (const { message, version, what } of found) {
    const key = `${message} ${version}`
    if (!lines.has(key)) lines.set(key, `${key}: ${what.slice(0, 400)}`)
  }
  return [...lines.values()]
}
