// Consumer groups under virtual time: what members are put out for, what settings forbid, and what
// changes by itself.

import { describe, expect, test } from '@jest/globals'
import { expired } from '../../../../lib/coordinators/groups/expiry.ts'
import { consumerHeartbeat } from '../../../../lib/coordinators/groups/consumer/heartbeat.ts'
import type { ConsumerSettings } from '../../../../lib/coordinators/groups/consumer/world.ts'
import type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse }
  from '../../../../protocol/messages/consumer-group-heartbeat.ts'
import { ApiError, Errors } from '../../../../protocol/errors.ts'
import { type Outcome, outcomeOf } from '../harness.ts'
import { type GroupsFixture, groupsShard, lasting } from '../groups-harness.ts'
import { beat as classicBeat, commit, GROUP, join, leave, stableGroup, sync } from '../members.ts'
import { subscriptionOf } from './conversation.ts'

type Beat = Partial<ConsumerGroupHeartbeatRequest> & { memberId: string }

function beat(
  { shard, clock }: GroupsFixture, given: Beat,
): Outcome<ConsumerGroupHeartbeatResponse> {
  const outcome = outcomeOf(shard.run((state) => consumerHeartbeat(state, {
    request: {
      groupId: GROUP, memberEpoch: 1, instanceId: null, rackId: null, rebalanceTimeoutMs: -1,
      subscribedTopicNames: null, subscribedTopicRegex: null, serverAssignor: null,
      topicPartitions: null, ...given,
    },
    clientId: 'client', clientHost: '/127.0.0.1',
  })))
  clock.endTurn()
  return outcome
}

function enter(fixture: GroupsFixture, memberId: string, given: Partial<Beat> = {}) {
  return beat(fixture, {
    memberId, memberEpoch: 0, rebalanceTimeoutMs: 20_000, subscribedTopicNames: ['a'],
    topicPartitions: [], ...given,
  })
}

function fixtureWith(settings: Partial<ConsumerSettings> = {}): GroupsFixture {
  const fixture = groupsShard(settings)
  fixture.topics.create('a', 4)
  return fixture
}

const groupIn = ({ state }: GroupsFixture) => state.consumer(GROUP)!
const withCode = (code: number) => ({ error: expect.objectContaining({ code }) })

describe('time', () => {
  test('a member that is silent is out, and the others get what it had', () => {
    const fixture = fixtureWith()
    enter(fixture, 'm')
    enter(fixture, 'n')
    fixture.clock.advance(30_000)
    beat(fixture, { memberId: 'n', memberEpoch: 3 })
    fixture.clock.advance(15_000)
    expect([...groupIn(fixture).members.keys()]).toEqual(['n'])
    expect(beat(fixture, { memberId: 'n', memberEpoch: 3 }).value!.assignment!.topicPartitions[0])
      .toMatchObject({ partitions: [0, 1, 2, 3] })
    expect(beat(fixture, { memberId: 'm', memberEpoch: 2 })).toEqual(
      withCode(Errors.UNKNOWN_MEMBER_ID))
  })

  test('a member that does not give up what it has to is out', () => {
    const fixture = fixtureWith()
    enter(fixture, 'm')
    enter(fixture, 'n')
    for (const seconds of [0, 8, 8]) {
      fixture.clock.advance(seconds * 1000)
      beat(fixture, { memberId: 'm', memberEpoch: 2 })
    }
    expect(groupIn(fixture).members.has('m')).toBe(true)
    fixture.clock.advance(5000)
    expect([...groupIn(fixture).members.keys()]).toEqual(['n'])
  })

  test('also after another coordinator has taken over', () => {
    const first = fixtureWith()
    enter(first, 'm')
    enter(first, 'n')
    beat(first, { memberId: 'm', memberEpoch: 2 })
    first.shard.close()
    const fixture = groupsShard({}, first)
    expect(lasting(fixture.state)).toEqual(lasting(first.state))
    fixture.clock.advance(19_000)
    expect(groupIn(fixture).members.size).toBe(2)
    fixture.clock.advance(1500)
    expect([...groupIn(fixture).members.keys()]).toEqual(['n'])
    fixture.clock.advance(45_000)
    expect(groupIn(fixture).isEmpty).toBe(true)
  })

  test('a group that nobody uses is forgotten with its offsets', () => {
    const fixture = fixtureWith()
    enter(fixture, 'm')
    expect(commit(fixture, 7, { memberId: 'm', generationIdOrMemberEpoch: 2 }).error)
      .toBeUndefined()
    const { state, clock } = fixture
    const weekMs = 7 * 24 * 3_600_000
    // In use, it stays however old it is.
    expect(expired(state, groupIn(fixture), clock.nowMs() + weekMs)).toEqual([])
    beat(fixture, { memberId: 'm', memberEpoch: -1 })
    clock.advance(weekMs + 600_000)
    expect(state.groups.size).toBe(0)
    expect(groupsShard({}, fixture).state.groups.size).toBe(0)
  })
})

