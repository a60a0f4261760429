// How long the coordinators take to be there again after a restart, with many groups that have
// committed offsets.

import { sleep } from '../../compat/harness/process.ts'
import { Wire, wiresTo } from '../../compat/harness/wire.ts'
import { Errors } from '../../protocol/errors.ts'
import { offsetCommit } from '../../protocol/messages/offset-commit.ts'
import { offsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { type Contender, setUp } from '../contender.ts'
import { sideBySide } from '../side-by-side.ts'
import { table } from './table.ts'

const TOPIC = 'committed'
const GROUPS = 5000
const PARTITIONS = 20
/** How often every group commits all of its offsets. */
const COMMITS = 4
const CONNECTIONS = 20
const GROUPS_OF_A_REQUEST = 250
const POLL_PAUSE_MS = 10
const TURNS = 5
const WARM_UP_TURNS = 1
const TRY_AGAIN = new Set<number>([
  Errors.NOT_COORDINATOR, Errors.COORDINATOR_LOAD_IN_PROGRESS, Errors.COORDINATOR_NOT_AVAILABLE,
])

interface Loads {
  readonly sinceReadyMs: number[]
  readonly sinceSpawnMs: number[]
  readonly spawnToReadyMs: number[]
}

const NONE = (): Loads => ({ sinceReadyMs: [], sinceSpawnMs: [], spawnToReadyMs: [] })

export async function benchLoads(turns = TURNS): Promise<void> {
  const results = await sideBySide<undefined, Loads>({
    turns, warmUpTurns: WARM_UP_TURNS, emptyResults: NONE,
    prepare: prepareLoads, turn: (broker, _context, into) => loadOnce(broker, into),
  })
  table(`${GROUPS} groups, ${PARTITIONS} offsets each, committed ${COMMITS} times, answered again `
    + 'after a restart', 'ms', results, 'lower')
}

export async function prepareLoads(broker: Contender): Promise<undefined> {
  await setUp(broker, TOPIC, PARTITIONS, 'group')
  await commitAll(broker)
}

async function loadOnce(broker: Contender, results: Loads): Promise<void> {
  const { spawnedMs, readyMs } = await broker.restart()
  const client = await Wire.connect(broker.address)
  await askAll(client)
  const endedMs = performance.now()
  client.close()
  results.sinceReadyMs.push(endedMs - readyMs)
  results.sinceSpawnMs.push(endedMs - spawnedMs)
  results.spawnToReadyMs.push(readyMs - spawnedMs)
}

const groupIds = Array.from({ length: GROUPS }, (_, index) => `group-${index}`)

async function commitAll({ address }: Contender): Promise<void> {
  const clients = await wiresTo(address, CONNECTIONS)
  await Promise.all(clients.map(async (client, connection) => {
    for (let offset = 1; offset <= COMMITS; offset++) {
      for (let index = connection; index < GROUPS; index += CONNECTIONS) {
        await commit(client, groupIds[index]!, offset)
      }
    }
    client.close()
  }))
}

async function commit(client: Wire, groupId: string, committedOffset: number): Promise<void> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partitionIndex) =>
    ({ partitionIndex, committedOffset, committedMetadata: '' }))
  for (;;) {
    const { topics } = await client.ask(offsetCommit, 9,
      { groupId, memberId: '', topics: [{ name: TOPIC, partitions }] })
    const { errorCode } = topics[0]!.partitions[0]!
    if (errorCode === Errors.NONE) return
    if (!TRY_AGAIN.has(errorCode)) throw new Error(`OffsetCommit: error ${errorCode}`)
    await sleep(POLL_PAUSE_MS)
  }
}

/** Some groups after others, until each has answered with what was committed. */
async function askAll(client: Wire): Promise<void> {
  for (let from = 0; from < GROUPS; from += GROUPS_OF_A_REQUEST) {
    let asked = groupIds.slice(from, from + GROUPS_OF_A_REQUEST)
    for (;;) {
      const { groups } = await client.ask(offsetFetch, 8,
        { groups: asked.map((groupId) => ({ groupId, topics: null })) })
      const failed = groups.filter(({ errorCode }) => errorCode !== Errors.NONE)
      for (const { groupId, errorCode, topics } of groups) {
        if (errorCode !== Errors.NONE || isWhole(topics[0]?.partitions)) continue
        throw new Error(`${groupId} has lost offsets`)
      }
      if (failed.length === 0) break
      asked = failed.map(({ groupId }) => groupId)
      await sleep(POLL_PAUSE_MS)
    }
  }
}

function isWhole(partitions: readonly { readonly committedOffset: number }[] = []): boolean {
  return partitions.length === PARTITIONS
    && partitions.every(({ committedOffset }) => committedOffset === COMMITS)
}
