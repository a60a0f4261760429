// A transactions shard under virtual time, and partitions that take marks when the test says so.

import { Later } from '../../../../lib/server/later.ts'
import { Shard, type ShardLog } from '../../../../lib/coordinators/shard.ts'
import { transactionsHooks } from '../../../../lib/coordinators/transactions/lifetime.ts'
import type { MarkPorts, MarkResult, Marks }
  from '../../../../lib/coordinators/transactions/marks.ts'
import { partitionSet, partitionsOf }
  from '../../../../lib/coordinators/transactions/partition-set.ts'
import { transactionsCodec, type TransactionRecord }
  from '../../../../lib/coordinators/transactions/records.ts'
import {
  type TransactionSettings, type TransactionsShard, TransactionsState,
} from '../../../../lib/coordinators/transactions/state.ts'
import type { Transaction } from '../../../../lib/coordinators/transactions/transaction.ts'
import { Errors, type ErrorCode } from '../../../../protocol/errors.ts'
import { MemoryLog, silent, VirtualClock } from '../harness.ts'

export const SETTINGS: TransactionSettings = {
  maxTimeoutMs: 900_000,
  abortCheckIntervalMs: 10_000,
  expirationMs: 7 * 24 * 3_600_000,
  expirationCheckIntervalMs: 3_600_000,
}

export const A = partitionSet([{ topic: 'a', partitions: [0] }])
export const AB = partitionSet([
  { topic: 'a', partitions: [0, 1] }, { topic: 'b', partitions: [3] },
])

/** The leaders of all partitions, as one node. */
export class Leaders implements MarkPorts {
  readonly sent: Marks[] = []
  readonly gone = new Set<string>()
  /** Partitions without a leader. */
  readonly leaderless = new Set<string>()
  /** Marks wait for `answer`. */
  isHolding = false
  /** What the next marks are answered with. */
  codes: ErrorCode[] = []
  #held: (() => void)[] = []

  leaderOf(topic: string, partition: number): number | undefined {
    if (this.gone.has(topic)) return undefined
    return this.leaderless.has(`${topic}-${partition}`) ? -1 : 1
  }

  send(_nodeId: number, marks: Marks): Later<readonly MarkResult[]> {
    this.sent.push(marks)
    const later = new Later<readonly MarkResult[]>()
    const errorCode = this.codes.shift() ?? Errors.NONE
    const answer = () => later.complete([...partitionsOf(marks.partitions)].map(
      ([topic, partition]) => ({ topic, partition, errorCode })))
    if (this.isHolding) this.#held.push(answer)
    else answer()
    return later
  }

  answer(): void {
    for (const answer of this.#held.splice(0)) answer()
  }
}

export interface TransactionsFixture<L extends ShardLog = MemoryLog> {
  readonly clock: VirtualClock
  readonly log: L
  readonly leaders: Leaders
  readonly shard: TransactionsShard
  readonly state: TransactionsState
  /** Producer ids that there are; a test may empty it. */
  readonly ids: number[]
}

export interface On<L extends ShardLog = MemoryLog> {
  readonly log?: L
  readonly clock?: VirtualClock
  readonly leaders?: Leaders
  readonly ids?: number[]
  readonly transactionVersion?: number
}

/** A loaded shard on a log: a new one, or what another one has left. */
export function transactionsShard<L extends ShardLog = MemoryLog>(
  on: On<L> = {},
): TransactionsFixture<L> {
  const {
    log = new MemoryLog() as ShardLog as L, clock = new VirtualClock(), leaders = new Leaders(),
    ids = Array.from({ length: 100 }, (_, index) => 1000 + index), transactionVersion = 2,
  } = on
  let state!: TransactionsState
  const shard: TransactionsShard = new Shard<TransactionRecord, TransactionsState>({
    name: '__transaction_state-0', log, clock, logger: silent,
    codec: transactionsCodec(() => transactionVersion),
    onStorage: (fn) => clock.afterTurn(fn),
    createState: (self) => state = new TransactionsState({
      settings: SETTINGS, logger: silent,
      nowMs: () => clock.nowMs(),
      transactionVersion: () => transactionVersion,
      takeProducerId: () => ids.shift(),
    }, self, transactionsHooks(5, leaders)),
  })
  shard.load()
  return { clock, log, leaders, shard, state, ids }
}

/** What of a state must be the same after a restart. */
export function lasting({ transactions }: TransactionsState): unknown {
  return [...transactions.values()].map(written)
    .sort((a, b) => a.transactionalId < b.transactionalId ? -1 : 1)
}

/** As its record has it: in Kafka too the epoch before the last is not written. */
export function written({ lastProducerEpoch: _, partitions, ...transaction }: Transaction) {
  return {
    ...transaction,
    partitions: [...partitionsOf(partitions)].map((one) => one.join('-')).sort(),
  }
}
