// Classic groups under virtual time: generations, time-outs, static members, and restarts.

import { describe, expect, test } from '@jest/globals'
import { ApiError, Errors } from '../../../protocol/errors.ts'
import { groupsShard, lasting } from './groups-harness.ts'
import {
  beat, commit, GROUP, join, joinTwice, leave, stableGroup, subscription, sync,
} from './members.ts'

const withCode = (code: number) => ({ error: expect.objectContaining({ code }) })

describe('a group of dynamic members', () => {
  test('gives a new member an id first (KIP-394)', () => {
    const fixture = groupsShard()
    const first = join(fixture)
    expect(first.value).toMatchObject(
      { errorCode: Errors.MEMBER_ID_REQUIRED, memberId: 'client-id1', generationId: -1 })
    expect(fixture.state.groups.get(GROUP)!.state).toBe('Empty')
  })

  test('lets older clients in without', () => {
    const fixture = groupsShard()
    const joined = join(fixture, {}, 3)
    fixture.clock.advance(3000)
    expect(joined.value).toMatchObject({ errorCode: 0, memberId: 'client-id1', generationId: 1 })
  })

  test('waits for more members while they come, before its first generation', () => {
    const fixture = groupsShard()
    const first = joinTwice(fixture)
    fixture.clock.advance(2000)
    const second = joinTwice(fixture)
    fixture.clock.advance(3000)
    expect(first.joined.value).toBeUndefined()
    fixture.clock.advance(1000)
    expect(first.joined.value).toMatchObject({
      errorCode: 0, generationId: 1, protocolName: 'range', protocolType: 'consumer',
      leader: first.memberId,
      members: [{ memberId: first.memberId }, { memberId: second.memberId }],
    })
    expect(second.joined.value).toMatchObject({ generationId: 1, members: [] })
  })

  test('hands out what the leader assigned, when it is written', () => {
    const fixture = groupsShard()
    fixture.log.holdsCommits = false
    const [leader, other] = stableGroup(fixture, 2)
    expect(fixture.state.groups.get(GROUP)!.state).toBe('Stable')
    expect(sync(fixture, other!, 1).value!.assignment!.toString()).toBe(`of ${other}`)
    expect(sync(fixture, leader!, 1).value!.assignment!.toString()).toBe(`of ${leader}`)
  })

  test('goes from one member to three and to two', () => {
    const fixture = groupsShard({ initialRebalanceDelayMs: 0 })
    const first = joinTwice(fixture)
    fixture.clock.advance(0)
    sync(fixture, first.memberId, 1, { [first.memberId]: 'all' })

    const second = joinTwice(fixture)
    const third = joinTwice(fixture)
    expect(beat(fixture, first.memberId, 1).value).toBe(Errors.REBALANCE_IN_PROGRESS)
    const again = join(fixture, { memberId: first.memberId })
    for (const { value } of [again, second.joined, third.joined]) {
      expect(value).toMatchObject({ errorCode: 0, generationId: 2, leader: first.memberId })
    }
    expect(again.value!.members).toHaveLength(3)
    sync(fixture, second.memberId, 2)
    sync(fixture, third.memberId, 2)
    sync(fixture, first.memberId, 2, { [third.memberId]: 'some' })
    expect(fixture.state.groups.get(GROUP)!.state).toBe('Stable')

    expect(leave(fixture, first.memberId)).toBe(Errors.NONE)
    expect(beat(fixture, second.memberId, 2).value).toBe(Errors.REBALANCE_IN_PROGRESS)
    join(fixture, { memberId: second.memberId })
    const last = join(fixture, { memberId: third.memberId })
    expect(last.value).toMatchObject({ generationId: 3, leader: second.memberId })
  })

  test('is without members who do not rejoin in time', () => {
    const fixture = groupsShard()
    const [first, second] = stableGroup(fixture, 2)
    const rejoin = join(fixture, { memberId: first!, protocols: [
      { name: 'range', metadata: subscription('a', 'b') }] })
    for (let time = 0; time < 60; time += 5) {
      fixture.clock.advance(5000)
      if (time < 55) beat(fixture, second!, 1)
    }
    expect(rejoin.value).toMatchObject({ generationId: 2, members: [{ memberId: first }] })
    expect(beat(fixture, second!, 1)).toEqual(withCode(Errors.UNKNOWN_MEMBER_ID))
  })

  test('is without members whose session ends', () => {
    const fixture = groupsShard()
    const [first, second] = stableGroup(fixture, 2)
    fixture.clock.advance(9000)
    expect(beat(fixture, first!, 1).value).toBe(Errors.NONE)
    fixture.clock.advance(1000)
    expect(beat(fixture, first!, 1).value).toBe(Errors.REBALANCE_IN_PROGRESS)
    expect(beat(fixture, second!, 1)).toEqual(withCode(Errors.UNKNOWN_MEMBER_ID))
  })

  test('rebalances when members do not sync in time', () => {
    const fixture = groupsShard()
    const first = joinTwice(fixture, { rebalanceTimeoutMs: 8000 })
    const second = joinTwice(fixture, { rebalanceTimeoutMs: 8000 })
    fixture.clock.advance(6000)
    const waiting = sync(fixture, second.memberId, 1)
    fixture.clock.advance(8000)
    expect(waiting.value).toMatchObject({ errorCode: Errors.REBALANCE_IN_PROGRESS })
    const again = join(fixture, { memberId: second.memberId })
    expect(again.value).toMatchObject({ generationId: 2, leader: second.memberId })
    expect(join(fixture, { memberId: first.memberId }).value)
      .toMatchObject({ errorCode: Errors.UNKNOWN_MEMBER_ID })
  })

  test('forgets ids that nobody comes back with', () => {
    const fixture = groupsShard()
    const { memberId } = join(fixture).value!
    fixture.clock.advance(10_000)
    expect(join(fixture, { memberId }).value)
      .toMatchObject({ errorCode: Errors.UNKNOWN_MEMBER_ID })
  })

  test('has a place for group.max.size members', () => {
    const fixture = groupsShard({ maxSize: 2 })
    const [first] = stableGroup(fixture, 2)
    expect(join(fixture).value).toMatchObject({ errorCode: Errors.GROUP_MAX_SIZE_REACHED })
    expect(join(fixture, { memberId: first! }).value).toBeUndefined()
  })

  test('chooses the protocol that most members like and all speak', () => {
    const fixture = groupsShard()
    const speaks = (...names: string[]) =>
      ({ protocols: names.map((name) => ({ name, metadata: subscription('a') })) })
    const first = joinTwice(fixture, speaks('range', 'sticky', 'mine'))
    joinTwice(fixture, speaks('sticky', 'range'))
    joinTwice(fixture, speaks('sticky', 'range', 'other'))
    fixture.clock.advance(9000)
    expect(first.joined.value!.protocolName).toBe('sticky')
    expect(join(fixture, speaks('other')).value)
      .toMatchObject({ errorCode: Errors.INCONSISTENT_GROUP_PROTOCOL })
    expect(join(fixture, { protocolType: 'connect' }).value)
      .toMatchObject({ errorCode: Errors.INCONSISTENT_GROUP_PROTOCOL })
  })

  test('answers a repeated join with the present generation', () => {
    const fixture = groupsShard()
    const [leader, other] = stableGroup(fixture, 2)
    expect(join(fixture, { memberId: other! }).value)
      .toMatchObject({ generationId: 1, members: [], leader })
    expect(fixture.state.groups.get(GROUP)!.state).toBe('Stable')
    expect(join(fixture, { memberId: leader! }).value).toBeUndefined()
    expect(fixture.state.groups.get(GROUP)!.state).toBe('PreparingRebalance')
  })

  test('has all join anew when the assignment cannot be stored', () => {
    const fixture = groupsShard()
    const { memberId } = joinTwice(fixture)
    fixture.clock.advance(3000)
    fixture.log.appendError = new ApiError(Errors.NOT_ENOUGH_REPLICAS)
    expect(sync(fixture, memberId, 1, { [memberId]: 'all' }).value)
      .toMatchObject({ errorCode: Errors.COORDINATOR_NOT_AVAILABLE })
    expect(join(fixture, { memberId }).value).toMatchObject({ generationId: 2 })
  })

  test('has all join anew when the assignment is larger than any batch may be', () => {
    const fixture = groupsShard()
    const { memberId } = joinTwice(fixture)
    fixture.clock.advance(3000)
    fixture.log.maxBatchSizeBytes = 1000
    expect(sync(fixture, memberId, 1, { [memberId]: 'all'.repeat(1000) }).value)
      .toMatchObject({ errorCode: Errors.UNKNOWN_SERVER_ERROR })
    expect(join(fixture, { memberId }).value).toMatchObject({ generationId: 2 })
    expect(sync(fixture, memberId, 2, { [memberId]: 'all' }).value)
      .toMatchObject({ errorCode: Errors.NONE })
  })

  test.each([
    ['of no group', 'other', 1, null, Errors.UNKNOWN_MEMBER_ID],
    ['of an old generation', 'first', 0, null, Errors.ILLEGAL_GENERATION],
    ['of an unknown instance', 'first', 1, 'instance', Errors.UNKNOWN_MEMBER_ID],
  ])('refuses a member %s', (_, who, generation, instance, code) => {
    const fixture = groupsShard()
    const [first] = stableGroup(fixture, 1)
    const memberId = who === 'first' ? first! : who
    expect(beat(fixture, memberId, generation, instance)).toEqual(withCode(code))
    expect(sync(fixture, memberId, generation, {}, instance).value!.errorCode).toBe(code)
  })
})

