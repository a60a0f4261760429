// Rules of the broker, each broken on purpose. Every one has to be caught.

import { replace, type Sabotage } from '../../compat/harness/sabotage.ts'
import { ConsumerGroup } from '../../lib/coordinators/groups/consumer/consumer-group.ts'
import { ClassicGroup, type GroupState } from '../../lib/coordinators/groups/classic-group.ts'
import { GroupCoordinator } from '../../lib/coordinators/groups/coordinator.ts'
import { Offsets } from '../../lib/coordinators/groups/offsets.ts'
import { type GroupsShard, GroupsState } from '../../lib/coordinators/groups/state.ts'
import { GROUP_METADATA_TOPIC } from '../../lib/coordinators/internal-topic.ts'
import { Shard } from '../../lib/coordinators/shard.ts'
import { OPEN, TransactionGate } from '../../lib/coordinators/transactions/gate.ts'
import { MarkWriter } from '../../lib/coordinators/transactions/mark-writer.ts'
import { setOfPartitions, partitionsOf } from '../../lib/coordinators/transactions/partition-set.ts'
import { TransactionsState } from '../../lib/coordinators/transactions/state.ts'
import { Log } from '../../storage/log.ts'
import { ProducerState } from '../../storage/producers.ts'
import type { Weights } from './nemesis.ts'
import {
  addAllBut, answerOldEpoch, forgetRises, keepEpochAtEnd, refuseRepeatedEnds,
} from './version-sabotage.ts'

export interface HistorySabotage extends Sabotage {
  /** What lets it come to light; all kinds of faults when left out. */
  readonly faults?: Weights
}

const KILLS: Weights = [[3, 'kill the broker'], [1, 'kill a worker']]
const BROKER_STOPS: Weights = [[1, 'stop the broker']]
const WORKER_STOPS: Weights = [[2, 'stop a worker'], [1, 'kill a worker']]
const COPIER_STOPS: Weights = [[1, 'stop a copier']]
const TAKE_OVERS: Weights = [[1, 'replace a worker']]
const LOST_RECORDS = 20

/** What a buffer in the process would lose: the ends of logs that were not closed. */
function loseEndsOf(topic: string): void {
  const open = Log.open.bind(Log)
  Log.open = (options) => {
    const log = open(options)
    const isLossy = log.topic === topic && options.isClean !== true
    if (isLossy) log.truncateTo(Math.max(log.startOffset, log.endOffset - LOST_RECORDS))
    return log
  }
}

/** Batches that were sent twice are appended twice. */
function takeDuplicates(): void {
  const { check } = ProducerState.prototype
  replace(ProducerState.prototype, 'findDuplicate', { value: () => undefined })
  replace(ProducerState.prototype, 'check', {
    value(this: ProducerState, ...[batch, offset, options]: Parameters<typeof check>): void {
      check.call(this, batch, offset, { ...options, origin: 'coordinator' })
    },
  })
}

/** The logs take what a producer of an older epoch writes. */
function takeZombies(): void {
  replace(ProducerState.prototype, 'check', { value: () => {} })
  replace(TransactionGate.prototype, 'enter', {
    value: ({ partitions }: Parameters<TransactionGate['enter']>[0]) => partitions.map(() => OPEN),
  })
}

function leaveOutAbortMarks(): void {
  const { write } = MarkWriter.prototype
  replace(MarkWriter.prototype, 'write', {
    value(this: MarkWriter, marks: Parameters<typeof write>[0]): ReturnType<typeof write> {
      const written = [...partitionsOf(marks.partitions)].filter(([topic, partition]) => (
        marks.isCommitted || topic !== 'transactional' || partition !== 0))
      return write.call(this, { ...marks, partitions: setOfPartitions(written) })
    },
  })
}

/** Whoever commits is let in as if the group were empty. */
function takeAnyCommit(): void {
  const { commitOffsets } = GroupCoordinator.prototype
  const { is } = ClassicGroup.prototype
  const isEmpty = Object.getOwnPropertyDescriptor(ConsumerGroup.prototype, 'isEmpty')!
  const now = { isCommitting: false }
  replace(GroupCoordinator.prototype, 'commitOffsets', {
    value(this: GroupCoordinator, ...[request, version]: Parameters<typeof commitOffsets>) {
      now.isCommitting = true
      try {
        const anybody = { ...request, memberId: '', generationIdOrMemberEpoch: -1 }
        return commitOffsets.call(this, anybody, version)
      } finally {
        now.isCommitting = false
      }
    },
  })
  replace(ClassicGroup.prototype, 'is', {
    value(this: ClassicGroup, ...states: readonly GroupState[]): boolean {
      return now.isCommitting ? states.includes('Empty') : is.apply(this, [...states])
    },
  })
  replace(ConsumerGroup.prototype, 'isEmpty', {
    get(this: ConsumerGroup) { return now.isCommitting || isEmpty.get!.call(this) },
  })
}

/** In a transaction nobody asks which member commits. */
function takeAnyTransactionalCommit(): void {
  const { commitTransactionalOffsets: commit } = GroupCoordinator.prototype
  replace(GroupCoordinator.prototype, 'commitTransactionalOffsets', {
    value(this: GroupCoordinator, ...[request, version, producer]: Parameters<typeof commit>) {
      const anybody = {
        ...request, memberId: '', groupInstanceId: null, generationIdOrMemberEpoch: -1,
      }
      return commit.call(this, anybody, version, producer)
    },
  })
}

