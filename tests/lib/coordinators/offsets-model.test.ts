// Committed offsets as a state machine: plain and transactional commits of several producers, marks
// that come in any order, deletions, failing writes, time and crashes, against a list of what was
// written that is folded anew each time. What the log says is what the coordinator knew.

import { describe, expect, test } from '@jest/globals'
import {
  commitOffsets, commitTransactionalOffsets,
} from '../../../lib/coordinators/groups/commit.ts'
import { deleteGroup, deleteOffsets, forgetTopic } from '../../../lib/coordinators/groups/delete.ts'
import { fetchOffsets } from '../../../lib/coordinators/groups/fetch.ts'
import type { GroupsState, GroupsWrites } from '../../../lib/coordinators/groups/state.ts'
import { ApiError, Errors } from '../../../protocol/errors.ts'
import { randomOf } from '../../storage/random.ts'
import { type GroupsFixture, groupsShard, lasting } from './groups-harness.ts'
import { MemoryLog, outcomeOf } from './harness.ts'

const SEEDS = 40
const STEPS = 150
const GROUPS = ['g', 'h']
const TOPICS = ['a', 'b']
const PARTITIONS = [0, 1]
const PRODUCERS = [100, 101, 102]
const DAY_MS = 24 * 3_600_000
const RETENTION_MS = 7 * DAY_MS
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA'

type Key = `${string} ${string} ${number}`

/** What was written, in the order of the log. */
type Written =
  | {
      readonly kind: 'put', readonly key: Key, readonly offset: number, readonly nowMs: number,
      readonly producer?: number,
    }
  | { readonly kind: 'mark', readonly producer: number, readonly isCommitted: boolean }
  | { readonly kind: 'gone', readonly key: Key }

interface Known {
  readonly committed: Map<Key, { readonly offset: number, readonly nowMs: number }>
  readonly pending: Map<Key, Set<number>>
}

/** Later records win over earlier ones; those of a transaction count from its mark on. */
function fold(written: readonly Written[]): Known {
  const committed = new Map<Key, { offset: number, nowMs: number, at: number }>()
  let open: { key: Key, offset: number, nowMs: number, at: number, producer: number }[] = []
  for (const [at, one] of written.entries()) {
    if (one.kind === 'put' && one.producer !== undefined) {
      const { key, offset, nowMs, producer } = one
      open = open.filter((other) => other.key !== key || other.producer !== producer)
      open.push({ key, offset, nowMs, at, producer })
    } else if (one.kind === 'put') {
      committed.set(one.key, { offset: one.offset, nowMs: one.nowMs, at })
    } else if (one.kind === 'gone') {
      committed.delete(one.key)
      open = open.filter(({ key }) => key !== one.key)
    } else {
      for (const ending of open.filter(({ producer }) => producer === one.producer)) {
        const isNewest = ending.at > (committed.get(ending.key)?.at ?? -1)
        if (one.isCommitted && isNewest) committed.set(ending.key, ending)
      }
      open = open.filter(({ producer }) => producer !== one.producer)
    }
  }
  const pending = new Map<Key, Set<number>>()
  for (const { key, producer } of open) {
    pending.set(key, (pending.get(key) ?? new Set()).add(producer))
  }
  return { committed, pending }
}

const ALL_KEYS = GROUPS.flatMap((group) => TOPICS.flatMap((topic) => PARTITIONS.map(
  (partition): Key => `${group} ${topic} ${partition}`)))

function partsOf(key: Key): { groupId: string, topic: string, partition: number } {
  const [groupId, topic, partition] = key.split(' ') as [string, string, string]
  return { groupId, topic, partition: Number(partition) }
}