describe('a static member (KIP-345)', () => {
  const instance = { groupInstanceId: 'one' }

  function stable(fixture: ReturnType<typeof groupsShard>): string {
    const joined = join(fixture, instance)
    fixture.clock.advance(3000)
    const { memberId } = joined.value!
    sync(fixture, memberId, 1, { [memberId]: 'all' }, 'one')
    return memberId
  }

  test('comes back without a rebalance, and told not to assign (KIP-814)', () => {
    const fixture = groupsShard()
    const old = stable(fixture)
    const back = join(fixture, instance, 9).value!
    expect(back).toMatchObject({
      errorCode: 0, generationId: 1, leader: back.memberId, skipAssignment: true,
      members: [{ memberId: back.memberId, groupInstanceId: 'one' }],
    })
    expect(back.memberId).not.toBe(old)
    expect(sync(fixture, back.memberId!, 1, {}, 'one').value!.assignment!.toString()).toBe('all')
    expect(beat(fixture, old, 1, 'one')).toEqual(withCode(Errors.FENCED_INSTANCE_ID))
  })

  test('comes back with other topics, whose offsets are in use from then on', () => {
    const fixture = groupsShard()
    stable(fixture)
    join(fixture, { ...instance, protocols: [{ name: 'range', metadata: subscription('a', 'b') }] })
    const group = fixture.state.classic(GROUP)!
    expect(group).toMatchObject({ state: 'Stable', generationId: 1 })
    expect(group.isSubscribedTo('b')).toBe(true)
    expect(lasting(groupsShard({}, { log: fixture.log }).state)).toEqual(lasting(fixture.state))
  })

  test('is told of its former leader before version 9', () => {
    const fixture = groupsShard()
    const old = stable(fixture)
    expect(join(fixture, instance, 8).value).toMatchObject(
      { leader: old, members: [], skipAssignment: false })
  })

  test('stays while others rebalance without it, until its session ends', () => {
    const fixture = groupsShard()
    const old = stable(fixture)
    const other = joinTwice(fixture, { sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 5000 })
    fixture.clock.advance(60_000)
    expect(other.joined.value).toMatchObject({ generationId: 2, leader: other.memberId })
    expect(old).not.toBe(other.memberId)
  })

  test('keeps its old id when the new one cannot be written', () => {
    const fixture = groupsShard()
    const old = stable(fixture)
    fixture.log.appendError = new ApiError(Errors.NOT_ENOUGH_REPLICAS)
    expect(join(fixture, instance).value).toMatchObject(
      { errorCode: Errors.COORDINATOR_NOT_AVAILABLE, memberId: '', leader: old })
    expect(beat(fixture, old, 1, 'one').value).toBe(Errors.NONE)
  })

  test('fences the one that waits under the same name', () => {
    const fixture = groupsShard()
    const first = join(fixture, instance)
    const second = join(fixture, instance)
    expect(first.value).toMatchObject({ errorCode: Errors.FENCED_INSTANCE_ID })
    fixture.clock.advance(3000)
    expect(second.value).toMatchObject({ errorCode: 0, generationId: 1 })
  })

  test('is removed by name alone', () => {
    const fixture = groupsShard()
    stable(fixture)
    expect(leave(fixture, '', 'two')).toBe(Errors.UNKNOWN_MEMBER_ID)
    expect(leave(fixture, '', 'one')).toBe(Errors.NONE)
    expect(fixture.state.groups.get(GROUP)!.state).toBe('Empty')
  })
})

