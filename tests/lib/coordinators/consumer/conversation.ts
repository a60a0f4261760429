// A client that sends scripted requests of consumer groups to any broker, and notes the answers in
// a form that is the same for every broker: topics by name, and ids that the broker made up by
// number.

import { Client, requestOf } from '../../server/fixture.ts'
import { consumerGroupDescribe } from '../../../../protocol/messages/consumer-group-describe.ts'
import { consumerGroupHeartbeat } from '../../../../protocol/messages/consumer-group-heartbeat.ts'
import { createTopics } from '../../../../protocol/messages/create-topics.ts'
import { findCoordinator } from '../../../../protocol/messages/find-coordinator.ts'
import { incrementalAlterConfigs } from '../../../../protocol/messages/incremental-alter-configs.ts'
import { joinGroup } from '../../../../protocol/messages/join-group.ts'
import { metadata } from '../../../../protocol/messages/metadata.ts'
import { offsetCommit } from '../../../../protocol/messages/offset-commit.ts'
import { offsetFetch } from '../../../../protocol/messages/offset-fetch.ts'
import { syncGroup } from '../../../../protocol/messages/sync-group.ts'
import type { Api, ResponseOf, WriteOf } from '../../../../protocol/schema.ts'

type Body<A extends Api> = WriteOf<A['request']['shape']>
type HeartbeatBody = Body<typeof consumerGroupHeartbeat>

const GROUP_RESOURCE = 32
const SET = 0
const ANSWER_MS = 5000
const RETRIES = 60

export interface Noted {
  readonly what: string
  readonly answer: unknown
}

export class Conversation {
  readonly noted: Noted[] = []
  /** Noted as `g`. */
  readonly groupId: string
  readonly #client: Client
  readonly #topicIds = new Map<string, string>()
  /** Ids that the broker made up, by what they are called. */
  readonly #names = new Map<string, string>()
  readonly #isSlow: boolean
  #correlationId = 0

  /** Slow: the broker is a Kafka, whose parts hear of changes one after the other. */
  constructor(port: number, scenario: string, isSlow: boolean) {
    this.#isSlow = isSlow
    this.#client = new Client(port)
    this.groupId = `g-${scenario.replaceAll(' ', '-')}`
    this.#names.set(this.groupId, 'g')
  }

  end(): void {
    this.#client.destroy()
  }

