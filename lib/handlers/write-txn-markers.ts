// WriteTxnMarkers (key 27): appends the marks that end transactions in the partitions led here
// (KIP-98). Sent by transaction coordinators, and by tools to abort a transaction that hangs.
//
// Versions: 1 is the oldest that is left; 2 tells the version of transactions that the producer
// speaks (KIP-1228): with 2 its epoch must have risen.

import { ApiError, Errors } from '../../protocol/errors.ts'
import {
  writeTxnMarkers, type WriteTxnMarkersRequest, type WriteTxnMarkersResponse,
} from '../../protocol/messages/write-txn-markers.ts'
import { promised } from '../coordinators/map-later.ts'
import type { MarkResult } from '../coordinators/transactions/marks.ts'
import { partitionSet } from '../coordinators/transactions/partition-set.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type AskedMarker = WriteTxnMarkersRequest['markers'][number]
type AnsweredMarker = WriteTxnMarkersResponse['markers'][number]

export const writeTxnMarkersHandler = handler(writeTxnMarkers, handleWriteTxnMarkers, {
  errorAnswer: ({ markers }, _apiVersion, errorCode) => ({
    markers: merged(markers.map((marker) => [
      marker.producerId,
      marker.topics.flatMap(({ name, partitionIndexes }) =>
        partitionIndexes.map((partition) => ({ topic: name, partition, errorCode }))),
    ])),
  }),
})

async function handleWriteTxnMarkers(
  { markers }: WriteTxnMarkersRequest, _context: RequestContext, { transactions }: Services,
): Promise<WriteTxnMarkersResponse> {
  if (markers.some(isUnwritable)) throw new ApiError(Errors.UNKNOWN_SERVER_ERROR)
  const results = await Promise.all(markers.map(async (marker) => {
    const written = await promised(transactions.markWriter.write(marksOf(marker)))
    return [marker.producerId, written] as const
  }))
  return { markers: merged(results) }
}

/** Kafka too fails as a whole where a mark has no producer. */
function isUnwritable({ producerId, producerEpoch }: AskedMarker): boolean {
  return producerId < 0 || producerEpoch < 0
}

function marksOf(marker: AskedMarker) {
  const { producerId, producerEpoch, coordinatorEpoch, transactionVersion } = marker
  return {
    producerId, producerEpoch, coordinatorEpoch, transactionVersion,
    isCommitted: marker.transactionResult,
    partitions: partitionSet(marker.topics.map(({ name, partitionIndexes }) =>
      ({ topic: name, partitions: partitionIndexes }))),
  }
}

/** Marks of one producer are answered together; one that had no partitions is not named. */
function merged(
  results: readonly (readonly [producerId: number, results: readonly MarkResult[]])[],
): AnsweredMarker[] {
  const byProducer = new Map<number, Map<string, Map<number, number>>>()
  for (const [producerId, written] of results) {
    if (written.length === 0) continue
    const topics = byProducer.get(producerId) ?? new Map<string, Map<number, number>>()
    byProducer.set(producerId, topics)
    for (const { topic, partition, errorCode } of written) {
      const partitions = topics.get(topic) ?? new Map<number, number>()
      topics.set(topic, partitions)
      partitions.set(partition, errorCode)
    }
  }
  return [...byProducer].map(([producerId, topics]) => ({
    producerId,
    topics: [...topics].map(([name, partitions]) => ({
      name,
      partitions: [...partitions].map(([partitionIndex, errorCode]) =>
        ({ partitionIndex, errorCode })),
    })),
  }))
}