describe('topics', () => {
  test('that grow are assigned with the next heartbeat', () => {
    const fixture = fixtureWith()
    enter(fixture, 'm')
    fixture.topics.grow('a', 1)
    expect(beat(fixture, { memberId: 'm', memberEpoch: 2 }).value).toMatchObject({
      memberEpoch: 3, assignment: { topicPartitions: [{ partitions: [0, 1, 2, 3, 4] }] },
    })
  })

  test('that others come to are no reason for an epoch', () => {
    const fixture = fixtureWith()
    enter(fixture, 'm')
    fixture.topics.create('b', 1)
    expect(beat(fixture, { memberId: 'm', memberEpoch: 2 }).value).toMatchObject({ memberEpoch: 2 })
  })

  test('that are deleted are given up', () => {
    const fixture = fixtureWith()
    enter(fixture, 'm')
    fixture.topics.delete('a')
    const told = beat(fixture, { memberId: 'm', memberEpoch: 2 }).value!
    expect(told.assignment!.topicPartitions).toEqual([])
  })

  test('that match an expression come within ten seconds', () => {
    const fixture = fixtureWith()
    enter(fixture, 'm', { subscribedTopicNames: [], subscribedTopicRegex: 'a.*' })
    fixture.clock.advance(1)
    beat(fixture, { memberId: 'm', memberEpoch: 1 })
    fixture.topics.create('ab', 1)
    const regexes = () => [...groupIn(fixture).regexes.get('a.*')!.topics]
    beat(fixture, { memberId: 'm', memberEpoch: 2 })
    fixture.clock.advance(10_001)
    expect(regexes()).toEqual(['a'])
    beat(fixture, { memberId: 'm', memberEpoch: 2 })
    fixture.clock.advance(1)
    expect(regexes()).toEqual(['a', 'ab'])
    expect(beat(fixture, { memberId: 'm', memberEpoch: 2 }).value!.assignment!.topicPartitions)
      .toHaveLength(2)
  })
})

