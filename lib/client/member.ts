// A member of a consumer group of the classic protocol, which every Kafka speaks: it joins, is
// assigned partitions, says that it lives, and leaves.

import { decodeMessage, encodeMessage } from '../../protocol/compile.ts'
import { Errors } from '../../protocol/errors.ts'
import {
  consumerProtocolAssignment, consumerProtocolSubscription,
} from '../../protocol/messages/consumer-protocol.ts'
import { heartbeat } from '../../protocol/messages/heartbeat.ts'
import { joinGroup } from '../../protocol/messages/join-group.ts'
import { leaveGroup } from '../../protocol/messages/leave-group.ts'
import { syncGroup } from '../../protocol/messages/sync-group.ts'
import type { Decoded } from '../../protocol/schema.ts'
import type { Timer } from '../world/clock.ts'
import type { Client, TopicPartition } from './client.ts'
import { RefusedError, throwIfRefused } from './errors.ts'
import { commitOffsets, type ToCommit } from './group-offsets.ts'

const SESSION_TIMEOUT_MS = 45_000
const REBALANCE_TIMEOUT_MS = 60_000
const HEARTBEAT_MS = 3000
const PROTOCOL_TYPE = 'consumer'
/** The assignor that every client knows. */
const PROTOCOL = 'range'
/** Joins wait for the others to come. */
const JOIN_TIMEOUT_MS = REBALANCE_TIMEOUT_MS + 10_000
/** How long who leaves waits to learn its id: the answer that tells it waits for nobody. */
const ID_TIMEOUT_MS = 1000
/** After these the member joins anew. */
const REJOIN: readonly number[] = [
  Errors.REBALANCE_IN_PROGRESS, Errors.ILLEGAL_GENERATION, Errors.UNKNOWN_MEMBER_ID,
]

export class Member {
  readonly #client: Client
  readonly #groupId: string
  readonly #topics: readonly string[]
  #memberId = ''
  #generation = -1
  #timer: Timer | undefined
  #hasToRejoin = true
  #hasLeft = false
  /** Settles with the join that is under way. */
  #joining: Promise<unknown> | undefined
  #failure: unknown

  constructor(client: Client, groupId: string, topics: readonly string[]) {
    this.#client = client
    this.#groupId = groupId
    this.#topics = topics
  }

  /** Whether all have to join anew: commit, and then `join`. Throws what a heartbeat met. */
  checkForRejoin(): boolean {
    if (this.#failure !== undefined) throw this.#failure
    return this.#hasToRejoin
  }

  /** Joins, and gives what is assigned to it. Throws RefusedError. */
  async join(): Promise<TopicPartition[]> {
    const joining = this.#joinAndSync()
    this.#joining = joining
    try {
      return await joining
    } finally {
      this.#joining = undefined
    }
  }

  async #joinAndSync(): Promise<TopicPartition[]> {
    for (;;) {
      this.#timer?.cancel()
      const joined = await this.#ask(() => this.#join())
      if (joined === undefined) continue
      const assigned = await this.#ask(() => this.#sync(joined))
      if (assigned === undefined) continue
      this.#hasToRejoin = false
      this.#beatLater()
      return assigned
    }
  }

  /** False where the group has moved on, and nothing was committed. */
  async commit(offsets: readonly ToCommit[]): Promise<boolean> {
    if (offsets.length === 0) return true
    const committed = await this.#ask(async () => {
      const committer = { memberId: this.#memberId, generation: this.#generation }
      await commitOffsets(this.#client, this.#groupId, offsets, committer)
      return true
    })
    return committed === true
  }

  /** At any time, even while it joins: what `join` gives then is for nobody. */
  async leave(): Promise<void> {
    this.#hasLeft = true
    this.#timer?.cancel()
    const joining = this.#joining
    if (this.#memberId === '' && joining !== undefined) {
      await Promise.race([joining.catch(() => {}), this.#client.pause(ID_TIMEOUT_MS)])
    }
    if (this.#memberId === '') return
    // A join that waits for the others would hold up what is behind it in its connection.
    const client = joining === undefined ? this.#client : this.#client.another()
    try {
      await this.#leave(client, this.#memberId)
    } finally {
      if (client !== this.#client) client.close()
    }
  }

  #leave(client: Client, memberId: string): Promise<void> {
    return client.askCoordinator('group', this.#groupId, leaveGroup, {
      groupId: this.#groupId, memberId, members: [{ memberId }],
    }, () => {})
  }

  /** Undefined where the group asks to join anew. */
  async #ask<T>(attempt: () => Promise<T>): Promise<T | undefined> {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof RefusedError) || !REJOIN.includes(error.code)) throw error
      if (error.code === Errors.UNKNOWN_MEMBER_ID) this.#memberId = ''
      this.#hasToRejoin = true
      return undefined
    }
  }

