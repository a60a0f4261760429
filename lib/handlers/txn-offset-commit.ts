// TxnOffsetCommit (key 28): offsets of a group that count when the producer's transaction commits
// (KIP-98).
//
// They lie in the group's partition of `__consumer_offsets` as records of the transaction, which
// has to know that partition: clients have added it by AddOffsetsToTxn, from version 5 on the
// broker does. Partitions that do not exist are answered before the group is asked.
//
// Versions: 3 names the member and its generation, to keep out zombies (KIP-447); 4 may say
// TRANSACTION_ABORTABLE; 5 adds the group to the transaction on the way (both KIP-890); 6 names
// topics by id (KIP-1319).

import { ApiError, Errors } from '../../protocol/errors.ts'
import { txnOffsetCommit, type TxnOffsetCommitRequest, type TxnOffsetCommitResponse }
  from '../../protocol/messages/txn-offset-commit.ts'
import { coordinatorError } from '../coordinators/errors.ts'
import { GROUP_METADATA_TOPIC } from '../coordinators/internal-topic.ts'
import type { Entry, Participation } from '../coordinators/transactions/gate.ts'
import { handler, Later, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'
import { lookUp, mergedTopics, refusedTopic } from './committed-topics.ts'

type AnsweredTopic = TxnOffsetCommitResponse['topics'][number]

const LOADING_SINCE = 2
const ABORTABLE_SINCE = 4
const ADDED_SINCE = 5
const TOPIC_IDS_SINCE = 6
/** Offsets have no sequence. */
const NO_SEQUENCE = -1

export const txnOffsetCommitHandler = handler(txnOffsetCommit, handleTxnOffsetCommit, {
  errorAnswer: ({ topics }, apiVersion, errorCode) => {
    const code = forVersion(errorCode, apiVersion)
    return { topics: topics.map((topic) => refusedTopic(topic, code)) }
  },
})

function handleTxnOffsetCommit(
  request: TxnOffsetCommitRequest, { apiVersion }: RequestContext, services: Services,
): TxnOffsetCommitResponse | Later<TxnOffsetCommitResponse> {
  const { known, refused } = lookUp(
    services.controller.image, request.topics, apiVersion >= TOPIC_IDS_SINCE)
  if (known.length === 0) return { topics: mergedTopics(refused, []) }
  const later = new Later<TxnOffsetCommitResponse>()
  const answer = (topics: readonly AnsweredTopic[]): void => {
    later.complete({ topics: mergedTopics(refused, topics) })
  }
  const fail = (error: unknown): void => {
    if (!(error instanceof ApiError)) {
      later.fail(error)
      return
    }
    const code = forVersion(coordinatorError(error), apiVersion)
    answer(known.map((topic) => refusedTopic(topic, code)))
  }
  if (request.groupId === '') {
    fail(new ApiError(Errors.INVALID_GROUP_ID))
    return later
  }
  enter(request, apiVersion, services, ({ errorCode, verification }) => {
    if (errorCode !== Errors.NONE) {
      fail(new ApiError(errorCode))
      return
    }
    const { producerId, producerEpoch } = request
    const { isVerificationRequired } = services.transactions.gate
    services.groups.commitTransactionalOffsets({ ...request, topics: known }, apiVersion, {
      producerId, producerEpoch, verification, isVerificationRequired,
    }).settle(({ topics }) => answer(topics), fail)
  })
  return later
}

/** Sees to it that the transaction knows the group's partition. */
function enter(
  request: TxnOffsetCommitRequest, apiVersion: number,
  { partitions, groups, transactions }: Services, entered: (entry: Entry) => void,
): void {
  const { transactionalId, producerId, producerEpoch } = request
  const index = groups.partitionOf(request.groupId)
  const partition = partitions.get(GROUP_METADATA_TOPIC, index)
  if (partition === undefined) {
    const errorCode = partitions.errorOfAbsent(GROUP_METADATA_TOPIC, index)
    entered({ errorCode, verification: undefined })
    return
  }
  const entries = transactions.gate.enter({
    transactionalId, producerId, producerEpoch, participation: participationOf(apiVersion),
    partitions: [{ partition, sequence: NO_SEQUENCE }], patienceMs: 0,
  })
  if (entries instanceof Later) entries.settle(([entry]) => entered(entry!), () => {})
  else entered(entries[0]!)
}

function participationOf(apiVersion: number): Participation {
  if (apiVersion >= ADDED_SINCE) return 'added'
  return apiVersion >= ABORTABLE_SINCE ? 'verified' : 'verified-bluntly'
}

/** The first clients with transactions break when they are told of loading (KAFKA-7296). */
function forVersion(errorCode: number, apiVersion: number): number {
  const isLoading = errorCode === Errors.COORDINATOR_LOAD_IN_PROGRESS
  return isLoading && apiVersion < LOADING_SINCE ? Errors.COORDINATOR_NOT_AVAILABLE : errorCode
}
