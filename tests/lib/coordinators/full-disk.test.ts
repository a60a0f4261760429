// Coordinators whose partition lies on a disk that is full: whoever asks is told to try again, what
// is known is what a replay of the log tells, and when there is room everything goes on.

import { describe, expect, test } from '@jest/globals'
import { commitTransactionalOffsets } from '../../../lib/coordinators/groups/commit.ts'
import { consumerHeartbeat } from '../../../lib/coordinators/groups/consumer/heartbeat.ts'
import { fetchOffsets } from '../../../lib/coordinators/groups/fetch.ts'
import type { GroupsState } from '../../../lib/coordinators/groups/state.ts'
import { partitionLog } from '../../../lib/coordinators/partition-log.ts'
import { addPartitions } from '../../../lib/coordinators/transactions/add-partitions.ts'
import { endTransaction } from '../../../lib/coordinators/transactions/end.ts'
import { initProducerId } from '../../../lib/coordinators/transactions/init.ts'
import type { Later } from '../../../lib/server/later.ts'
import { Errors } from '../../../protocol/errors.ts'
import { Replica } from '../replication/harness.ts'
import { groupsShard, lasting as lastingGroups } from './groups-harness.ts'
import { outcomeOf } from './harness.ts'
import { beat, commit, GROUP, joinTwice, stableGroup, sync } from './members.ts'
import {
  A, Leaders, lasting as lastingTransactions, transactionsShard,
} from './transactions/harness.ts'

const TOPIC = 'internal'
const TRANSACTION = 'transaction'
const MB = 1024 * 1024
const refused = { error: expect.objectContaining({ code: Errors.NOT_COORDINATOR }) }

/** A partition for a coordinator, on a disk that fills up when it is told. */
class Small {
  readonly replica = new Replica()
  readonly #directory = this.replica.directories[0]!

  constructor() {
    this.replica.create(TOPIC, 1, { 'cleanup.policy': 'compact' })
    this.replica.clock.endTurn()
  }

  get clock() {
    return this.replica.clock
  }

  /** The log, as a coordinator has it that comes now. */
  get on() {
    const partition = this.replica.partitions.get(TOPIC, 0)!
    return { log: partitionLog(partition, 'none'), clock: this.clock }
  }

  /** So many bytes more have room: a part of what is written. */
  fill(leftBytes = 30): void {
    const { disk } = this.replica
    const before = disk.capacityBytes
    disk.capacityBytes = before - 1
    disk.capacityBytes = before - 1 - disk.leftBytes + leftBytes
  }

  get isFull(): boolean {
    return this.#directory.room.isFull
  }

