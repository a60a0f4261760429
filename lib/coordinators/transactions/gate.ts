// Nothing of a transaction is written to a partition before the coordinator knows of it: else the
// partition would wait for a mark for ever. Older clients have added the partition, and that is
// verified; newer ones leave it to the broker (KIP-890).

import { ApiError, Errors, type ErrorCode } from '../../../protocol/errors.ts'
import type { Verification } from '../../../storage/verifications.ts'
import type { Partition } from '../../replication/partition.ts'
import { Later } from '../../server/later.ts'
import type { AlarmClock } from '../timers.ts'
import type { ErrorOf, TransactionCoordinator } from './coordinator.ts'
import { setOfPartitions } from './partition-set.ts'
import { EPOCH_BUMP_SINCE, type ProducerIdAndEpoch } from './transaction.ts'

/**
 * How a client of a version takes part: `added`: the broker adds the partition; else it is
 * verified, and what is not part of the transaction is TRANSACTION_ABORTABLE or, for those who do
 * not know that, INVALID_TXN_STATE.
 */
export type Participation = 'added' | 'verified' | 'verified-bluntly'

export interface Entering extends ProducerIdAndEpoch {
  readonly transactionalId: string
  readonly participation: Participation
  readonly partitions: readonly {
    readonly partition: Partition
    /** Of the first batch; −1 without one. */
    readonly sequence: number
  }[]
  /** For so long CONCURRENT_TRANSACTIONS is tried again: the last transaction is about to end. */
  readonly patienceMs: number
}

/** What became of one of the partitions. */
export interface Entry {
  readonly errorCode: ErrorCode
  readonly verification: Verification | undefined
}

export interface GateOptions {
  readonly coordinator: Pick<TransactionCoordinator, 'addPartitions' | 'verifyPartitions'>
  readonly clock: AlarmClock & { nowMs(): number, monotonicMs(): number }
  /** `add.partitions.to.txn.retry.backoff.ms` */
  readonly retryMs: number
  /** Whether the coordinator of the id is known, wherever it is. */
  hasCoordinator(transactionalId: string): boolean
  /** `transaction.partition.verification.enable` */
  isVerificationEnabled(): boolean
}

/** Nothing to be shown: it is open already, or no transaction. */
export const OPEN: Entry = { errorCode: Errors.NONE, verification: undefined }

export class TransactionGate {
  readonly #options: GateOptions

  constructor(options: GateOptions) {
    this.#options = options
  }

  /** Whether a log refuses what was not verified. */
  get isVerificationRequired(): boolean {
    return this.#options.isVerificationEnabled()
  }

  /**
   * An entry for each of the partitions, in their order: at once, if the transaction is open in all
   * of them. Never fails.
   */
  enter(entering: Entering): readonly Entry[] | Later<readonly Entry[]> {
    const { partitions, participation } = entering
    if (participation !== 'added' && !this.isVerificationRequired) return partitions.map(() => OPEN)
    const entries = this.#begin(entering)
    if (!entries.some(isAsked)) return entries
    const later = new Later<readonly Entry[]>()
    const untilMs = this.#options.clock.monotonicMs() + entering.patienceMs
    this.#ask(entering, entries, untilMs, later)
    return later
  }

  #begin({ producerId, producerEpoch, partitions, participation }: Entering): Entry[] {
    const nowMs = this.#options.clock.nowMs()
    const hasEpochBump = participation === 'added'
    return partitions.map(({ partition, sequence }) => {
      try {
        const verification = partition.beginVerification(
          { producerId, producerEpoch, sequence, hasEpochBump }, nowMs)
        return { errorCode: Errors.NONE, verification }
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        return { errorCode: error.code, verification: undefined }
      }
    })
  }

  #ask(
    entering: Entering, entries: readonly Entry[], untilMs: number,
    later: Later<readonly Entry[]>,
  ): void {
    const { clock, retryMs } = this.#options
    const answered = (errorOf: ErrorOf): void => {
      const told = entries.map((entry, index) => {
        if (!isAsked(entry)) return entry
        const { topic, index: partition } = entering.partitions[index]!.partition
        return { ...entry, errorCode: forWriters(errorOf(topic, partition), entering) }
      })
      const isEarly = told.some(({ errorCode }) => errorCode === Errors.CONCURRENT_TRANSACTIONS)
      if (!isEarly || clock.monotonicMs() >= untilMs) {
        later.complete(told)
        return
      }
      clock.setTimer(retryMs, () => {
        this.#ask(entering, this.#begin(entering), untilMs, later)
      })
    }
    this.#answer(entering, entries).settle(answered,
      (error) => answered(() => error instanceof ApiError
        ? error.code : Errors.UNKNOWN_SERVER_ERROR))
  }

  #answer(entering: Entering, entries: readonly Entry[]): Later<ErrorOf> {
    const { coordinator, hasCoordinator } = this.#options
    const { transactionalId, producerId, producerEpoch, participation, partitions } = entering
    const later = new Later<ErrorOf>()
    if (!hasCoordinator(transactionalId)) {
      later.fail(new ApiError(Errors.COORDINATOR_NOT_AVAILABLE))
      return later
    }
    const asked = partitions.filter((_, index) => isAsked(entries[index]!))
    const request = {
      transactionalId, producerId, producerEpoch,
      partitions: setOfPartitions(asked.map(
        ({ partition: { topic, index } }) => [topic, index] as const)),
    }
    if (participation !== 'added') return coordinator.verifyPartitions(request)
    coordinator.addPartitions(request, EPOCH_BUMP_SINCE)
      .settle(() => later.complete(() => Errors.NONE), (error) => later.fail(error))
    return later
  }
}

function isAsked({ verification }: Entry): boolean {
  return verification !== undefined
}

/** Those who write know other errors than those who manage transactions. */
function forWriters(code: ErrorCode, { participation }: Entering): ErrorCode {
  if (code === Errors.PRODUCER_FENCED) return Errors.INVALID_PRODUCER_EPOCH
  const isBlunt = code === Errors.TRANSACTION_ABORTABLE && participation === 'verified-bluntly'
  return isBlunt ? Errors.INVALID_TXN_STATE : code
}
