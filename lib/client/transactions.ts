// Transactions: which there are, what they have written to, and how they are ended from outside.

import { Errors } from '../../protocol/errors.ts'
import { describeProducers } from '../../protocol/messages/describe-producers.ts'
import { describeTransactions } from '../../protocol/messages/describe-transactions.ts'
import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import { listTransactions } from '../../protocol/messages/list-transactions.ts'
import { writeTxnMarkers } from '../../protocol/messages/write-txn-markers.ts'
import { type Client, partitionKey, type TopicPartition } from './client.ts'
import { RefusedError, throwIfRefused } from './errors.ts'
import { byPlace } from './group-offsets.ts'

export interface ListedTransaction {
  readonly transactionalId: string
  readonly state: string
  readonly producerId: number
  readonly coordinatorId: number
}

export interface TransactionFilter {
  readonly states?: readonly string[]
  readonly producerIds?: readonly number[]
  /** Those that are open for longer (KIP-994). */
  readonly olderThanMs?: number
}

/** Of all brokers, by id. Throws RefusedError, for a state that the broker does not know too. */
export async function list(
  client: Client, { states = [], producerIds = [], olderThanMs = -1 }: TransactionFilter = {},
): Promise<ListedTransaction[]> {
  const { brokers } = await client.cluster({ topics: [], isFresh: true })
  const lists = await Promise.all([...brokers.keys()].map((coordinatorId) => (
    client.retry(async () => {
      const connection = await client.broker(coordinatorId)
      const answer = await connection.request(listTransactions, {
        stateFilters: states, producerIdFilters: producerIds, durationFilter: olderThanMs,
      })
      throwIfRefused(answer.errorCode, `broker ${coordinatorId}`)
      const [unknown] = answer.unknownStateFilters
      if (unknown !== undefined) {
        throw new RefusedError(Errors.INVALID_REQUEST, `state ${unknown}`, 'there is no such state')
      }
      return answer.transactionStates.map(({ transactionalId, transactionState, producerId }) => (
        { transactionalId, state: transactionState, producerId, coordinatorId }
      ))
    })
  )))
  return lists.flat().sort((a, b) => a.transactionalId < b.transactionalId ? -1 : 1)
}

export interface DescribedTransaction {
  readonly transactionalId: string
  readonly state: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly timeoutMs: number
  /** Undefined where none is open. */
  readonly startedMs: number | undefined
  /** host:port */
  readonly coordinator: string
  readonly partitions: readonly TopicPartition[]
}

/** Throws RefusedError. */
export async function describe(
  client: Client, transactionalId: string,
): Promise<DescribedTransaction> {
  return client.retry(async () => {
    const connection = await client.coordinator('transaction', transactionalId)
    const { transactionStates } = await connection.request(describeTransactions, {
      transactionalIds: [transactionalId],
    })
    const found = transactionStates[0]!
    throwIfRefused(found.errorCode, `transaction ${transactionalId}`)
    const { transactionStartTimeMs: startedMs } = found
    return {
      transactionalId, state: found.transactionState, producerId: found.producerId,
      producerEpoch: found.producerEpoch, timeoutMs: found.transactionTimeoutMs,
      startedMs: startedMs < 0 ? undefined : startedMs,
      coordinator: connection.address,
      partitions: found.topics.flatMap(({ topic, partitions }) => (
        partitions.map((partition) => ({ topic, partition }))
      )).sort(byPlace),
    }
  })
}

/**
 * Ends the open transaction of an id, and fences its producer: as a new producer of the same id
 * does. Throws RefusedError.
 */
export async function abort(client: Client, described: DescribedTransaction): Promise<void> {
  const { transactionalId, timeoutMs } = described
  await client.askCoordinator('transaction', transactionalId, initProducerId, {
    transactionalId, transactionTimeoutMs: timeoutMs,
  }, ({ errorCode }) => throwIfRefused(errorCode, `transaction ${transactionalId}`))
}

export interface OpenProducer {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  /** First offset of its open transaction. */
  readonly startOffset: number
  readonly lastTimestamp: number
}

/** Producers with an open transaction in a partition, as its leader sees it. */
export async function openIn(client: Client, place: TopicPartition): Promise<OpenProducer[]> {
  const answers = await client.askLeaders([place], async (connection) => {
    const { topics } = await connection.request(describeProducers, {
      topics: [{ name: place.topic, partitionIndexes: [place.partition] }],
    })
    const { errorCode, errorMessage, activeProducers } = topics[0]!.partitions[0]!
    const key = partitionKey(place)
    return new Map([[key, errorCode === 0 ? activeProducers
      : new RefusedError(errorCode, `partition ${key}`, errorMessage)]])
  })
  const found = answers.get(partitionKey(place))
  if (found instanceof RefusedError) throw found
  return found!.filter(({ currentTxnStartOffset }) => currentTxnStartOffset >= 0)
    .map(({ producerId, producerEpoch, coordinatorEpoch, ...rest }) => ({
      producerId, producerEpoch, coordinatorEpoch, startOffset: rest.currentTxnStartOffset,
      lastTimestamp: rest.lastTimestamp,
    }))
}

/** Writes the mark of an abort into one partition: for a transaction that no coordinator knows. */
export async function abortIn(
  client: Client, { topic, partition }: TopicPartition, producer: OpenProducer,
): Promise<void> {
  const { producerId, producerEpoch, coordinatorEpoch } = producer
  await client.retry(async () => {
    const connection = await client.broker(await client.leaderOf({ topic, partition }))
    const { markers } = await connection.request(writeTxnMarkers, {
      markers: [{
        producerId, producerEpoch, transactionResult: false,
        // As Kafka's own tool: a coordinator that never was has epoch −1.
        coordinatorEpoch: Math.max(0, coordinatorEpoch),
        topics: [{ name: topic, partitionIndexes: [partition] }],
      }],
    })
    const { errorCode } = markers[0]!.topics[0]!.partitions[0]!
    throwIfRefused(errorCode, `partition ${partitionKey({ topic, partition })}`)
  })
}
