// AlterPartitionReassignments (key 45): partitions move to other replicas, or a move is taken back
// (KIP-455). A partition that fails has its error beside the others.
//
// Version 1 lets one forbid that the number of replicas changes (KIP-860).

import { reassignPartitions } from '../../controller/decisions/reassignments.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  alterPartitionReassignments, type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsResponse,
} from '../../protocol/messages/alter-partition-reassignments.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type Topics = AlterPartitionReassignmentsRequest['topics']

export const alterPartitionReassignmentsHandler = handler(
  alterPartitionReassignments, handleAlterPartitionReassignments, {
    errorAnswer: ({ topics }, _version, code, message) => ({
      allowReplicationFactorChange: true, errorCode: code, errorMessage: message || null,
      responses: responsesOf(topics, () => new ApiError(code, message)),
    }),
  })

async function handleAlterPartitionReassignments(
  { topics, allowReplicationFactorChange, timeoutMs }: AlterPartitionReassignmentsRequest,
  _context: RequestContext, { controller }: Services,
): Promise<AlterPartitionReassignmentsResponse> {
  // Kafka answers nothing with what it has not filled in.
  if (topics.length === 0) {
    return {
      allowReplicationFactorChange: true, errorCode: Errors.NONE, errorMessage: '', responses: [],
    }
  }
  if (timeoutMs <= 0) throw new ApiError(Errors.REQUEST_TIMED_OUT, '')
  const reassignments = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, replicas }) =>
      ({ topic: name, partition: partitionIndex, replicas })))
  const results = await controller.submit(
    reassignPartitions(reassignments, allowReplicationFactorChange))
  let next = 0
  return {
    allowReplicationFactorChange, errorCode: Errors.NONE, errorMessage: null,
    responses: responsesOf(topics, () => results[next++] ?? null),
  }
}

function responsesOf(
  topics: Topics, resultOf: () => ApiError | null,
): AlterPartitionReassignmentsResponse['responses'] {
  return topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => {
      const error = resultOf()
      return {
        partitionIndex, errorCode: error?.code ?? Errors.NONE, errorMessage: messageOf(error),
      }
    }),
  }))
}

/** What the error says by itself Kafka does not repeat. */
function messageOf(error: ApiError | null): string | null {
  const isPlain = error?.code === Errors.NO_REASSIGNMENT_IN_PROGRESS
  return isPlain ? null : error?.message || null
}