describe('settings', () => {
  test('a group has no more members than it may', () => {
    const fixture = fixtureWith({ maxSize: 1 })
    enter(fixture, 'm', { instanceId: 'i' })
    expect(enter(fixture, 'n')).toEqual(withCode(Errors.GROUP_MAX_SIZE_REACHED))
    beat(fixture, { memberId: 'm', instanceId: 'i', memberEpoch: -2 })
    expect(enter(fixture, 'n', { instanceId: 'i' }).error).toBeUndefined()
  })

  test.each([
    [{ mayUpgrade: false, mayDowngrade: false }, Errors.GROUP_ID_NOT_FOUND],
    [{ mayUpgrade: false, mayDowngrade: true }, Errors.GROUP_ID_NOT_FOUND],
    [{ mayUpgrade: true, mayDowngrade: false }, undefined],
  ])('live classic groups and the policy %j', (migration, code) => {
    const fixture = fixtureWith({ migration })
    stableClassic(fixture)
    const { error } = enter(fixture, 'm')
    expect((error as ApiError | undefined)?.code).toBe(code)
  })

  test('a classic member stays out where groups do not change', () => {
    const fixture = fixtureWith({ migration: { mayUpgrade: false, mayDowngrade: false } })
    enter(fixture, 'm')
    expect(join(fixture, CLASSIC)).toEqual(withCode(Errors.INCONSISTENT_GROUP_PROTOCOL))
  })

  test('a group stays what it is where it may not become classic', () => {
    const fixture = fixtureWith({ migration: { mayUpgrade: true, mayDowngrade: false } })
    stableClassic(fixture)
    enter(fixture, 'm')
    beat(fixture, { memberId: 'm', memberEpoch: -1 })
    expect(fixture.state.groups.get(GROUP)!.type).toBe('consumer')
  })
})

const CLASSIC = { protocols: [{ name: 'range', metadata: subscriptionOf(['a']) }] }

/** Two classic members, of which nobody has been assigned anything. */
function stableClassic(fixture: GroupsFixture): string[] {
  const ids = [1, 2].map(() => {
    const memberId = join(fixture, CLASSIC).value!.memberId
    join(fixture, { ...CLASSIC, memberId })
    return memberId
  })
  fixture.clock.advance(9000)
  for (const id of ids.toReversed()) sync(fixture, id, 1)
  return ids
}

describe('classic members of a consumer group', () => {
  test('are out when they do not rejoin in time', () => {
    const fixture = fixtureWith()
    const [one, two] = stableClassic(fixture)
    enter(fixture, 'm')
    for (let seconds = 0; seconds < 60; seconds += 5) {
      for (const id of [one!, two!]) {
        expect(classicBeat(fixture, id, 1).value).toBe(Errors.REBALANCE_IN_PROGRESS)
      }
      beat(fixture, { memberId: 'm', memberEpoch: 2 })
      fixture.clock.advance(5000)
    }
    expect(fixture.state.groups.get(GROUP)!.type).toBe('consumer')
    expect([...groupIn(fixture).members.keys()]).toEqual(['m'])
  })

  test('are put out by leaving, and the last consumer leaves them a classic group', () => {
    const fixture = fixtureWith()
    const [one, two] = stableClassic(fixture)
    enter(fixture, 'm')
    expect(leave(fixture, one!)).toBe(Errors.NONE)
    expect(leave(fixture, 'm')).toBe(Errors.NONE)
    const group = fixture.state.classic(GROUP)!
    expect([group.state, [...group.members.keys()]]).toEqual(['PreparingRebalance', [two]])
    const replayed = groupsShard({}, fixture).state.classic(GROUP)!
    expect([replayed.generationId, [...replayed.members.keys()]])
      .toEqual([group.generationId, [two]])
  })

  test('keep their consumer group if the classic one cannot be written', () => {
    const fixture = fixtureWith()
    stableClassic(fixture)
    enter(fixture, 'm')
    const before = lasting(fixture.state)
    fixture.log.appendError = new ApiError(Errors.NOT_ENOUGH_REPLICAS)
    expect(beat(fixture, { memberId: 'm', memberEpoch: -1 }))
      .toEqual(withCode(Errors.COORDINATOR_NOT_AVAILABLE))
    expect(lasting(fixture.state)).toEqual(before)
  })

  test('stay classic if the consumer group cannot be written', () => {
    const fixture = fixtureWith()
    const ids = stableGroup(fixture, 1)
    fixture.log.appendError = new ApiError(Errors.NOT_ENOUGH_REPLICAS)
    enter(fixture, 'm')
    expect(fixture.state.groups.get(GROUP)!.type).toBe('classic')
    expect(classicBeat(fixture, ids[0]!, 1).value).toBe(Errors.NONE)
  })
})
