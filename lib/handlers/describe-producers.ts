// DescribeProducers (key 61): the producers that partitions of this node know (KIP-664). So is a
// transaction found that hangs, and its producer.

import { Errors } from '../../protocol/errors.ts'
import {
  describeProducers, type DescribeProducersRequest, type DescribeProducersResponse,
} from '../../protocol/messages/describe-producers.ts'
import type { ProducerEntry } from '../../storage/producers.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type DescribedPartition = DescribeProducersResponse['topics'][number]['partitions'][number]
type ActiveProducer = DescribedPartition['activeProducers'][number]

export const describeProducersHandler = handler(describeProducers, handleDescribeProducers, {
  errorAnswer: ({ topics }, _apiVersion, errorCode) => ({
    topics: topics.map(({ name, partitionIndexes }) => ({
      name, partitions: partitionIndexes.map((index) => failed(index, errorCode)),
    })),
  }),
})

function handleDescribeProducers(
  { topics }: DescribeProducersRequest, _context: RequestContext, { partitions }: Services,
): DescribeProducersResponse {
  const describe = (topic: string, index: number): DescribedPartition => {
    const partition = partitions.get(topic, index)
    if (partition === undefined) return failed(index, partitions.errorOfAbsent(topic, index))
    return {
      partitionIndex: index,
      errorCode: Errors.NONE,
      activeProducers: [...partition.log.producers.all()].map(activeProducer),
    }
  }
  return {
    topics: topics.map(({ name, partitionIndexes }) => ({
      name, partitions: partitionIndexes.map((index) => describe(name, index)),
    })),
  }
}

function activeProducer(entry: ProducerEntry): ActiveProducer {
  return {
    producerId: entry.producerId,
    producerEpoch: entry.epoch,
    lastSequence: entry.lastSequence,
    lastTimestamp: entry.lastTimestamp,
    coordinatorEpoch: entry.coordinatorEpoch,
    currentTxnStartOffset: entry.currentTransactionFirstOffset,
  }
}

function failed(partitionIndex: number, errorCode: number): DescribedPartition {
  return { partitionIndex, errorCode, activeProducers: [] }
}