describe('commits', () => {
  test('need a member of the present generation', () => {
    const fixture = groupsShard()
    const [memberId] = stableGroup(fixture, 1)
    const as = (given: object, version?: number) => {
      const outcome = commit(fixture, 5, given, version)
      fixture.clock.endTurn()
      return outcome
    }
    expect(as({ memberId, generationIdOrMemberEpoch: 1 })).toHaveProperty('value')
    expect(as({ memberId, generationIdOrMemberEpoch: 0 }))
      .toEqual(withCode(Errors.ILLEGAL_GENERATION))
    expect(as({ memberId: 'x', generationIdOrMemberEpoch: 1 }))
      .toEqual(withCode(Errors.UNKNOWN_MEMBER_ID))
    expect(as({})).toEqual(withCode(Errors.UNKNOWN_MEMBER_ID))
    expect(as({ groupId: 'x', generationIdOrMemberEpoch: 1 }, 8))
      .toEqual(withCode(Errors.ILLEGAL_GENERATION))
    expect(as({ groupId: 'x', generationIdOrMemberEpoch: 1 }, 9))
      .toEqual(withCode(Errors.GROUP_ID_NOT_FOUND))
  })

  test('wait for the assignment', () => {
    const fixture = groupsShard()
    const { memberId } = joinTwice(fixture)
    fixture.clock.advance(3000)
    expect(commit(fixture, 5, { memberId, generationIdOrMemberEpoch: 1 }))
      .toEqual(withCode(Errors.REBALANCE_IN_PROGRESS))
  })

  test('are forgotten after their retention, and their group with them', () => {
    const fixture = groupsShard({ offsetsRetentionMs: 3_600_000 })
    commit(fixture, 5)
    fixture.clock.endTurn()
    fixture.clock.advance(3_000_000)
    expect(fixture.state.offsets.get(GROUP, 'a', 0)!.offset).toBe(5)
    fixture.clock.advance(600_000)
    expect(fixture.state.offsets.get(GROUP, 'a', 0)).toBeUndefined()
    expect(fixture.state.groups.has(GROUP)).toBe(false)
  })

  test('are forgotten even where they are too many for one batch', () => {
    const fixture = groupsShard({ offsetsRetentionMs: 3_600_000 })
    const partitions = Array.from({ length: 100 }, (_, partitionIndex) => ({
      partitionIndex, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: null,
    }))
    commit(fixture, 5, { topics: [{ name: 'a', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitions }] })
    fixture.clock.endTurn()
    fixture.log.maxBatchSizeBytes = 1000
    fixture.clock.advance(4_200_000)
    expect(fixture.state.offsets.ofGroup(GROUP)).toBeUndefined()
    expect(fixture.state.groups.has(GROUP)).toBe(false)
    const again = groupsShard({}, { log: fixture.log })
    expect(again.state.offsets.ofGroup(GROUP)).toBeUndefined()
  })

  test('stay while the group reads their topic', () => {
    const fixture = groupsShard({ offsetsRetentionMs: 3_600_000 })
    const [memberId] = stableGroup(fixture, 1)
    commit(fixture, 5, { memberId: memberId!, generationIdOrMemberEpoch: 1 })
    for (let minute = 0; minute < 120 * 8; minute++) {
      fixture.clock.advance(7500)
      beat(fixture, memberId!, 1)
    }
    expect(fixture.state.offsets.get(GROUP, 'a', 0)!.offset).toBe(5)
  })
})

