// ListPartitionReassignments (key 46): the partitions that are on their way to other replicas, of
// all topics or of those named (KIP-455). What is unknown, or at rest, is left out.

import { isMoving } from '../../controller/decisions/reassignments.ts'
import { partitionsInOrder, type Topic } from '../../controller/image/topics.ts'
import { Errors } from '../../protocol/errors.ts'
import {
  listPartitionReassignments, type ListPartitionReassignmentsRequest,
  type ListPartitionReassignmentsResponse,
} from '../../protocol/messages/list-partition-reassignments.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type Ongoing = ListPartitionReassignmentsResponse['topics'][number]

export const listPartitionReassignmentsHandler = handler(
  listPartitionReassignments, handleListPartitionReassignments, {
    errorAnswer: ({ topics }, _version, errorCode, message) => ({
      errorCode, errorMessage: message || null,
      topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) =>
          ({ partitionIndex, replicas: [], addingReplicas: [], removingReplicas: [] })),
      })),
    }),
  })

function handleListPartitionReassignments(
  { topics }: ListPartitionReassignmentsRequest, _context: RequestContext,
  { controller: { image } }: Services,
): ListPartitionReassignmentsResponse {
  const asked = topics === null
    ? [...image.topics.all()].map((topic) => ongoing(topic, undefined))
    : topics.flatMap(({ name, partitionIndexes }) => {
        const topic = image.topics.byName(name)
        return topic === undefined ? [] : [ongoing(topic, partitionIndexes)]
      })
  return {
    errorCode: Errors.NONE, errorMessage: null,
    topics: asked.filter(({ partitions }) => partitions.length > 0),
  }
}

function ongoing(topic: Topic, indexes: readonly number[] | undefined): Ongoing {
  const wanted = indexes ?? [...partitionsInOrder(topic)].map(([index]) => index)
  return {
    name: topic.name,
    partitions: wanted.flatMap((partitionIndex) => {
      const partition = topic.partitions.get(partitionIndex)
      if (partition === undefined || !isMoving(partition)) return []
      const { replicas, addingReplicas, removingReplicas } = partition
      return [{ partitionIndex, replicas, addingReplicas, removingReplicas }]
    }),
  }
}
