// A client that plays scripted requests to any broker, and writes down the answers in a form that
// is the same for every broker.

import { Client, requestOf } from '../../server/fixture.ts'
import { consumerGroupDescribe } from '../../../../protocol/messages/consumer-group-describe.ts'
import { createTopics } from '../../../../protocol/messages/create-topics.ts'
import { describeGroups } from '../../../../protocol/messages/describe-groups.ts'
import { describeTransactions } from '../../../../protocol/messages/describe-transactions.ts'
import { findCoordinator } from '../../../../protocol/messages/find-coordinator.ts'
import { initProducerId } from '../../../../protocol/messages/init-producer-id.ts'
import { listGroups } from '../../../../protocol/messages/list-groups.ts'
import { listOffsets } from '../../../../protocol/messages/list-offsets.ts'
import { metadata } from '../../../../protocol/messages/metadata.ts'
import { offsetCommit } from '../../../../protocol/messages/offset-commit.ts'
import { offsetFetch } from '../../../../protocol/messages/offset-fetch.ts'
import type { Api, ResponseOf, WriteOf } from '../../../../protocol/schema.ts'
import { PlainText } from './plain.ts'

export type Body<A extends Api> = WriteOf<A['request']['shape']>

/** Topics that are there for all scenarios, with their partitions. */
const TOPICS = { t: 3, u: 1 } as const
/** What these answer, Kafka takes from what is committed: perhaps not what came just before. */
const READS: readonly Api[] = [describeGroups, consumerGroupDescribe, listGroups, offsetFetch]
/** Enough to ask every partition of the coordinators' topics. */
const KEYS = Array.from({ length: 30 }, (_, i) => `ready-${i}`)
/** A broker that gives no answer for so long gives none. */
const PATIENCE_MS = 60_000
const POLL_MS = 20

/** What the broker is like that all scenarios of a run are played to. */
export interface Stage {
  readonly port: number
  /** By topic name. */
  readonly topicIds: ReadonlyMap<string, string>
  /** A Kafka: its coordinators hear of new topics some time after their clients. */
  readonly isKafka: boolean
}

/** Makes what all scenarios need, and waits until everything serves. */
export async function setStage(port: number, isKafka: boolean): Promise<Stage> {
  const client = new Client(port)
  try {
    const topicIds = await makeTopics(client, TOPICS)
    for (const keyType of [0, 1]) {
      await until('coordinators', async () => {
        const { coordinators } = await ask(client, findCoordinator, 4,
          { keyType, coordinatorKeys: KEYS })
        return coordinators!.every(({ errorCode }) => errorCode === 0)
      })
    }
    await until('groups', async () => {
      const { groups } = await ask(client, offsetFetch, 8, {
        groups: KEYS.map((groupId) => ({ groupId, topics: null })),
      })
      return groups!.every(({ errorCode }) => errorCode === 0)
    })
    // A group without a name can only commit. It is the same to all scenarios.
    await ask(client, offsetCommit, 8, { groupId: '', memberId: '', topics: [{
      name: 't', topicId: '',
      partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: '' }],
    }] })
    const internal = await ask(client, metadata, 12, { topics: [{ name: '__consumer_offsets' }] })
    topicIds.set('__consumer_offsets', internal.topics[0]!.topicId!)
    await until('transactions', async () => {
      // Unknown, and no longer loading.
      const { transactionStates } = await ask(client, describeTransactions, 0,
        { transactionalIds: KEYS })
      return transactionStates.every(({ errorCode }) => errorCode === 105)
    })
    // The first producer id may be 0, which absent fields hold too.
    await until('producer ids', async () => {
      const { errorCode } = await ask(client, initProducerId, 4,
        { transactionalId: null, transactionTimeoutMs: 1000 })
      return errorCode === 0
    })
    if (isKafka) await pause(1000)
    return { port, topicIds, isKafka }
  } finally {
    client.destroy()
  }
}

/** A Kafka tells clients of a leader before that leads: both are waited for. */
async function makeTopics(
  client: Client, topics: Readonly<Record<string, number>>,
): Promise<Map<string, string>> {
  await ask(client, createTopics, 7, {
    topics: Object.entries(topics).map(([name, numPartitions]) => (
      { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
    )),
    timeoutMs: 10_000, validateOnly: false,
  })
  const ids = new Map<string, string>()
  await until('topics', async () => {
    const answer = await ask(client, metadata, 12,
      { topics: Object.keys(topics).map((name) => ({ name })) })
    for (const { name, topicId, partitions } of answer.topics) {
      const isLed = partitions.length > 0 && partitions.every(({ leaderId }) => leaderId >= 0)
      if (isLed) ids.set(name!, topicId!)
    }
    return ids.size === Object.keys(topics).length
  })
  await until('leaders', async () => {
    const answer = await ask(client, listOffsets, 7, {
      replicaId: -1, isolationLevel: 0,
      topics: Object.entries(topics).map(([name, partitionCount]) => ({
        name,
        partitions: Array.from({ length: partitionCount }, (_, partitionIndex) => (
          { partitionIndex, currentLeaderEpoch: -1, timestamp: -1 }
        )),
      })),
    })
    return answer.topics.every(({ partitions }) =>
      partitions.every(({ errorCode }) => errorCode === 0))
  })
  return ids
}

async function ask<A extends Api>(
  client: Client, api: A, version: number, body: Body<A>,
): Promise<ResponseOf<A>> {
  client.write(requestOf(api, version, 1, body))
  return answerOf(client, api, version)
}

async function answerOf<A extends Api>(
  client: Client, api: A, version: number,
): Promise<ResponseOf<A>> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS)
    timer.unref()
  })
  const answer = await Promise.race([client.answer(api, version), late])
  clearTimeout(timer)
  if (answer === undefined) throw new Error(`no answer to ${api.name} ${version}`)
  return answer.body
}

