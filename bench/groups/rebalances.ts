// How long a group of many members takes to be stable: from nothing, and after one of them has
// left or come.

import { randomUUID } from 'node:crypto'
import { Wire, wiresTo } from '../../compat/harness/wire.ts'
import { ClassicGroupOfMembers } from './classic-members.ts'
import { ConsumerGroupOfMembers } from './consumer-members.ts'
import { type Contender, setUp } from '../contender.ts'
import type { GroupOfMembers } from './members.ts'
import { sideBySide } from '../side-by-side.ts'
import { table } from './table.ts'

const PROTOCOLS = { classic: ClassicGroupOfMembers, consumer: ConsumerGroupOfMembers } as const
export type Protocol = keyof typeof PROTOCOLS

const TOPIC = 'many'
const MEMBERS = 200
const PARTITIONS = 1000
const TURNS = 8
const WARM_UP_TURNS = 4
/** Changes of a group that is there. */
const CHANGES = 3

/** Times and processor times of the broker, in milliseconds. */
export interface Rebalances {
  readonly fromNothingMs: number[]
  readonly fromNothingCpuMs: number[]
  readonly afterLeaveMs: number[]
  readonly afterJoinMs: number[]
  readonly changesCpuMs: number[]
}

export const NONE = (): Rebalances => ({
  fromNothingMs: [], fromNothingCpuMs: [], afterLeaveMs: [], afterJoinMs: [], changesCpuMs: [],
})

export async function benchRebalances(
  protocol: Protocol, settings: Readonly<Record<string, string>>, turns = TURNS,
): Promise<void> {
  const results = await sideBySide<undefined, Rebalances>({
    settings, turns, warmUpTurns: WARM_UP_TURNS, emptyResults: NONE,
    prepare: prepareRebalances,
    turn: (broker, _context, into) => rebalanceOnce(broker, protocol, into),
  })
  const said = Object.entries(settings).map(([name, value]) => `${name}=${value}`).join(' ')
  table(`${MEMBERS} members of the ${protocol} protocol, ${PARTITIONS} partitions ${said}`, 'ms',
    results, 'lower')
}

export async function prepareRebalances(broker: Contender): Promise<undefined> {
  await setUp(broker, TOPIC, PARTITIONS, 'group')
}

export async function rebalanceOnce(
  broker: Contender, protocol: Protocol, into: Rebalances,
): Promise<void> {
  const group = new PROTOCOLS[protocol](
    { groupId: randomUUID(), topic: TOPIC, partitionCount: PARTITIONS })
  const clients = await wiresTo(broker.address, MEMBERS)
  await form(broker, group, clients, into)
  await change(broker, group, into)
  await group.end()
  for (const client of clients) client.close()
}

async function form(
  broker: Contender, group: GroupOfMembers, clients: readonly Wire[], into: Rebalances,
): Promise<void> {
  const cpuMs = broker.cpuMs()
  const startedMs = performance.now()
  for (const client of clients) group.add(client)
  await group.whenStable()
  into.fromNothingMs.push(performance.now() - startedMs)
  into.fromNothingCpuMs.push(broker.cpuMs() - cpuMs)
}

async function change(
  broker: Contender, group: GroupOfMembers, into: Rebalances,
): Promise<void> {
  const cpuMs = broker.cpuMs()
  for (let count = 0; count < CHANGES; count++) {
    const { client, askedMs } = await group.removeOne()
    await group.whenStable()
    into.afterLeaveMs.push(performance.now() - askedMs)
    client.close()
    const other = await Wire.connect(broker.address)
    const cameMs = performance.now()
    group.add(other)
    await group.whenStable()
    into.afterJoinMs.push(performance.now() - cameMs)
  }
  into.changesCpuMs.push((broker.cpuMs() - cpuMs) / CHANGES)
}
