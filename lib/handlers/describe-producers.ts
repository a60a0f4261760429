// DescribeProducers (key 61): the producers that partitions of this node know (KIP-664). So is a
// transaction found that hangs, and its producer.

import { checkTopicName } from '../../controller/topic-names.ts'
import { ApiError, errorMessage, Errors } from '../../protocol/errors.ts'
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
  { topics }: DescribeProducersRequest, _context: RequestContext, services: Services,
): DescribeProducersResponse {
  const { partitions } = services
  const describe = (topic: string, index: number): DescribedPartition => {
    const partition = partitions.get(topic, index)
    if (partition === undefined) return absent(topic, index, services)
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

/** Of a topic that exists, the code says all. */
function absent(
  topic: string, index: number, { controller, partitions }: Services,
): DescribedPartition {
  const errorCode = partitions.errorOfAbsent(topic, index)
  if (controller.image.topics.byName(topic) !== undefined) return failed(index, errorCode)
  try {
    checkTopicName(topic)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return failed(index, error.code, error.message)
  }
  return failed(index, errorCode, errorMessage(errorCode))
}

function failed(
  partitionIndex: number, errorCode: number, message: string | null = null,
): DescribedPartition {
  return { partitionIndex, errorCode, errorMessage: message, activeProducers: [] }
}
