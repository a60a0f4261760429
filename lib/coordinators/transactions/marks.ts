// Marks bring the outcome of a transaction to its partitions: each leader appends one, and when all
// have, the transaction is complete. Whoever cannot yet is asked again.

import { Errors, errorName } from '../../../protocol/errors.ts'
import type { Later } from '../../server/later.ts'
import type { EndMark } from '../shard.ts'
import { completeTransaction } from './end.ts'
import { type PartitionSet, partitionsOf, setOfPartitions } from './partition-set.ts'
import type { TransactionsState } from './state.ts'
import type { Transaction } from './transaction.ts'

/** One outcome, for partitions that one node leads: an entry of a WriteTxnMarkers request. */
export interface Marks extends EndMark {
  readonly partitions: PartitionSet
}

export interface MarkResult {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
}

/** Where marks go. */
export interface MarkPorts {
  /** The node that leads the partition; −1: none now, undefined: the partition is gone. */
  leaderOf(topic: string, partition: number): number | undefined
  /** Has the leader write them. Never fails: every partition has a result. */
  send(nodeId: number, marks: Marks): Later<readonly MarkResult[]>
}

const NOBODY = -1
const FIRST_RETRY_MS = 20
const MAX_RETRY_MS = 5000

/** Somebody else has written, or decides now: nothing that we could add. */
const FENCED: ReadonlySet<number> = new Set([
  Errors.INVALID_PRODUCER_EPOCH, Errors.TRANSACTION_COORDINATOR_FENCED,
])
/** Passing, and nothing to be told of. */
const PASSING: ReadonlySet<number> = new Set([
  Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.NOT_LEADER_OR_FOLLOWER, Errors.NOT_ENOUGH_REPLICAS,
  Errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND, Errors.REQUEST_TIMED_OUT, Errors.KAFKA_STORAGE_ERROR,
])

/** Brings one decision to the partitions, over as many rounds as it takes. */
export class MarkDelivery {
  readonly #state: TransactionsState
  readonly #transaction: Transaction
  readonly #coordinatorEpoch: number
  readonly #ports: MarkPorts
  #retryMs = FIRST_RETRY_MS

  constructor(
    state: TransactionsState, transaction: Transaction, coordinatorEpoch: number,
    ports: MarkPorts,
  ) {
    this.#state = state
    this.#transaction = transaction
    this.#coordinatorEpoch = coordinatorEpoch
    this.#ports = ports
  }

  start(): void {
    this.#deliver(this.#transaction.partitions)
  }

  #deliver(partitions: PartitionSet): void {
    const byLeader = this.#byLeader(partitions)
    let pendingCount = 1
    const left: MarkResult[] = []
    const done = (): void => {
      if (--pendingCount === 0) this.#continue(left)
    }
    for (const [leader, led] of byLeader) {
      if (leader === NOBODY) {
        for (const [topic, partition] of led) {
          left.push({ topic, partition, errorCode: Errors.NOT_LEADER_OR_FOLLOWER })
        }
        continue
      }
      pendingCount++
      this.#ports.send(leader, this.#marks(setOfPartitions(led))).settle((results) => {
        left.push(...results.filter(({ errorCode }) => errorCode !== Errors.NONE))
        done()
      }, (error) => {
        this.#state.world.logger.error('marks could not be sent', { error })
        const errorCode = Errors.UNKNOWN_SERVER_ERROR
        for (const [topic, partition] of led) left.push({ topic, partition, errorCode })
        done()
      })
    }
    done()
  }

  /** Partitions that are gone take no mark. */
  #byLeader(partitions: PartitionSet): Map<number, [topic: string, partition: number][]> {
    const byLeader = new Map<number, [topic: string, partition: number][]>()
    for (const [topic, partition] of partitionsOf(partitions)) {
      const leader = this.#ports.leaderOf(topic, partition)
      if (leader === undefined) continue
      const led = byLeader.get(leader)
      if (led === undefined) byLeader.set(leader, [[topic, partition]])
      else led.push([topic, partition])
    }
    return byLeader
  }

  #marks(partitions: PartitionSet): Marks {
    const { producerId, producerEpoch, state, clientVersion } = this.#transaction
    return {
      producerId, producerEpoch, coordinatorEpoch: this.#coordinatorEpoch, partitions,
      isCommitted: state === 'PrepareCommit', transactionVersion: clientVersion,
    }
  }

  #continue(left: readonly MarkResult[]): void {
    if (!this.#state.shard.isActive) return
    const { transactionalId } = this.#transaction
    const { logger } = this.#state.world
    const fenced = left.find(({ errorCode }) => FENCED.has(errorCode))
    if (fenced !== undefined) {
      const { topic, partition, errorCode } = fenced
      logger.error('a transaction cannot be completed: its mark was refused', {
        transactionalId, topic, partition, error: errorName(errorCode),
      })
      return
    }
    for (const { topic, partition, errorCode } of left) {
      if (PASSING.has(errorCode)) continue
      logger.warn('a mark could not be written', {
        transactionalId, topic, partition, error: errorName(errorCode),
      })
    }
    if (left.length === 0) this.#complete()
    else this.#later(() => this.#deliver(setOfPartitions(left.map(
      ({ topic, partition }) => [topic, partition]))))
  }

  #complete(): void {
    const { shard } = this.#state
    const { transactionalId } = this.#transaction
    shard.run((state) => ({
      ...completeTransaction(state, transactionalId, this.#transaction), answer: undefined,
    })).settle(() => {}, () => {
      if (shard.isActive) this.#later(() => this.#complete())
    })
  }

  #later(work: () => void): void {
    const { timers } = this.#state.shard
    timers.set(`marks of ${this.#transaction.transactionalId}`, this.#retryMs, work)
    this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS)
  }
}
