// The transaction coordinator of a node, on the shards of `__transaction_state` that are led here.
//
// Errors are those that Kafka's TransactionCoordinator gives; what a version can and cannot say is
// the handlers' business.

import { ApiError, errorName, Errors, type ErrorCode } from '../../../protocol/errors.ts'
import type { ListTransactionsRequest } from '../../../protocol/messages/list-transactions.ts'
import type { Logger } from '../../../storage/ports.ts'
import { Later } from '../../server/later.ts'
import { coordinatorError } from '../errors.ts'
import { failed, promised } from '../map-later.ts'
import type { Decision } from '../shard.ts'
import type { Loads, Shards } from '../shards.ts'
import { addPartitions, type PartitionsRequest, verifyPartitions } from './add-partitions.ts'
import {
  describeTransaction, type DescribedTransaction, type ListedTransaction, listTransactions,
  transactionFilter,
} from './describe.ts'
import { type EndRequest, endTransaction } from './end.ts'
import { type Initialized, initProducerId, type InitRequest } from './init.ts'
import type { TransactionRecord } from './records.ts'
import { NoProducerIdError, type TransactionSettings, type TransactionsState } from './state.ts'
import type { ProducerIdAndEpoch } from './transaction.ts'

/** The shards of transactions on this node. */
export type TransactionShards = Pick<Shards<TransactionRecord, TransactionsState>,
  'start' | 'stop' | 'run' | 'all' | 'partitionOf' | 'loads'>

export interface TransactionCoordinatorOptions {
  readonly settings: TransactionSettings
  readonly logger: Logger
  readonly shards: TransactionShards
  /** Resolves when there are producer ids at hand again; rejects with `ApiError`. */
  fetchProducerIds(): Promise<void>
  /** Creates `__transaction_state`; gives the error of the attempt. */
  createTopic(): Promise<ErrorCode>
}

/** What is wrong with single partitions of a request that holds as a whole. */
export type ErrorOf = (topic: string, partition: number) => ErrorCode

type Decide<A> = (state: TransactionsState) => Decision<TransactionRecord, A>

export class TransactionCoordinator {
  readonly #options: TransactionCoordinatorOptions
  readonly #shards: TransactionShards
  #creation: Promise<ErrorCode> | undefined

  constructor(options: TransactionCoordinatorOptions) {
    this.#options = options
    this.#shards = options.shards
  }

  /** Begins to follow the metadata, and so to load what is led here. */
  start(): void {
    this.#shards.start(() => {})
  }

  stop(): void {
    this.#shards.stop()
  }

  get loads(): Loads {
    return this.#shards.loads
  }

  /** The partition of `__transaction_state` that keeps the id. */
  partitionOf(transactionalId: string): number {
    return this.#shards.partitionOf(transactionalId)
  }

  /** Creates `__transaction_state`; gives the error of the attempt. One attempt at a time. */
  createTopic(): Promise<ErrorCode> {
    this.#creation ??= this.#options.createTopic().finally(() => { this.#creation = undefined })
    return this.#creation
  }

  /** Fails with the `ApiError` that the producer gets. */
  initProducerId(request: InitRequest): Later<Initialized> {
    const { transactionalId, timeoutMs } = request
    if (transactionalId === '') return failed(Errors.INVALID_REQUEST)
    if (timeoutMs <= 0 || timeoutMs > this.#options.settings.maxTimeoutMs) {
      return failed(Errors.INVALID_TRANSACTION_TIMEOUT)
    }
    return this.#run(transactionalId, (state) => initProducerId(state, request))
  }

  addPartitions(request: PartitionsRequest, clientVersion: number): Later<undefined> {
    const { transactionalId } = request
    if (transactionalId === '') return failed(Errors.INVALID_REQUEST)
    return this.#run(transactionalId, (state) => addPartitions(state, request, clientVersion))
  }

  verifyPartitions(request: PartitionsRequest): Later<ErrorOf> {
    const { transactionalId } = request
    if (transactionalId === '') return failed(Errors.INVALID_REQUEST)
    return this.#run(transactionalId,
      (state) => ({ records: [], answer: verifyPartitions(state, request) }))
  }

  endTransaction(request: EndRequest): Later<ProducerIdAndEpoch> {
    const { transactionalId } = request
    if (transactionalId === '') return failed(Errors.INVALID_REQUEST)
    return this.#run(transactionalId, (state) => endTransaction(state, request))
  }

  describeTransaction(transactionalId: string): Later<DescribedTransaction> {
    if (transactionalId === '') return failed(Errors.INVALID_REQUEST)
    return this.#run(transactionalId,
      (state) => ({ records: [], answer: describeTransaction(state, transactionalId) }))
  }

  /**
   * Rejects with INVALID_REGULAR_EXPRESSION, and COORDINATOR_LOAD_IN_PROGRESS as long as one shard
   * is loading.
   */
  async listTransactions(request: ListTransactionsRequest): Promise<ListedTransaction[]> {
    const isAsked = transactionFilter(request)
    const lists = await Promise.all(this.#shards.all().map((shard) => promised(
      shard.run((state) => ({ records: [], answer: listTransactions(state, isAsked) })))))
    return lists.flat()
  }

  #run<A>(transactionalId: string, decide: Decide<A>): Later<A> {
    const later = new Later<A>()
    this.#attempt(transactionalId, decide, later)
    return later
  }

  #attempt<A>(transactionalId: string, decide: Decide<A>, later: Later<A>): void {
    const told: Decide<A> = (state) => {
      try {
        return decide(state)
      } catch (error) {
        if (error instanceof ApiError) this.#tellRefusal(state, transactionalId, error)
        throw error
      }
    }
    this.#shards.run(transactionalId, told).settle((answer) => later.complete(answer),
      (error) => {
        if (!(error instanceof NoProducerIdError)) {
          later.fail(this.#apiError(error))
          return
        }
        // Decided anew: the state may be another one when there is an id.
        this.#options.fetchProducerIds().then(
          () => this.#attempt(transactionalId, decide, later),
          (reason: unknown) => later.fail(this.#apiError(reason)))
      })
  }

  /** What is known of the id; the request is told of where it is answered. */
  #tellRefusal(state: TransactionsState, transactionalId: string, error: ApiError): void {
    const { logger } = this.#options
    if (logger.isDebug !== true) return
    const known = state.transactions.get(transactionalId)
    logger.debug('The coordinator refuses a transactional request', {
      transactionalId, error: errorName(error.code), why: error.message,
      state: known?.state ?? 'unknown', producerId: known?.producerId,
      producerEpoch: known?.producerEpoch, lastProducerEpoch: known?.lastProducerEpoch,
    })
  }

  #apiError(error: unknown): ApiError {
    if (!(error instanceof ApiError)) {
      this.#options.logger.error('a transaction request failed', { error })
    }
    return new ApiError(coordinatorError(error))
  }
}
