// Both brokers, running: one works while the other idles, and who is first changes from turn to
// turn, so that what else the machine does meets both.

import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Wire } from '../../compat/harness/wire.ts'
import { deleteTopics } from '../../protocol/messages/delete-topics.ts'
import { type Contender, type Side, SIDES, start } from '../contender.ts'
import { createTopic } from '../requests.ts'

export type Pair = Readonly<Record<Side, Contender>>

const PATIENCE_MS = 60_000
const MEGABYTE = 1 << 20
const FILLED_MEGABYTES = 1024

export async function withPair<T>(use: (pair: Pair) => Promise<T>): Promise<T> {
  const started: Contender[] = []
  try {
    for (const side of SIDES) started.push(await start(side))
    const [Samsa, Kafka] = started as [Contender, Contender]
    return await use({ Samsa, Kafka })
  } finally {
    await Promise.all(started.map((broker) => broker.dispose()))
  }
}

export async function inTurns(
  pair: Pair, turns: number, turn: (broker: Contender) => Promise<void>,
): Promise<void> {
  for (let i = 0; i < turns; i++) {
    for (const side of i % 2 === 0 ? SIDES : SIDES.toReversed()) await turn(pair[side])
  }
}

/**
 * To be called before much is written. A virtual machine may have given memory back that is in no
 * use: to get it again costs its first user several times what writing to it costs. Here the bench
 * is that user.
 */
export function fillMemory(): void {
  const file = join(tmpdir(), `samsa-bench-${process.pid}`)
  const chunk = Buffer.alloc(MEGABYTE)
  const fd = openSync(file, 'wx')
  try {
    for (let i = 0; i < FILLED_MEGABYTES; i++) writeSync(fd, chunk)
  } finally {
    closeSync(fd)
    unlinkSync(file)
  }
}

let topicsSoFar = 0

/** A topic for one use, so that the disk does not fill up. */
export async function withTopic<T>(
  { address }: Contender, partitions: number, use: (topic: string) => Promise<T>,
): Promise<T> {
  const name = `bench-${topicsSoFar++}`
  const wire = await Wire.connect(address)
  try {
    await createTopic(wire, name, partitions, { 'file.delete.delay.ms': '0' })
    return await use(name)
  } finally {
    await wire.ask(deleteTopics, 5, { topicNames: [name], timeoutMs: PATIENCE_MS })
    wire.close()
  }
}
