// The records of `__transaction_state`: all that is known of a transactional id, in Kafka's form.

import { decodeMessage, DecodeError, encodeNumbered } from '../../../protocol/compile.ts'
import { transactionLogKey, transactionLogValue, type TransactionLogValue }
  from '../../../protocol/messages/records/transaction-log.ts'
import type { KeyValue, RecordCodec } from '../shard.ts'
import { NO_PARTITIONS, partitionSet, topicsOf } from './partition-set.ts'
import { NO_EPOCH, STATES, type Transaction } from './transaction.ts'

export interface TransactionRecord {
  readonly transactionalId: string
  /** Null: forgotten. */
  readonly value: Transaction | null
}

const KEY_NUMBER = 0
const NUMBER_SIZE_BYTES = 2
/** From this level of the feature `transaction.version` on values are written in version 1. */
const FLEXIBLE_SINCE = 1

/** `transactionVersion`: the level of the feature, asked with every record. */
export function transactionsCodec(
  transactionVersion: () => number,
): RecordCodec<TransactionRecord> {
  return { encode: (record) => encode(record, transactionVersion()), decode }
}

function encode({ transactionalId, value }: TransactionRecord, level: number): KeyValue {
  return {
    key: encodeNumbered(KEY_NUMBER, transactionLogKey, 0, { transactionalId }),
    value: value === null ? null : encodeValue(value, level >= FLEXIBLE_SINCE ? 1 : 0),
  }
}

function encodeValue(transaction: Transaction, version: number): Buffer {
  const { state, partitions } = transaction
  const topics = topicsOf(partitions)
    .map(({ topic, partitions: partitionIds }) => ({ topic, partitionIds }))
  return encodeNumbered(version, transactionLogValue, version, {
    producerId: transaction.producerId,
    previousProducerId: transaction.previousProducerId,
    nextProducerId: transaction.nextProducerId,
    producerEpoch: transaction.producerEpoch,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStatus: STATES.indexOf(state),
    transactionPartitions: state === 'Empty' ? null : topics,
    transactionLastUpdateTimestampMs: transaction.lastUpdateMs,
    transactionStartTimestampMs: transaction.startMs,
    clientTransactionVersion: transaction.clientVersion,
  })
}

function decode(key: Buffer, value: Buffer | null): TransactionRecord | undefined {
  if (numberOf(key) !== KEY_NUMBER) return undefined
  const { transactionalId } = decodeMessage(transactionLogKey, 0, key, NUMBER_SIZE_BYTES)
  if (value === null) return { transactionalId, value: null }
  const version = numberOf(value)
  const [first, last] = transactionLogValue.versions
  if (version < first || version > last) return undefined
  const fields = decodeMessage(transactionLogValue, version, value, NUMBER_SIZE_BYTES)
  return { transactionalId, value: transactionOf(transactionalId, fields) }
}

function transactionOf(transactionalId: string, value: TransactionLogValue): Transaction {
  const state = STATES[value.transactionStatus]
  if (state === undefined) {
    throw new DecodeError(
      `${transactionalId}: unknown transaction state ${value.transactionStatus}`)
  }
  const topics = (value.transactionPartitions ?? [])
    .map(({ topic, partitionIds }) => ({ topic, partitions: partitionIds }))
  return {
    transactionalId,
    producerId: value.producerId,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    producerEpoch: value.producerEpoch,
    lastProducerEpoch: NO_EPOCH,
    timeoutMs: value.transactionTimeoutMs,
    state,
    partitions: state === 'Empty' ? NO_PARTITIONS : partitionSet(topics),
    startMs: value.transactionStartTimestampMs,
    lastUpdateMs: value.transactionLastUpdateTimestampMs,
    clientVersion: value.clientTransactionVersion,
  }
}

function numberOf(bytes: Buffer): number {
  if (bytes.length < NUMBER_SIZE_BYTES) throw new DecodeError('a record without its number')
  return bytes.readInt16BE(0)
}