describe('after a restart', () => {
  test('a group is as it was, at each step that its log knows', () => {
    const fixture = groupsShard()
    const sameAfterRestart = () => {
      const restarted = groupsShard({}, { log: fixture.log })
      expect(lasting(restarted.state)).toEqual(lasting(fixture.state))
      restarted.shard.close()
    }
    const members = stableGroup(fixture, 3)
    sameAfterRestart()
    commit(fixture, 7, { memberId: members[0]!, generationIdOrMemberEpoch: 1 })
    commit(fixture, 9, { memberId: members[1]!, generationIdOrMemberEpoch: 1 })
    fixture.clock.endTurn()
    sameAfterRestart()
    const rest = members.slice(1)
    leave(fixture, members[0]!)
    rest.forEach((memberId) => join(fixture, { memberId }))
    sync(fixture, rest[1]!, 2)
    sync(fixture, rest[0]!, 2, { [rest[0]!]: 'more' })
    sameAfterRestart()
    rest.forEach((memberId) => leave(fixture, memberId))
    expect(fixture.state.groups.get(GROUP)!.state).toBe('Empty')
    sameAfterRestart()
  })

  test('members have a session to be heard of, and no generation is given twice', () => {
    const before = groupsShard()
    const [memberId] = stableGroup(before, 1)
    before.shard.close()
    const after = groupsShard({}, { log: before.log })
    after.clock.advance(9000)
    expect(beat(after, memberId!, 1).value).toBe(Errors.NONE)
    after.clock.advance(10_000)
    expect(beat(after, memberId!, 1)).toEqual(withCode(Errors.UNKNOWN_MEMBER_ID))
    expect(after.state.groups.get(GROUP)).toMatchObject({ state: 'Empty', generationId: 2 })
  })

  test('members that waited look for their coordinator', () => {
    const fixture = groupsShard()
    const { joined } = joinTwice(fixture)
    fixture.shard.close()
    expect(joined.value).toMatchObject({ errorCode: Errors.NOT_COORDINATOR })
  })
})
