// Consumer groups as a state machine: random members, of which some lose answers, fall silent or
// speak the classic protocol, topics that come and grow, failing writes, time, and crashes. No
// partition ever has two owners, what the log says is what the coordinator knew, and in the end
// everything belongs to somebody.

import { describe, expect, test } from '@jest/globals'
import { consumerHeartbeat } from '../../../../lib/coordinators/groups/consumer/heartbeat.ts'
import { leaveGroup } from '../../../../lib/coordinators/groups/leave.ts'
import type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse }
  from '../../../../protocol/messages/consumer-group-heartbeat.ts'
import { ApiError, Errors } from '../../../../protocol/errors.ts'
import { randomOf } from '../../../storage/random.ts'
import { MemoryLog, outcomeOf } from '../harness.ts'
import { type GroupsFixture, groupsShard, lasting } from '../groups-harness.ts'

const GROUP = 'g'
const SEEDS = 40
const STEPS = 120
const SETTLING_ROUNDS = 12
const NOT_IN_THE_GROUP = 0

/** A consumer as it sees itself. */
class Consumer {
  memberId: string
  epoch = NOT_IN_THE_GROUP
  owned = new Set<string>()
  readonly instanceId: string | null
  topics: string[] = []
  regex = ''
  assignor: string | null = null

  constructor(memberId: string, instanceId: string | null) {
    this.memberId = memberId
    this.instanceId = instanceId
  }

  request(): ConsumerGroupHeartbeatRequest {
    const isJoining = this.epoch === NOT_IN_THE_GROUP
    return {
      groupId: GROUP, memberId: this.memberId, memberEpoch: this.epoch, rackId: null,
      instanceId: this.instanceId, rebalanceTimeoutMs: 30_000, serverAssignor: this.assignor,
      subscribedTopicNames: this.topics, subscribedTopicRegex: this.regex,
      topicPartitions: isJoining ? [] : partitionsOf(this.owned),
    }
  }

  take({ memberEpoch, assignment }: ConsumerGroupHeartbeatResponse): void {
    this.epoch = memberEpoch
    if (assignment === null || assignment === undefined) return
    this.owned = new Set(assignment.topicPartitions.flatMap(({ topicId, partitions }) =>
      partitions.map((partition) => `${topicId}:${partition}`)))
  }

  /** It has to begin anew, and reads no more. */
  reset(): void {
    this.epoch = NOT_IN_THE_GROUP
    this.owned.clear()
  }
}

function partitionsOf(owned: ReadonlySet<string>): { topicId: string, partitions: number[] }[] {
  const topics = new Map<string, number[]>()
  for (const each of owned) {
    const [topicId, partition] = each.split(':') as [string, string]
    topics.set(topicId, [...topics.get(topicId) ?? [], Number(partition)])
  }
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }))
}

class Run {
  readonly random: () => number
  fixture: GroupsFixture = groupsShard()
  consumers: Consumer[] = []
  ids = 0

