// The walk of a group from one member to three and down to two: no record lost, none seen twice.
//
// Members come and go while nothing is in flight (all that was produced has been seen and
// committed), so a second delivery can only come from lost commits or from two owners of one
// partition.

import { ok } from 'node:assert/strict'
import { Kafka, logLevel } from 'kafkajs'
import { describeGroup } from './consumer-group.ts'
import { sleep, until } from './process.ts'
import { uniqueName } from './check.ts'

export interface Member {
  /** Leaves the group as the client does when it is closed properly. */
  leave(): Promise<void>
}

/** Starts a member that reports every value it is given and commits what it has reported. */
export type Join = (
  address: string, group: string, topic: string, onValue: (value: string) => void,
) => Promise<Member>

const PARTITION_COUNT = 6
const RECORDS_PER_STEP = 300

export interface WalkOptions {
  /** For clients that still deliver, after a rebalance, what a fetch begun before it brings. */
  readonly settleMs?: number
  /** Members speak the protocol of KIP-848. */
  readonly isConsumerProtocol?: boolean
}

/**
 * Walks 1 → 3 → 2 members over a topic of six partitions; throws what was lost or doubled.
 */
export async function walkGroup(
  address: string, join: Join, { settleMs = 0, isConsumerProtocol = false }: WalkOptions = {},
): Promise<void> {
  const client = new Kafka({ clientId: 'walk', brokers: [address], logLevel: logLevel.NOTHING })
  const [topic, group] = [uniqueName('walk'), uniqueName('walkers')]
  const admin = client.admin()
  const producer = client.producer()
  const members: Member[] = []
  const seen = new Map<string, number>()
  const produced: string[] = []
  const onValue = (value: string) => seen.set(value, (seen.get(value) ?? 0) + 1)

  const joinOne = async () => { members.push(await join(address, group, topic, onValue)) }
  const produceAndWait = async (step: string) => {
    const values = Array.from({ length: RECORDS_PER_STEP }, (_, i) => `${step} ${i}`)
    produced.push(...values)
    const messages = values.map((value, i) => ({ value, partition: i % PARTITION_COUNT }))
    await producer.send({ topic, messages })
    await until(`all records of step "${step}" seen`, 40_000, () =>
      produced.every((value) => seen.has(value)) || undefined)
    await until(`all records of step "${step}" committed`, 20_000, async () => {
      const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
      const sum = committed?.partitions
        .reduce((total, p) => total + Math.max(0, Number(p.offset)), 0)
      return sum === produced.length || undefined
    })
  }

  const settled = (count: number) => isConsumerProtocol
    ? consumersOf(address, group, count)
    : membersOf(admin, group, count)

  try {
    await Promise.all([admin.connect(), producer.connect()])
    await admin.createTopics({ topics: [{ topic, numPartitions: PARTITION_COUNT }] })
    await joinOne()
    await produceAndWait('one member')
    await Promise.all([joinOne(), joinOne()])
    await settled(3)
    await sleep(settleMs)
    await produceAndWait('three members')
    await members.pop()?.leave()
    await settled(2)
    await sleep(settleMs)
    await produceAndWait('two members')
    const doubled = [...seen].filter(([, times]) => times > 1).map(([value]) => value)
    const some = doubled.slice(0, 5).join(', ')
    ok(doubled.length === 0, `${doubled.length} records seen twice: ${some} …`)
  } finally {
    await Promise.allSettled(members.map((member) => member.leave()))
    await Promise.allSettled([admin.disconnect(), producer.disconnect()])
  }
}

async function consumersOf(address: string, group: string, count: number): Promise<void> {
  await until(`${count} members of ${group}`, 60_000, async () => {
    const { type, state, owned } = await describeGroup(address, group)
    return type === 'consumer' && state === 'Stable' && owned.length === count || undefined
  })
}

async function membersOf(
  admin: ReturnType<Kafka['admin']>, group: string, count: number,
): Promise<void> {
  await until(`a stable group of ${count}`, 40_000, async () => {
    const { groups } = await admin.describeGroups([group])
    const [found] = groups
    return (found?.state === 'Stable' && found.members.length === count) || undefined
  })
}
