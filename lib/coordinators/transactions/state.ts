// The state of a transactions shard: what is known of every transactional id, folded from the
// records of its partition.

import type { Logger } from '../../../storage/ports.ts'
import type { Shard, ShardState, Writes } from '../shard.ts'
import type { TransactionRecord } from './records.ts'
import type { Transaction } from './transaction.ts'

export interface TransactionSettings {
  /** `transaction.max.timeout.ms` */
  readonly maxTimeoutMs: number
  /** `transaction.abort.timed.out.transaction.cleanup.interval.ms` */
  readonly abortCheckIntervalMs: number
  /** `transactional.id.expiration.ms` */
  readonly expirationMs: number
  /** `transaction.remove.expired.transaction.cleanup.interval.ms` */
  readonly expirationCheckIntervalMs: number
}

/** What a shard of transactions needs from its node. */
export interface TransactionsWorld {
  readonly settings: TransactionSettings
  readonly logger: Logger
  nowMs(): number
  /** The level of the feature `transaction.version`. */
  transactionVersion(): number
  /** A fresh producer id; undefined when there is none at hand. */
  takeProducerId(): number | undefined
}

/** What there is to do around the life of a shard. */
export interface TransactionsHooks {
  loaded(state: TransactionsState): void
  /** A decision is durable: the partitions have to hear of it. */
  tellPartitions(state: TransactionsState, transaction: Transaction): void
}

export type TransactionsWrites = Writes<TransactionRecord>
export type TransactionsShard = Shard<TransactionRecord, TransactionsState>

/** The decision has to be made again when there is an id. */
export class NoProducerIdError extends Error {}

export class TransactionsState implements ShardState<TransactionRecord> {
  readonly world: TransactionsWorld
  readonly shard: TransactionsShard
  readonly transactions = new Map<string, Transaction>()
  readonly #hooks: TransactionsHooks

  constructor(world: TransactionsWorld, shard: TransactionsShard, hooks: TransactionsHooks) {
    this.world = world
    this.shard = shard
    this.#hooks = hooks
  }

  /** Throws NoProducerIdError. */
  takeProducerId(): number {
    const producerId = this.world.takeProducerId()
    if (producerId === undefined) throw new NoProducerIdError()
    return producerId
  }

  apply({ transactionalId, value }: TransactionRecord): () => void {
    const previous = this.transactions.get(transactionalId)
    this.#set(transactionalId, value ?? undefined)
    return () => this.#set(transactionalId, previous)
  }

  #set(transactionalId: string, transaction: Transaction | undefined): void {
    if (transaction === undefined) this.transactions.delete(transactionalId)
    else this.transactions.set(transactionalId, transaction)
  }

  /** Sends the marks of a transaction whose end is decided, unless that is history already. */
  tellPartitions(transactionalId: string): void {
    const transaction = this.transactions.get(transactionalId)
    if (transaction !== undefined) this.#hooks.tellPartitions(this, transaction)
  }

  loaded(): void {
    this.#hooks.loaded(this)
  }

  unloaded(): void {}
}