  async send<A extends Api>(api: A, version: number, body: Body<A>): Promise<ResponseOf<A>> {
    this.#client.write(requestOf(api, version, ++this.#correlationId, body))
    const answer = await Promise.race([this.#client.answer(api, version), tooLate()])
    if (answer === undefined) throw new Error(`no answer to ${api.name} ${version}`)
    return answer.body
  }

  /** Sends, and notes the answer. */
  async note<A extends Api>(
    what: string, api: A, version: number, body: Body<A>,
  ): Promise<ResponseOf<A>> {
    const answer = await this.send(api, version, body)
    this.noted.push({ what: `${what}: ${api.name} ${version}`, answer: this.#plain(answer) })
    return answer
  }

  /** A topic of its own, by the name under which it is noted. */
  async topic(name: string, partitionCount: number): Promise<string> {
    await this.send(createTopics, 7, {
      topics: [{ name, numPartitions: partitionCount, replicationFactor: 1,
        assignments: [], configs: [] }],
      timeoutMs: 10_000, validateOnly: false,
    })
    for (let attempt = 0; attempt < RETRIES; attempt++) {
      const { topics } = await this.send(metadata, 12, { topics: [{ name }] })
      const { topicId, partitions } = topics[0]!
      if (partitions.length === partitionCount) {
        this.#topicIds.set(topicId!, name)
        // Kafka's coordinators hear of it a little later.
        if (this.#isSlow) await pause(500)
        return topicId!
      }
      await pause(50)
    }
    throw new Error(`topic ${name} does not come`)
  }

  /** Waits until the coordinator of the group serves it, and lets it assign without delay. */
  async group(groupId: string, assignmentIntervalMs = 0): Promise<void> {
    await this.send(incrementalAlterConfigs, 1, {
      resources: [{
        resourceType: GROUP_RESOURCE, resourceName: groupId,
        configs: [{ name: 'consumer.assignment.interval.ms', configOperation: SET,
          value: String(assignmentIntervalMs) }],
      }],
      validateOnly: false,
    })
    for (let attempt = 0; attempt < RETRIES; attempt++) {
      const { coordinators } = await this.send(findCoordinator, 4,
        { keyType: 0, coordinatorKeys: [groupId] })
      const { groups } = await this.send(offsetFetch, 8,
        { groups: [{ groupId, topics: null }], requireStable: false })
      if (coordinators![0]!.errorCode === 0 && groups![0]!.errorCode === 0) return
      await pause(100)
    }
    throw new Error(`group ${groupId} has no coordinator`)
  }

  /** Gives an id that the broker made up a name, under which it is noted. */
  name(id: string | null, name: string): string {
    this.#names.set(id!, name)
    return id!
  }

  beat(what: string, body: Partial<HeartbeatBody> & Pick<HeartbeatBody, 'memberId'>, version = 1) {
    return this.note(what, consumerGroupHeartbeat, version,
      { groupId: this.groupId, memberEpoch: 0, ...body })
  }

  describe(what: string, groupId = this.groupId) {
    return this.note(what, consumerGroupDescribe, 1,
      { groupIds: [groupId], includeAuthorizedOperations: false })
  }

  commit(
    what: string, topicId: string, partition: number,
    body: { memberId?: string, epoch: number, groupInstanceId?: string },
  ) {
    return this.note(what, offsetCommit, 10, {
      groupId: this.groupId, generationIdOrMemberEpoch: body.epoch,
      memberId: body.memberId ?? '', groupInstanceId: body.groupInstanceId ?? null,
      topics: [{ topicId, partitions: [{
        partitionIndex: partition, committedOffset: 5, committedMetadata: null,
      }] }],
    })
  }

  join(what: string, body: Partial<Body<typeof joinGroup>>, version = 9) {
    return this.note(what, joinGroup, version, {
      groupId: this.groupId, sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000, memberId: '',
      groupInstanceId: null, protocolType: 'consumer', reason: null, protocols: [], ...body,
    })
  }

  sync(what: string, body: Partial<Body<typeof syncGroup>>) {
    return this.note(what, syncGroup, 5, {
      groupId: this.groupId, generationId: 0, memberId: '', groupInstanceId: null,
      protocolType: 'consumer', protocolName: 'range', assignments: [], ...body,
    })
  }

  #plain(value: unknown, key = ''): unknown {
    if (Buffer.isBuffer(value)) return value.toString('hex')
    if (typeof value === 'string') return this.#named(value, key)
    if (Array.isArray(value)) return sorted(value.map((each) => this.#plain(each)))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value)
      .filter(([name]) => name !== 'throttleTimeMs' && name !== 'topicId' || key === '')
      .map(([name, each]) => [name, this.#plain(each, name)]))
  }

  #named(text: string, key: string): string {
    const named = this.#topicIds.get(text) ?? this.#names.get(text)
    if (named !== undefined) return named
    const isMadeUp = key === 'memberId' && /^([\w-]{22}|test-[\da-f-]{36})$/.test(text)
    return isMadeUp ? 'made up' : Object.entries(Object.fromEntries(this.#names))
      .reduce((sofar, [id, name]) => sofar.replaceAll(id, name), text)
  }
}

/** Brokers list members and partitions in orders of their own. */
function sorted(values: unknown[]): unknown[] {
  return values.sort((a, b) => typeof a === 'number' && typeof b === 'number'
    ? a - b
    : JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, ms) })
}

/** Nothing, unless the test is over before. */
function tooLate(): Promise<undefined> {
  return new Promise((resolve) => { setTimeout(resolve, ANSWER_MS, undefined).unref() })
}

/** ConsumerProtocolSubscription, version 1. */
export function subscriptionOf(
  topics: readonly string[], owned: readonly (readonly [string, readonly number[]])[] = [],
): Buffer {
  return Buffer.concat([
    int16(1), int32(topics.length), ...topics.map(text), int32(-1), int32(owned.length),
    ...owned.flatMap(([topic, partitions]) =>
      [text(topic), int32(partitions.length), ...partitions.map(int32)]),
  ])
}

/** ConsumerProtocolAssignment, version 1. */
export function assignmentOf(topic: string, partitions: readonly number[]): Buffer {
  return Buffer.concat([
    int16(1), int32(1), text(topic), int32(partitions.length), ...partitions.map(int32), int32(-1),
  ])
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function text(value: string): Buffer {
  return Buffer.concat([int16(value.length), Buffer.from(value)])
}