/** A request whose answer is awaited later. */
export interface Pending {
  readonly label: string
  readonly answer: Promise<unknown>
}

/** One scenario in one version of its API. */
export class Talk {
  /** Of the API that the scenario is about. */
  readonly version: number
  /** Answers by what was asked. */
  readonly steps = new Map<string, string>()
  /** A group and a transactional id of the scenario's own, noted as `g` and `x`. */
  readonly group: string
  readonly transactionalId: string
  readonly stage: Stage
  readonly #api: Api
  readonly #slug: string
  readonly #clients: Client[] = []
  readonly #plain: PlainText

  constructor(stage: Stage, api: Api, name: string, version: number) {
    this.stage = stage
    this.version = version
    this.#api = api
    this.#slug = `${api.name}-${name.replace(/[^a-z0-9]+/gi, '-')}-v${version}`
    this.#plain = new PlainText(this.#slug, stage.topicIds)
    this.group = this.name('g')
    this.transactionalId = this.name('x')
    this.#clients.push(new Client(stage.port))
  }

  end(): void {
    for (const client of this.#clients) client.destroy()
  }

  /** Unique to the scenario and its version, and short in what is noted. */
  name(short: string): string {
    return `${short}.${this.#slug}`
  }

  topicId(name: 't' | 'u'): string {
    return this.stage.topicIds.get(name)!
  }

  /**
   * A topic of the scenario's own, for what others must not see. Kafka's coordinators, and its
   * transactions, hear of it some time after its clients.
   */
  async topic(
    short: string, partitionCount = 1, isForCoordinators = true,
  ): Promise<{ name: string, topicId: string }> {
    const name = this.name(short)
    const ids = await makeTopics(this.#clients[0]!, { [name]: partitionCount })
    if (this.stage.isKafka && isForCoordinators) await pause(1000)
    const topicId = ids.get(name)!
    this.#plain.call(topicId, `id of ${short}`)
    return { name, topicId }
  }

  /** Sends in the scenario's version, or in the highest of another API, or as asked. */
  async send<A extends Api>(
    api: A, body: Body<A>, version = this.#versionOf(api),
  ): Promise<ResponseOf<A>> {
    await this.#afterCommit(api)
    return ask(this.#clients[0]!, api, version, body)
  }

  /** Sends, and writes the answer down. */
  async note<A extends Api>(
    label: string, api: A, body: Body<A>, version = this.#versionOf(api),
  ): Promise<ResponseOf<A>> {
    const answer = await this.send(api, body, version)
    this.write(`${label}: ${api.name}`, answer)
    return answer
  }

  /** The same request several times, each with something else in it. */
  async each<A extends Api>(
    api: A, base: Body<A>, variants: Readonly<Record<string, Partial<Body<A>>>>,
  ): Promise<void> {
    for (const [label, variant] of Object.entries(variants)) {
      await this.note(label, api, { ...base, ...variant })
    }
  }

  /** Sends on a connection of its own; the answer is written down by `finish`. */
  begin<A extends Api>(
    label: string, api: A, body: Body<A>, version = this.#versionOf(api),
  ): Pending {
    const client = new Client(this.stage.port)
    this.#clients.push(client)
    const answer = ask(client, api, version, body)
    // It may fail before anybody waits for it.
    answer.catch(() => {})
    return { label: `${label}: ${api.name}`, answer }
  }

  async finish(pending: Pending): Promise<unknown> {
    const answer = await pending.answer
    this.write(pending.label, answer)
    return answer
  }

  /** Waits until the classic group is in the state. */
  async inState(groupState: string, group = this.group): Promise<void> {
    await until(`${group} ${groupState}`, async () => {
      const { groups } = await this.send(describeGroups, { groups: [group] }, 5)
      return groups[0]!.groupState === groupState
    })
  }

  /** Waits until the marks of the transaction are written. */
  async completed(transactionalId = this.transactionalId): Promise<void> {
    await until(`end of ${transactionalId}`, async () => {
      const { transactionStates } = await this.send(describeTransactions,
        { transactionalIds: [transactionalId] }, 0)
      return !transactionStates[0]!.transactionState.startsWith('Prepare')
    })
  }

  /** Members of answers are only those of the scenario: brokers list others too. */
  isOwn(name: string): boolean {
    return name.includes(this.#slug)
  }

  /** Writes down what the scenario has made of an answer. */
  write(label: string, value: unknown): void {
    let step = label
    for (let count = 2; this.steps.has(step); count++) step = `${label} (${count})`
    this.steps.set(step, this.#plain.of(value))
  }

  /** For reads, something is committed in the one partition of all groups, and all before it. */
  async #afterCommit(api: Api): Promise<void> {
    if (!READS.includes(api)) return
    await this.send(offsetCommit, {
      groupId: 'committed', memberId: '',
      topics: [{ name: 't', topicId: '', partitions: [
        { partitionIndex: 0, committedOffset: 0, committedMetadata: '' },
      ] }],
    }, 8)
  }

  #versionOf(api: Api): number {
    if (api === this.#api) return this.version
    return api.latestVersionUnstable ? api.versions[1] - 1 : api.versions[1]
  }
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; !await isSo(); waitedMs += POLL_MS) {
    if (waitedMs > PATIENCE_MS) throw new Error(`${what}: not in time`)
    await pause(POLL_MS)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, ms) })
}
