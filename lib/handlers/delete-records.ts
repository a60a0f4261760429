// DeleteRecords (key 21): the records of a partition before an offset are given up; −1 stands for
// the high watermark (KIP-107). Answers the offset that the log then begins with.

import { isInternalTopic } from '../../controller/topic-names.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  deleteRecords, type DeleteRecordsRequest, type DeleteRecordsResponse,
} from '../../protocol/messages/delete-records.ts'
import type { Partitions } from '../replication/partitions.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type AskedPartition = DeleteRecordsRequest['topics'][number]['partitions'][number]
type AnsweredPartition = DeleteRecordsResponse['topics'][number]['partitions'][number]

const NO_LOW_WATERMARK = -1

export const deleteRecordsHandler = handler(deleteRecords, handleDeleteRecords, {
  errorAnswer: ({ topics }, _apiVersion, errorCode) => ({
    topics: topics.map(({ name, partitions }) => ({
      name, partitions: partitions.map((partition) => failed(partition, errorCode)),
    })),
  }),
})

function handleDeleteRecords(
  { topics }: DeleteRecordsRequest, _context: RequestContext, { partitions }: Services,
): DeleteRecordsResponse {
  return {
    topics: topics.map(({ name, partitions: asked }) => ({
      name, partitions: onePerIndex(asked).map((partition) => (
        deleteFrom(partitions, name, partition)
      )),
    })),
  }
}

/** Of a partition that is named more than once the last counts. */
function onePerIndex(asked: readonly AskedPartition[]): AskedPartition[] {
  return [...new Map(asked.map((one) => [one.partitionIndex, one])).values()]
}

function deleteFrom(
  partitions: Partitions, topic: string, asked: AskedPartition,
): AnsweredPartition {
  const { partitionIndex, offset } = asked
  const partition = partitions.get(topic, partitionIndex)
  if (partition === undefined) {
    return failed(asked, partitions.errorOfAbsent(topic, partitionIndex))
  }
  if (isInternalTopic(topic)) return failed(asked, Errors.INVALID_TOPIC_EXCEPTION)
  try {
    const lowWatermark = partition.deleteRecords(offset)
    return { partitionIndex, lowWatermark, errorCode: Errors.NONE }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return failed(asked, error.code)
  }
}

function failed({ partitionIndex }: AskedPartition, errorCode: number): AnsweredPartition {
  return { partitionIndex, lowWatermark: NO_LOW_WATERMARK, errorCode }
}