/** What the coordinator knows, by its answers and its state. */
function knownTo(state: GroupsState): unknown {
  return ALL_KEYS.map((key) => {
    const { groupId, topic, partition } = partsOf(key)
    const asked = [{ name: topic, topicId: TOPIC_ID, partitionIndexes: [partition] }]
    const at = (isStable: boolean) => fetchOffsets(state, groupId, asked, isStable)[0]!
      .partitions[0]!
    const isUnstable = at(true).errorCode === Errors.UNSTABLE_OFFSET_COMMIT
    return [key, at(false).committedOffset, isUnstable]
  })
}

function knownBy({ committed, pending }: Known): unknown {
  return ALL_KEYS.map((key) => [key, committed.get(key)?.offset ?? -1, pending.has(key)])
}

class Run {
  readonly random: () => number
  fixture: GroupsFixture = groupsShard()
  written: Written[] = []
  count = 0

  constructor(seed: number) {
    this.random = randomOf(seed)
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.random() * choices.length)]!
  }

  step(): void {
    this.pick([
      () => this.commit(), () => this.commit(), () => this.commit(),
      () => this.commitInTransaction(), () => this.commitInTransaction(),
      () => this.commitInTransaction(), () => this.mark(), () => this.mark(),
      () => this.commitAndFail(), () => this.deleteOffset(), () => this.deleteGroup(),
      () => this.forgetTopic(), () => this.letTimeGo(), () => this.crash(),
    ])()
    this.fixture.clock.endTurn()
  }

  request(key: Key) {
    const { groupId, topic, partition } = partsOf(key)
    return {
      groupId, memberId: '', groupInstanceId: null, generationIdOrMemberEpoch: -1,
      retentionTimeMs: -1,
      topics: [{
        name: topic, topicId: TOPIC_ID, partitions: [{
          partitionIndex: partition, committedOffset: ++this.count, committedLeaderEpoch: -1,
          committedMetadata: null,
        }],
      }],
    }
  }

  commit(): void {
    const key = this.pick(ALL_KEYS)
    const nowMs = this.fixture.clock.nowMs()
    const request = this.request(key)
    this.fixture.shard.run((state) => commitOffsets(state, request, 9)).settle(() => {
      this.written.push({ kind: 'put', key, offset: this.count, nowMs })
    }, (error) => { throw error })
    this.fixture.clock.endTurn()
  }

  commitInTransaction(): void {
    const key = this.pick(ALL_KEYS)
    const producer = this.pick(PRODUCERS)
    const nowMs = this.fixture.clock.nowMs()
    const request = { ...this.request(key), transactionalId: 'x', producerId: producer,
      producerEpoch: 0 }
    this.fixture.shard.run((state) => ({
      ...commitTransactionalOffsets(state, request, 5),
      producer: {
        producerId: producer, producerEpoch: 0, verification: undefined,
        isVerificationRequired: false,
      },
    })).settle(() => {
      this.written.push({ kind: 'put', key, offset: this.count, nowMs, producer })
    }, (error) => { throw error })
  }

  mark(): void {
    const producer = this.pick(PRODUCERS)
    const isCommitted = this.random() < 0.5
    this.run({
      records: [],
      mark: {
        producerId: producer, producerEpoch: 0, coordinatorEpoch: 0, isCommitted,
        transactionVersion: 0,
      },
    })
    this.written.push({ kind: 'mark', producer, isCommitted })
  }

  /** What could not be written has not happened, in a transaction or outside. */
  commitAndFail(): void {
    const { log, shard, clock } = this.fixture
    log.appendError = new ApiError(Errors.NOT_ENOUGH_REPLICAS)
    const request = this.request(this.pick(ALL_KEYS))
    const isInTransaction = this.random() < 0.5
    const outcome = outcomeOf(shard.run((state) => (isInTransaction
      ? {
          ...commitTransactionalOffsets(state,
            { ...request, transactionalId: 'x', producerId: 100, producerEpoch: 0 }, 5),
          producer: {
            producerId: 100, producerEpoch: 0, verification: undefined,
            isVerificationRequired: false,
          },
        }
      : { ...commitOffsets(state, request, 9) })))
    clock.endTurn()
    expect(outcome.error).toBeInstanceOf(ApiError)
  }

  deleteOffset(): void {
    const key = this.pick(ALL_KEYS)
    const { groupId, topic, partition } = partsOf(key)
    if (!this.fixture.state.groups.has(groupId)) return
    this.decide((state) => deleteOffsets(state, {
      groupId, topics: [{ name: topic, partitions: [{ partitionIndex: partition }] }],
    }))
    this.written.push({ kind: 'gone', key })
  }

  deleteGroup(): void {
    const groupId = this.pick(GROUPS)
    if (this.random() < 0.7 || !this.fixture.state.groups.has(groupId)) return
    this.decide((state) => ({ records: deleteGroup(state, groupId) }))
    this.forget((key) => partsOf(key).groupId === groupId)
  }

  forgetTopic(): void {
    const topic = this.pick(TOPICS)
    if (this.random() < 0.7) return
    this.decide((state) => ({ records: forgetTopic(state, topic, TOPIC_ID) }))
    this.forget((key) => partsOf(key).topic === topic)
  }

  forget(isGone: (key: Key) => boolean): void {
    for (const key of ALL_KEYS.filter(isGone)) this.written.push({ kind: 'gone', key })
  }

  /** Old ones expire, at one of the times for it, unless a transaction may still set them. */
  letTimeGo(): void {
    const { clock } = this.fixture
    const isLong = this.random() < 0.2
    clock.advance(isLong ? 8 * DAY_MS : Math.floor(this.random() * DAY_MS / 100))
    const { committed, pending } = fold(this.written)
    for (const [key, { nowMs }] of committed) {
      const { groupId, topic, partition } = partsOf(key)
      const isOld = !pending.has(key) && clock.nowMs() - nowMs >= RETENTION_MS
      const isGone = this.fixture.state.offsets.get(groupId, topic, partition) === undefined
      if (isGone && isOld) this.written.push({ kind: 'gone', key })
      if (isLong && isOld) expect([key, isGone]).toEqual([key, true])
    }
  }

  /** Another coordinator goes on with what the log says. */
  crash(): void {
    const { log, clock, topics, state, shard } = this.fixture
    clock.endTurn()
    const before = lasting(state)
    shard.close()
    this.fixture = groupsShard({}, { log, clock, topics })
    expect(lasting(this.fixture.state)).toEqual(before)
  }

  decide(decision: (state: GroupsState) => GroupsWrites): void {
    outcomeOf(this.fixture.shard.run((state) => ({ ...decision(state), answer: undefined })))
    this.fixture.clock.endTurn()
  }

  run(writes: GroupsWrites): void {
    this.decide(() => writes)
  }
}

describe('committed offsets', () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    'are what was written, with random commits and ends of transactions, seed %i', (seed) => {
      const run = new Run(seed)
      for (let step = 0; step < STEPS; step++) {
        run.step()
        expect([step, knownTo(run.fixture.state)]).toEqual([step, knownBy(fold(run.written))])
      }
    })

  test.each([1, 2, 3])('are at every record what the log says up to there, seed %i', (seed) => {
    const run = new Run(seed)
    const known = new Map<number, unknown>()
    for (let step = 0; step < STEPS; step++) {
      run.step()
      known.set(run.fixture.log.endOffset, knownTo(run.fixture.state))
    }
    const { entries } = run.fixture.log
    for (let count = 0; count <= entries.length; count++) {
      const log = new MemoryLog()
      log.entries.push(...entries.slice(0, count))
      const { shard, state } = groupsShard({}, { log })
      expect(shard.isActive).toBe(true)
      if (known.has(count)) expect([count, knownTo(state)]).toEqual([count, known.get(count)])
      shard.close()
    }
    expect(known.size).toBeGreaterThan(STEPS / 3)
  })
})