  makeRoom(): void {
    this.replica.disk.capacityBytes = 64 * MB
    expect(this.#directory.room.look(this.clock.nowMs())).toBe(true)
  }

  /** Nothing of it went wrong for good. */
  mustBeSound(): void {
    expect([this.replica.failures, this.#directory.isFailed]).toEqual([[], false])
  }
}

function groups(small: Small) {
  const fixture = groupsShard({}, small.on)
  const replayed = (): unknown => {
    const other = groupsShard({}, small.on)
    const found = lastingGroups(other.state)
    other.shard.close()
    return found
  }
  return { ...fixture, replayed, known: () => lastingGroups(fixture.state) }
}

function committed(state: GroupsState): number {
  const asked = [{ name: 'a', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitionIndexes: [0] }]
  return fetchOffsets(state, GROUP, asked, false)[0]!.partitions[0]!.committedOffset
}

describe('a group on a full disk', () => {
  test('keeps what was committed, refuses the rest, and goes on when there is room', () => {
    const small = new Small()
    const fixture = groups(small)
    const { clock, state } = fixture
    const [memberId] = stableGroup(fixture, 1)
    const by = { memberId: memberId!, generationIdOrMemberEpoch: 1 }
    expect([commit(fixture, 1, by), clock.endTurn()]).toMatchObject([{ value: {} }, undefined])
    const before = fixture.known()
    small.fill()
    // All of a turn are one write: none of them counts.
    const some = [commit(fixture, 2, by), commit(fixture, 3, by)]
    expect(committed(state)).toBe(3)
    clock.endTurn()
    expect(some).toEqual([refused, refused])
    expect([committed(state), small.isFull]).toEqual([1, true])
    expect(fixture.known()).toEqual(before)
    expect(fixture.replayed()).toEqual(before)
    // Whoever writes nothing is answered, and at once.
    expect(beat(fixture, memberId!, 1)).toEqual({ value: Errors.NONE })
    const again = commit(fixture, 4, by)
    clock.endTurn()
    expect(again).toEqual(refused)
    small.makeRoom()
    const last = commit(fixture, 5, by)
    clock.endTurn()
    expect(last).toMatchObject({ value: {} })
    expect(committed(state)).toBe(5)
    expect(fixture.replayed()).toEqual(fixture.known())
    small.mustBeSound()
  })

  test('does not come to a new generation, and does when there is room', () => {
    const small = new Small()
    const fixture = groups(small)
    const { memberId, joined } = joinTwice(fixture)
    fixture.clock.advance(3000)
    expect(joined.value).toMatchObject({ errorCode: Errors.NONE, generationId: 1 })
    small.fill()
    const synced = sync(fixture, memberId, 1, { [memberId]: 'all' })
    expect(synced.value?.errorCode).toBe(Errors.NOT_COORDINATOR)
    small.makeRoom()
    // The first one is gone by then.
    fixture.clock.advance(60_000)
    const next = joinTwice(fixture)
    fixture.clock.advance(3000)
    const { generationId } = next.joined.value!
    expect(sync(fixture, next.memberId, generationId!, { [next.memberId]: 'all' }).value)
      .toMatchObject({ errorCode: Errors.NONE, assignment: Buffer.from('all') })
    expect(fixture.replayed()).toEqual(fixture.known())
  })

  test('keeps a member that leaves, until its session ends when there is room', () => {
    const small = new Small()
    const fixture = groups(small)
    const { clock, state, shard, topics } = fixture
    topics.create('a', 2)
    const say = (memberEpoch: number) => {
      const outcome = outcomeOf(shard.run((now) => consumerHeartbeat(now, {
        request: {
          groupId: GROUP, memberId: 'm', memberEpoch, instanceId: null, rackId: null,
          rebalanceTimeoutMs: 20_000, subscribedTopicNames: ['a'], subscribedTopicRegex: null,
          serverAssignor: null, topicPartitions: [],
        },
        clientId: 'client', clientHost: '/127.0.0.1',
      })))
      clock.endTurn()
      return outcome
    }
    expect(say(0)).toMatchObject({ value: { memberEpoch: 2 } })
    const before = fixture.known()
    small.fill()
    expect(say(-1)).toEqual(refused)
    expect(fixture.known()).toEqual(before)
    // Its session ends, and ends again.
    clock.advance(100_000)
    expect(fixture.known()).toEqual(before)
    expect(fixture.replayed()).toEqual(before)
    small.makeRoom()
    clock.advance(45_000)
    expect(state.consumer(GROUP)!.members.size).toBe(0)
    expect(fixture.replayed()).toEqual(fixture.known())
  })

  test('takes nothing of a transaction, neither offsets nor its mark', () => {
    const small = new Small()
    const fixture = groups(small)
    const { clock, state, shard } = fixture
    const producer = { producerId: 7, producerEpoch: 0 }
    const write = (offset: number) => {
      const partition = small.replica.partitions.get(TOPIC, 0)!
      const verification = partition.beginVerification(
        { ...producer, sequence: -1, hasEpochBump: false }, clock.nowMs())
      const outcome = outcomeOf(shard.run((now) => ({
        ...commitTransactionalOffsets(now, {
          transactionalId: 't', groupId: GROUP, ...producer, generationIdOrMemberEpoch: -1,
          memberId: '', groupInstanceId: null,
          topics: [{
            name: 'a', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitions: [{
              partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1,
              committedMetadata: null,
            }],
          }],
        }, 5),
        producer: { ...producer, verification, isVerificationRequired: true },
      })))
      clock.endTurn()
      return outcome
    }
    const mark = () => {
      const outcome = outcomeOf(shard.run(() => ({
        records: [], answer: 'marked',
        mark: { ...producer, coordinatorEpoch: 1, isCommitted: true, transactionVersion: 0 },
      })))
      clock.endTurn()
      return outcome
    }
    small.fill()
    expect(write(1)).toEqual(refused)
    expect(state.pendingOffsets.hasGroup(GROUP)).toBe(false)
    small.makeRoom()
    expect(write(2)).toMatchObject({ value: {} })
    small.fill()
    const plain = commit(fixture, 9)
    expect(mark()).toEqual(refused)
    expect(plain).toEqual(refused)
    expect([committed(state), state.pendingOffsets.hasGroup(GROUP)]).toEqual([-1, true])
    small.makeRoom()
    expect(mark()).toEqual({ value: 'marked' })
    expect([committed(state), state.pendingOffsets.hasGroup(GROUP)]).toEqual([2, false])
    expect(fixture.replayed()).toEqual(fixture.known())
    small.mustBeSound()
  })
})

describe('a transaction on a full disk', () => {
  function transactions(small: Small, leaders = new Leaders()) {
    const fixture = transactionsShard({ ...small.on, leaders })
    const { shard, clock } = fixture
    const told = <T>(later: Later<T>) => {
      clock.endTurn()
      return outcomeOf(later)
    }
    const who = () => {
      const { producerId, producerEpoch } = fixture.state.transactions.get(TRANSACTION)!
      return { transactionalId: TRANSACTION, producerId, producerEpoch }
    }
    return {
      ...fixture, leaders,
      init: () => told(shard.run((state) => initProducerId(state, {
        transactionalId: TRANSACTION, timeoutMs: 60_000, expected: undefined,
      }))),
      add: () => told(shard.run((state) => addPartitions(state, { ...who(), partitions: A }, 0))),
      end: () => told(shard.run((state) => endTransaction(
        state, { ...who(), isCommitted: true, clientVersion: 0 }))),
      known: () => lastingTransactions(fixture.state),
      replayed: () => {
        const silentLeaders = new Leaders()
        silentLeaders.isHolding = true
        const other = transactionsShard({ ...small.on, leaders: silentLeaders })
        const found = lastingTransactions(other.state)
        other.shard.close()
        return found
      },
      now: () => fixture.state.transactions.get(TRANSACTION)?.state,
    }
  }

  test('does not begin, grow or end; it does when there is room', () => {
    const small = new Small()
    const { init, add, end, known, replayed, now, leaders } = transactions(small)
    small.fill()
    expect([init(), now()]).toEqual([refused, undefined])
    small.makeRoom()
    expect(init()).toMatchObject({ value: { producerEpoch: 0 } })
    small.fill()
    expect([add(), now()]).toEqual([refused, 'Empty'])
    small.makeRoom()
    expect([add(), now()]).toMatchObject([{}, 'Ongoing'])
    small.fill()
    expect([end(), now()]).toEqual([refused, 'Ongoing'])
    expect(leaders.sent).toEqual([])
    expect(replayed()).toEqual(known())
    small.makeRoom()
    expect([end(), now()]).toMatchObject([{ value: { producerEpoch: 0 } }, 'CompleteCommit'])
    expect(replayed()).toEqual(known())
    small.mustBeSound()
  })

  test('that is decided is completed when there is room', () => {
    const small = new Small()
    const { init, add, end, known, replayed, now, leaders, clock } = transactions(small)
    init()
    add()
    // Its partitions are full as well, and then the coordinator's own.
    leaders.codes = [Errors.KAFKA_STORAGE_ERROR, Errors.KAFKA_STORAGE_ERROR]
    expect([end(), now()]).toMatchObject([{ value: {} }, 'PrepareCommit'])
    small.fill()
    clock.advance(30_000)
    expect(leaders.sent.length).toBeGreaterThanOrEqual(3)
    expect(now()).toBe('PrepareCommit')
    expect(replayed()).toEqual(known())
    small.makeRoom()
    clock.advance(10_000)
    expect(now()).toBe('CompleteCommit')
    expect(replayed()).toEqual(known())
  })

  test('whose time is up is aborted when there is room', () => {
    const small = new Small()
    const { init, add, now, known, replayed, clock } = transactions(small)
    init()
    add()
    small.fill()
    clock.advance(90_000)
    expect(now()).toBe('Ongoing')
    small.makeRoom()
    clock.advance(11_000)
    expect(now()).toBe('CompleteAbort')
    expect(replayed()).toEqual(known())
  })
})
