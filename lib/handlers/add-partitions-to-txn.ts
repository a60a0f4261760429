// AddPartitionsToTxn (key 24): partitions become part of a transaction before they are written to
// (KIP-98).
//
// A partition that does not exist, or an internal one, fails the transaction's others too, with
// OPERATION_NOT_ATTEMPTED. Other errors are the same for all partitions of a transaction.
//
// Versions: 2 says PRODUCER_FENCED (KIP-588), before INVALID_PRODUCER_EPOCH; 3 is the last for
// clients; 4 is for brokers: several transactions in a request, which may only be verified; 5 may
// say TRANSACTION_ABORTABLE (both KIP-890).

import type { Image } from '../../controller/image/image.ts'
import { isInternalTopic } from '../../controller/topic-names.ts'
import { ApiError, Errors, type ErrorCode } from '../../protocol/errors.ts'
import {
  addPartitionsToTxn, type AddPartitionsToTxnRequest, type AddPartitionsToTxnResponse,
} from '../../protocol/messages/add-partitions-to-txn.ts'
import { promised } from '../coordinators/map-later.ts'
import type { ErrorOf } from '../coordinators/transactions/coordinator.ts'
import { partitionSet } from '../coordinators/transactions/partition-set.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type AskedTransaction = AddPartitionsToTxnRequest['transactions'][number]
type TransactionResult = NonNullable<AddPartitionsToTxnResponse['resultsByTransaction']>[number]
type TopicResult = TransactionResult['topicResults'][number]

const PRODUCER_FENCED_SINCE = 2
const BROKERS_SINCE = 4

export const addPartitionsToTxnHandler = handler(addPartitionsToTxn, handleAddPartitionsToTxn, {
  errorAnswer: (request, apiVersion, errorCode) => apiVersion >= BROKERS_SINCE
    ? { errorCode, resultsByTransaction: [], resultsByTopicV3AndBelow: [] }
    : inVersion([{
      transactionalId: request.v3AndBelowTransactionalId,
      topicResults: resultsOf(request.v3AndBelowTopics, () => errorCode),
    }], apiVersion),
})

async function handleAddPartitionsToTxn(
  request: AddPartitionsToTxnRequest, { apiVersion }: RequestContext, services: Services,
): Promise<AddPartitionsToTxnResponse> {
  const results = await Promise.all(askedTransactions(request, apiVersion)
    .map(async (asked) => ({
      transactionalId: asked.transactionalId,
      topicResults: resultsOf(asked.topics, await errorsOf(asked, apiVersion, services)),
    })))
  return inVersion(results, apiVersion)
}

function askedTransactions(
  request: AddPartitionsToTxnRequest, apiVersion: number,
): readonly AskedTransaction[] {
  if (apiVersion >= BROKERS_SINCE) return request.transactions
  return [{
    transactionalId: request.v3AndBelowTransactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
    verifyOnly: false,
    topics: request.v3AndBelowTopics,
  }]
}

async function errorsOf(
  asked: AskedTransaction, apiVersion: number, { controller, transactions }: Services,
): Promise<ErrorOf> {
  const missing = errorsOfMissing(asked, controller.image, apiVersion)
  if (missing !== undefined) return missing
  const { transactionalId, producerId, producerEpoch, topics, verifyOnly } = asked
  const request = {
    transactionalId, producerId, producerEpoch,
    partitions: partitionSet(topics.map(({ name, partitions }) => ({ topic: name, partitions }))),
  }
  const { coordinator } = transactions
  try {
    if (verifyOnly) return await promised(coordinator.verifyPartitions(request))
    await promised(coordinator.addPartitions(request, apiVersion >= BROKERS_SINCE ? 2 : 0))
    return () => Errors.NONE
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const isUnknown = error.code === Errors.PRODUCER_FENCED && apiVersion < PRODUCER_FENCED_SINCE
    const code = isUnknown ? Errors.INVALID_PRODUCER_EPOCH : error.code
    return () => code
  }
}

/** Undefined when all of them exist. Clients have no business with internal topics. */
function errorsOfMissing(
  { topics }: AskedTransaction, { topics: known }: Image, apiVersion: number,
): ErrorOf | undefined {
  const errorOf = (topic: string, partition: number): ErrorCode => {
    if (apiVersion < BROKERS_SINCE && isInternalTopic(topic)) {
      return Errors.TOPIC_AUTHORIZATION_FAILED
    }
    const isThere = known.byName(topic)?.partitions.has(partition) === true
    return isThere ? Errors.NONE : Errors.UNKNOWN_TOPIC_OR_PARTITION
  }
  const areThere = topics.every(({ name, partitions }) =>
    partitions.every((partition) => errorOf(name, partition) === Errors.NONE))
  if (areThere) return undefined
  return (topic, partition) => {
    const code = errorOf(topic, partition)
    return code === Errors.NONE ? Errors.OPERATION_NOT_ATTEMPTED : code
  }
}

function resultsOf(
  topics: AskedTransaction['topics'], errorOf: (topic: string, partition: number) => ErrorCode,
): TopicResult[] {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => (
      { partitionIndex, partitionErrorCode: errorOf(name, partitionIndex) }
    )),
  }))
}

function inVersion(
  results: readonly TransactionResult[], apiVersion: number,
): AddPartitionsToTxnResponse {
  return apiVersion >= BROKERS_SINCE
    ? { errorCode: Errors.NONE, resultsByTransaction: results, resultsByTopicV3AndBelow: [] }
    : {
        errorCode: Errors.NONE, resultsByTransaction: [],
        resultsByTopicV3AndBelow: results[0]!.topicResults,
      }
}