/** Commits are answered, and what they say is kept in memory alone. */
function forgetCommits(): void {
  const { apply } = GroupsState.prototype
  const { loaded } = GroupsState.prototype
  const old = new WeakSet<GroupsState>()
  replace(GroupsState.prototype, 'loaded', {
    value(this: GroupsState): void {
      old.add(this)
      loaded.call(this)
    },
  })
  replace(GroupsState.prototype, 'apply', {
    value(this: GroupsState, ...[record, offset, producerId]: Parameters<typeof apply>) {
      const isReplayed = !old.has(this)
      if (isReplayed && record.kind === 'offset') return () => {}
      return apply.call(this, record, offset, producerId)
    },
  })
}

function neverFence(): void {
  const { runLater } = Shard.prototype as unknown as GroupsShard
  replace(Shard.prototype, 'runLater', {
    value(this: GroupsShard, ...[name, ...rest]: Parameters<typeof runLater>): void {
      if (!name.includes('session')) runLater.call(this, name, ...rest)
    },
  })
}

function forgetOnLoad(state: typeof GroupsState | typeof TransactionsState): void {
  const { loaded } = state.prototype
  replace(state.prototype, 'loaded', {
    value(this: GroupsState & TransactionsState): void {
      if (state === GroupsState) this.groups.clear()
      else this.transactions.clear()
      loaded.call(this)
    },
  })
}

function tellTooFar(): void {
  const { fetchOffsets } = GroupCoordinator.prototype
  replace(GroupCoordinator.prototype, 'fetchOffsets', {
    value(this: GroupCoordinator, ...args: Parameters<typeof fetchOffsets>) {
      const get = Offsets.prototype.get
      Offsets.prototype.get = function (this: Offsets, ...place) {
        const known = get.apply(this, place)
        return known === undefined ? undefined : { ...known, offset: known.offset + 2 }
      }
      try {
        return fetchOffsets.apply(this, args)
      } finally {
        Offsets.prototype.get = get
      }
    },
  })
}

export const SABOTAGES: readonly HistorySabotage[] = [
  {
    name: 'the last stable offset is the high watermark',
    patch: () => replace(Log.prototype, 'lastStableOffset', {
      get(this: Log) { return this.highWatermark },
    }),
  },
  {
    name: 'nobody is told of aborted transactions',
    patch: () => replace(Log.prototype, 'abortedTransactions', { value: () => [] }),
  },
  { name: 'one partition gets no marks of aborted transactions', patch: leaveOutAbortMarks },
  { name: 'what was sent twice is written twice', faults: BROKER_STOPS, patch: takeDuplicates },
  { name: 'the epoch of a producer is not looked at', faults: TAKE_OVERS, patch: takeZombies },
  {
    name: 'offsets of an aborted transaction count',
    patch() {
      const { ended } = GroupsState.prototype
      replace(GroupsState.prototype, 'ended', {
        value(this: GroupsState, producerId: number): void { ended.call(this, producerId, true) },
      })
    },
  },
  {
    name: 'the generation of a commit is not looked at', faults: WORKER_STOPS,
    patch: takeAnyCommit,
  },
  {
    name: 'nor that of a commit in a transaction', faults: COPIER_STOPS,
    patch: takeAnyTransactionalCommit,
  },
  { name: 'a member is never out of its group', faults: WORKER_STOPS, patch: neverFence },
  {
    name: 'a partition has a new owner before the old one gave it up', faults: WORKER_STOPS,
    patch: () => replace(ConsumerGroup.prototype, 'isOwned', { value: () => false }),
  },
  {
    name: 'a kill loses records that were acknowledged', faults: KILLS,
    patch: () => loseEndsOf('plain'),
  },
  {
    name: 'a kill loses what coordinators of groups wrote', faults: KILLS,
    patch: () => loseEndsOf('__consumer_offsets'),
  },
  { name: 'committed offsets are not replayed', faults: KILLS, patch: forgetCommits },
  {
    name: 'transactions are not replayed', faults: KILLS,
    patch: () => forgetOnLoad(TransactionsState),
  },
  { name: 'groups are not replayed', faults: KILLS, patch: () => forgetOnLoad(GroupsState) },
  { name: 'a group is told offsets that are too far', patch: tellTooFar },
  { name: 'version 2: an end does not raise the epoch', patch: keepEpochAtEnd },
  {
    name: 'version 2: a partition that is written to is not added',
    patch: () => addAllBut((topic, partition) => topic === 'transactional' && partition === 0),
  },
  {
    name: 'version 2: a group whose offsets are committed is not added',
    patch: () => addAllBut((topic) => topic === GROUP_METADATA_TOPIC),
  },
  {
    name: 'version 2: an end that is sent again is refused', faults: KILLS,
    patch: refuseRepeatedEnds,
  },
  {
    name: 'version 2: an end that is sent again is answered with the epoch before',
    faults: KILLS, patch: answerOldEpoch,
  },
  {
    name: 'version 2: a kill loses that an epoch has risen', faults: KILLS, patch: forgetRises,
  },
]