  constructor(seed: number) {
    this.random = randomOf(seed)
    for (const name of ['a', 'b', 'c']) this.fixture.topics.create(name, 1 + this.below(6))
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit)
  }

  step(): void {
    const consumer = this.consumers[this.below(this.consumers.length)]
    const steps = [
      () => this.begin(),
      ...consumer === undefined ? [] : [
        () => this.beat(consumer), () => this.beat(consumer), () => this.beat(consumer),
        () => this.beat(consumer), () => this.beat(consumer), () => this.beatAll(),
        () => this.beat(consumer, { isLost: true }), () => this.beatAndFail(consumer),
        () => this.leave(consumer), () => this.subscribe(consumer),
      ],
      () => this.change(), () => this.fixture.clock.advance(this.below(20_000)),
      () => this.crash(),
    ]
    steps[this.below(steps.length)]!()
    this.fixture.clock.endTurn()
  }

  begin(): void {
    if (this.consumers.length > 7) return
    const isStatic = this.below(3) === 0
    const consumer = new Consumer(`m${++this.ids}`, isStatic ? `i${this.ids}` : null)
    this.subscribe(consumer)
    this.consumers.push(consumer)
  }

  subscribe(consumer: Consumer): void {
    consumer.topics = ['a', 'b', 'c', 'missing'].filter(() => this.below(2) === 0)
    consumer.regex = this.below(4) === 0 ? '[ab].*' : ''
    consumer.assignor = [null, 'range', 'uniform'][this.below(3)]!
  }

  change(): void {
    const { topics } = this.fixture
    if (this.below(2) === 0) topics.grow(['a', 'b', 'c'][this.below(3)]!, 1 + this.below(2))
    else if (topics.topics.size < 6) topics.create(`a${++this.ids}`, 1 + this.below(3))
  }

  beat(consumer: Consumer, { isLost = false } = {}): void {
    const outcome = outcomeOf(this.fixture.shard.run((state) => consumerHeartbeat(state, {
      request: consumer.request(), clientId: 'c', clientHost: '/127.0.0.1',
    })))
    this.fixture.clock.endTurn()
    if (isLost) return
    if (outcome.value !== undefined) return consumer.take(outcome.value)
    if (!(outcome.error instanceof ApiError)) throw outcome.error
    const { code } = outcome.error
    const isOut = code === Errors.FENCED_MEMBER_EPOCH || code === Errors.UNKNOWN_MEMBER_ID
      || code === Errors.GROUP_ID_NOT_FOUND || code === Errors.UNRELEASED_INSTANCE_ID
    if (!isOut) throw outcome.error
    consumer.reset()
  }

  beatAll(): void {
    for (const consumer of this.consumers) this.beat(consumer)
  }

  /** What could not be written has not happened. */
  beatAndFail(consumer: Consumer): void {
    const before = lasting(this.fixture.state)
    this.fixture.log.appendError = new ApiError(Errors.NOT_ENOUGH_REPLICAS)
    this.beat(consumer, { isLost: true })
    const hasFailed = this.fixture.log.appendError === undefined
    this.fixture.log.appendError = undefined
    if (hasFailed) expect(lasting(this.fixture.state)).toEqual(before)
  }

  leave(consumer: Consumer): void {
    const { memberId, instanceId } = consumer
    const isTool = this.below(3) === 0
    outcomeOf(this.fixture.shard.run((state) => {
      if (isTool) {
        const { writes } = leaveGroup(state, GROUP, [{
          memberId, groupInstanceId: instanceId, reason: null,
        }])
        return { ...writes, answer: undefined }
      }
      const memberEpoch = instanceId === null ? -1 : -2
      return { ...consumerHeartbeat(state, {
        request: { ...consumer.request(), memberEpoch }, clientId: 'c', clientHost: '/127.0.0.1',
      }), answer: undefined }
    }))
    consumer.reset()
    if (instanceId === null) this.consumers = this.consumers.filter((each) => each !== consumer)
    // Another process comes under the same name.
    else if (!isTool) consumer.memberId = `m${++this.ids}`
  }

  /** Another coordinator goes on with what the log says. */
  crash(): void {
    const { clock, topics, log, state, shard } = this.fixture
    clock.endTurn()
    const before = lasting(state)
    shard.close()
    this.fixture = groupsShard({}, { clock, topics, log })
    expect(lasting(this.fixture.state)).toEqual(before)
  }

  checkOwners(): void {
    const owners = new Map<string, string>()
    const group = this.fixture.state.consumer(GROUP)
    for (const { memberId, owned } of this.consumers) {
      if (group?.members.has(memberId) !== true) continue
      for (const each of owned) {
        expect([each, owners.get(each)]).toEqual([each, undefined])
        owners.set(each, memberId)
      }
    }
  }

  /** Everybody goes on without losses, and those who are silent are out. */
  settle(): void {
    this.fixture.clock.advance(46_000)
    for (let round = 0; round < SETTLING_ROUNDS; round++) {
      this.beatAll()
      this.fixture.clock.advance(11_000)
      this.checkOwners()
    }
  }

  checkSettled(): void {
    if (this.consumers.length === 0) return
    const group = this.fixture.state.consumer(GROUP)!
    expect(group.state).toBe('Stable')
    const wanted = [...group.subscriptions.topicNames()].flatMap((name) => {
      const topic = this.fixture.topics.topics.byName(name)
      return [...topic?.partitions.keys() ?? []].map((index) => `${topic!.id}:${index}`)
    })
    const owned = this.consumers.flatMap((consumer) => [...consumer.owned])
    expect(owned.toSorted()).toEqual(wanted.toSorted())
  }
}

describe('a consumer group', () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    'with random members, seed %i', (seed) => {
      const run = new Run(seed)
      for (let step = 0; step < STEPS; step++) {
        run.step()
        run.checkOwners()
      }
      run.settle()
      run.checkSettled()
    })

  test.each([1, 2, 3])('is at every record what the log says up to there, seed %i', (seed) => {
    const run = new Run(seed)
    const known = new Map<number, unknown>()
    for (let step = 0; step < STEPS; step++) {
      run.step()
      known.set(run.fixture.log.endOffset, lasting(run.fixture.state))
    }
    const { log: { entries }, topics } = run.fixture
    for (let count = 0; count <= entries.length; count++) {
      const log = new MemoryLog()
      log.entries.push(...entries.slice(0, count))
      const { shard, state } = groupsShard({}, { log, topics })
      expect(shard.isActive).toBe(true)
      if (known.has(count)) expect(lasting(state)).toEqual(known.get(count))
      shard.close()
    }
    expect(known.size).toBeGreaterThan(STEPS / 4)
  })
})
