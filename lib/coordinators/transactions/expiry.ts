// What happens to transactions in time: those that last too long are aborted, ids that nobody uses
// any more are forgotten.

import { ApiError, Errors } from '../../../protocol/errors.ts'
import { endForeign } from './end.ts'
import { NoProducerIdError, type TransactionsState, type TransactionsWrites } from './state.ts'
import type { Transaction, TransactionState } from './transaction.ts'

const ABORT_TIMER = 'abort-timed-out'
const EXPIRY_TIMER = 'expire-ids'
/** The time-out of transactions whose end another coordinator decides (KIP-939): none. */
const NO_TIMEOUT_MS = 0x7fffffff
const IDLE: ReadonlySet<TransactionState> = new Set(['Empty', 'CompleteCommit', 'CompleteAbort'])

export function scheduleAborts({ shard, world }: TransactionsState): void {
  shard.runLater(ABORT_TIMER, world.settings.abortCheckIntervalMs, (state) => {
    for (const transaction of timedOut(state)) abort(state, transaction)
    scheduleAborts(state)
    return { records: [] }
  })
}

function timedOut({ transactions, world }: TransactionsState): Transaction[] {
  const nowMs = world.nowMs()
  return [...transactions.values()].filter(({ state, timeoutMs, startMs }) =>
    state === 'Ongoing' && timeoutMs !== NO_TIMEOUT_MS && startMs + timeoutMs < nowMs)
}

/** Each is written by itself: one that cannot be aborted is no reason to leave the others open. */
function abort({ shard, world }: TransactionsState, transaction: Transaction): void {
  const { transactionalId } = transaction
  const aborted = shard.run((state): TransactionsWrites & { answer: undefined } => {
    const isOpen = state.transactions.get(transactionalId) === transaction
    if (!isOpen) return { records: [], answer: undefined }
    return { ...endForeign(state, transaction), answer: undefined }
  })
  aborted.settle(() => {
    world.logger.info('aborted a transaction whose time was up', { transactionalId })
  }, (error) => {
    // There will be a producer id, or room on the disk, and another round.
    if (error instanceof NoProducerIdError) return
    if (error instanceof ApiError && error.code === Errors.NOT_COORDINATOR) return
    world.logger.warn('a transaction could not be aborted', { transactionalId, error })
  })
}

export function scheduleExpiry({ shard, world }: TransactionsState): void {
  shard.runLater(EXPIRY_TIMER, world.settings.expirationCheckIntervalMs, (state) => {
    for (const transactionalId of expired(state)) forget(state, transactionalId)
    scheduleExpiry(state)
    return { records: [] }
  })
}

function expired({ transactions, world }: TransactionsState): string[] {
  const latestMs = world.nowMs() - world.settings.expirationMs
  return [...transactions.values()]
    .filter(({ state, lastUpdateMs }) => IDLE.has(state) && lastUpdateMs <= latestMs)
    .map(({ transactionalId }) => transactionalId)
}

function forget({ shard }: TransactionsState, transactionalId: string): void {
  shard.runUnasked(`forgetting transactional id ${transactionalId}`,
    () => ({ records: [{ transactionalId, value: null }] }))
}
