// Offset commits of consumers that each wait for the answer to one before they send the next.

import { type Wire, wiresTo } from '../../compat/harness/wire.ts'
import { Errors } from '../../protocol/errors.ts'
import { joinGroup } from '../../protocol/messages/join-group.ts'
import { offsetCommit } from '../../protocol/messages/offset-commit.ts'
import { syncGroup } from '../../protocol/messages/sync-group.ts'
import { type Contender, setUp } from '../contender.ts'
import { Repeater } from './repeater.ts'
import { sideBySide } from '../side-by-side.ts'
import { table } from './table.ts'

const CONSUMERS = 100
const TOPIC = 'committed'
const TURNS = 10
const WARM_UP_TURNS = 4
const SLICE_MS = 1500
/** All are to be members of the first generation: nobody joins again for those who come late. */
export const SETTINGS = { 'group.initial.rebalance.delay.ms': '3000' }

/** As whom offsets are committed. */
interface Committer {
  readonly groupId: string
  readonly memberId: string
  readonly generationId: number
}

interface Commits {
  readonly groupEach: number[]
  readonly groupEachCpuMicros: number[]
  readonly oneGroup: number[]
  readonly oneGroupCpuMicros: number[]
}

const NONE = (): Commits =>
  ({ groupEach: [], groupEachCpuMicros: [], oneGroup: [], oneGroupCpuMicros: [] })

interface Consumers {
  readonly alone: readonly Repeater[]
  readonly together: readonly Repeater[]
}

export async function benchCommits(turns = TURNS): Promise<void> {
  const results = await sideBySide<Consumers, Commits>({
    settings: SETTINGS, turns, warmUpTurns: WARM_UP_TURNS, emptyResults: NONE,
    prepare: prepareCommits, turn: commitForAWhile,
  })
  table(`commits of ${CONSUMERS} consumers, and processor time of the broker for one`,
    'a second; CPU: µs', results, 'higher')
}

export async function prepareCommits(broker: Contender): Promise<Consumers> {
  const { address } = broker
  await setUp(broker, TOPIC, CONSUMERS, 'group')
  const clients = await wiresTo(address, CONSUMERS)
  const members = await joined(clients)
  for (const client of clients) client.close()
  const alone = members.map((_, index) =>
    ({ groupId: `alone-${index}`, memberId: '', generationId: -1 }))
  const repeaters = (committers: readonly Committer[]) =>
    Promise.all(committers.map((committer, index) => repeaterOf(address, committer, index)))
  return { alone: await repeaters(alone), together: await repeaters(members) }
}

export async function commitForAWhile(
  broker: Contender, { alone, together }: Consumers, results: Commits,
): Promise<void> {
  for (const [repeaters, rates, cpuMicros] of [
    [alone, results.groupEach, results.groupEachCpuMicros],
    [together, results.oneGroup, results.oneGroupCpuMicros],
  ] as const) {
    const [cpuMs, startedMs] = [broker.cpuMs(), performance.now()]
    const counts = await Promise.all(repeaters.map((repeater) => repeater.repeatFor(SLICE_MS)))
    const count = counts.reduce((sum, each) => sum + each, 0)
    rates.push(count * 1000 / (performance.now() - startedMs))
    cpuMicros.push((broker.cpuMs() - cpuMs) * 1000 / count)
  }
}

function repeaterOf(
  address: string, { groupId, memberId, generationId }: Committer, partitionIndex: number,
): Promise<Repeater> {
  return Repeater.to(address, {
    api: offsetCommit, version: 9,
    body: {
      groupId, memberId, generationIdOrMemberEpoch: generationId,
      topics: [{ name: TOPIC, partitions: [
        { partitionIndex, committedOffset: 1, committedMetadata: '' },
      ] }],
    },
    check({ topics }) {
      const { errorCode } = topics[0]!.partitions[0]!
      if (errorCode !== Errors.NONE) throw new Error(`OffsetCommit: error ${errorCode}`)
    },
  })
}

/** All in one generation of one group; nobody hears of them until their sessions end. */
async function joined(clients: readonly Wire[]): Promise<Committer[]> {
  const groupId = 'together'
  const ask = (client: Wire, memberId: string) => client.ask(joinGroup, 9, {
    groupId, memberId, sessionTimeoutMs: 300_000, rebalanceTimeoutMs: 60_000,
    protocolType: 'other', protocols: [{ name: 'any', metadata: Buffer.alloc(0) }],
  })
  const ids = await Promise.all(clients.map(async (client) => (await ask(client, '')).memberId))
  const members = await Promise.all(clients.map((client, index) => ask(client, ids[index]!)))
  await Promise.all(clients.map((client, index) => client.ask(syncGroup, 5, {
    groupId, memberId: ids[index]!, generationId: members[index]!.generationId,
    protocolType: 'other', protocolName: 'any', assignments: [],
  })))
  return members.map(({ memberId, generationId }) => ({ groupId, memberId, generationId }))
}
