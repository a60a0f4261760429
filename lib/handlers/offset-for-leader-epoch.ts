// OffsetForLeaderEpoch (key 23): where a leader epoch ends in a log, so that clients and followers
// notice that records they know were truncated (KIP-101, KIP-320).
//
// Versions: 3 tells who asks, a replica or a client; 4 is flexible.

import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  offsetForLeaderEpoch, type OffsetForLeaderEpochRequest, type OffsetForLeaderEpochResponse,
} from '../../protocol/messages/offset-for-leader-epoch.ts'
import type { Partitions } from '../replication/partitions.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type AskedPartition = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number]
type AnsweredPartition = OffsetForLeaderEpochResponse['topics'][number]['partitions'][number]

export const offsetForLeaderEpochHandler = handler(offsetForLeaderEpoch, handleEpochs, {
  errorAnswer: ({ topics }, _apiVersion, errorCode) => ({
    topics: topics.map(({ topic, partitions }) => ({
      topic, partitions: partitions.map((partition) => failed(partition, errorCode)),
    })),
  }),
})

function handleEpochs(
  { topics }: OffsetForLeaderEpochRequest, _context: RequestContext, { partitions }: Services,
): OffsetForLeaderEpochResponse {
  return {
    topics: topics.map(({ topic, partitions: asked }) => ({
      topic, partitions: asked.map((partition) => endOf(partitions, topic, partition)),
    })),
  }
}

function endOf(partitions: Partitions, topic: string, asked: AskedPartition): AnsweredPartition {
  const partition = partitions.get(topic, asked.partition)
  if (partition === undefined) {
    return failed(asked, partitions.errorOfAbsent(topic, asked.partition))
  }
  try {
    partition.checkLeader(asked.currentLeaderEpoch)
    const { leaderEpoch, endOffset } = partition.log.offsetForLeaderEpoch(asked.leaderEpoch)
    return { partition: asked.partition, errorCode: Errors.NONE, leaderEpoch, endOffset }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return failed(asked, error.code)
  }
}

function failed({ partition }: AskedPartition, errorCode: number): AnsweredPartition {
  return { partition, errorCode, leaderEpoch: -1, endOffset: -1 }
}