  #join(): Promise<Decoded<typeof joinGroup['response']> | undefined> {
    const metadata = Buffer.concat([version0(), encodeMessage(
      consumerProtocolSubscription, 0, { topics: [...this.#topics].sort() })])
    return this.#client.askCoordinator('group', this.#groupId, joinGroup, () => {
      // It would be a member again, of which nobody knows.
      if (this.#hasLeft) throw new Error(`the member has left group ${this.#groupId}`)
      return {
        groupId: this.#groupId, sessionTimeoutMs: SESSION_TIMEOUT_MS,
        rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS, memberId: this.#memberId,
        protocolType: PROTOCOL_TYPE, protocols: [{ name: PROTOCOL, metadata }],
      }
    }, (answer) => {
      this.#memberId = answer.memberId === '' ? this.#memberId : answer.memberId
      // It has an id now, and joins with that.
      if (answer.errorCode === Errors.MEMBER_ID_REQUIRED) return undefined
      throwIfRefused(answer.errorCode, `group ${this.#groupId}`)
      this.#generation = answer.generationId
      return answer
    }, { timeoutMs: JOIN_TIMEOUT_MS })
  }

  async #sync(joined: Decoded<typeof joinGroup['response']>): Promise<TopicPartition[]> {
    const assignments = joined.leader === this.#memberId ? await this.#assign(joined.members) : []
    return this.#client.askCoordinator('group', this.#groupId, syncGroup, {
      groupId: this.#groupId, generationId: this.#generation, memberId: this.#memberId,
      protocolType: PROTOCOL_TYPE, protocolName: PROTOCOL, assignments,
    }, ({ errorCode, assignment }) => {
      throwIfRefused(errorCode, `group ${this.#groupId}`)
      return assignedIn(assignment)
    }, { timeoutMs: JOIN_TIMEOUT_MS })
  }

  /** As the range assignor of every client does it, for the one that leads the group. */
  async #assign(members: readonly { memberId: string, metadata: Buffer }[]) {
    const topicsOf = new Map(members.map(({ memberId, metadata }) => [
      memberId, decodeMessage(consumerProtocolSubscription, 0, metadata, VERSION_BYTES).topics,
    ]))
    const topics = [...new Set([...topicsOf.values()].flat())]
    const cluster = await this.#client.cluster({ topics, isFresh: true })
    const counts = new Map(topics.map((topic) => (
      [topic, cluster.topics.get(topic)?.partitions.length ?? 0])))
    const assigned = rangeAssignment(topicsOf, counts)
    return [...assigned].map(([memberId, byTopic]) => ({
      memberId,
      assignment: Buffer.concat([version0(), encodeMessage(consumerProtocolAssignment, 0, {
        assignedPartitions: [...byTopic].map(([topic, partitions]) => ({ topic, partitions })),
        userData: null,
      })]),
    }))
  }

  #beatLater(): void {
    if (this.#hasLeft) return
    this.#timer = this.#client.clock.setTimer(HEARTBEAT_MS, () => {
      void this.#ask(() => this.#beat()).then(() => {
        if (!this.#hasToRejoin) this.#beatLater()
      }, (error: unknown) => { this.#failure = error })
    })
  }

  #beat(): Promise<void> {
    return this.#client.askCoordinator('group', this.#groupId, heartbeat, {
      groupId: this.#groupId, generationId: this.#generation, memberId: this.#memberId,
    }, ({ errorCode }) => throwIfRefused(errorCode, `group ${this.#groupId}`))
  }
}

/** Subscriptions and assignments begin with their version. */
const VERSION_BYTES = 2

function version0(): Buffer {
  return Buffer.alloc(VERSION_BYTES)
}

/** The partitions in an assignment of the consumer protocol; none in an empty one. */
export function assignedIn(assignment: Buffer): TopicPartition[] {
  if (assignment.length < VERSION_BYTES) return []
  const { assignedPartitions } = decodeMessage(
    consumerProtocolAssignment, 0, assignment, VERSION_BYTES)
  return assignedPartitions.flatMap(({ topic, partitions }) => (
    partitions.map((partition) => ({ topic, partition }))
  ))
}

/** Member → topic → partitions: each topic in ranges, the first get what is left over. */
export function rangeAssignment(
  topicsOf: ReadonlyMap<string, readonly string[]>, counts: ReadonlyMap<string, number>,
): Map<string, Map<string, number[]>> {
  const assigned = new Map([...topicsOf.keys()].map((id) => [id, new Map<string, number[]>()]))
  for (const [topic, count] of counts) {
    const readers = [...topicsOf].filter(([, topics]) => topics.includes(topic))
      .map(([memberId]) => memberId).sort()
    let next = 0
    for (const [index, memberId] of readers.entries()) {
      const more = index < count % readers.length ? 1 : 0
      const size = Math.floor(count / readers.length) + more
      if (size > 0) {
        assigned.get(memberId)!.set(topic, Array.from({ length: size }, (_, i) => next + i))
      }
      next += size
    }
  }
  return assigned
}
