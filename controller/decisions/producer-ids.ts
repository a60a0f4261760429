// Blocks of producer ids: a broker gets a thousand at a time, no id is ever given twice.

import { ApiError, Errors } from '../../protocol/errors.ts'
import { record } from '../metadata-records.ts'
import type { Decision } from './decision.ts'

const BLOCK_SIZE = 1000

export interface ProducerIdBlock {
  readonly first: number
  readonly count: number
}

/** Throws STALE_BROKER_EPOCH. */
export function allocateProducerIds(
  brokerId: number, brokerEpoch: number,
): Decision<ProducerIdBlock> {
  return ({ image }) => {
    if (image.brokers.get(brokerId)?.epoch !== brokerEpoch) {
      throw new ApiError(Errors.STALE_BROKER_EPOCH)
    }
    const first = image.nextProducerId
    const nextProducerId = first + BLOCK_SIZE
    if (!Number.isSafeInteger(nextProducerId)) throw new Error('all producer ids are used up')
    return {
      records: [record('producerIds', 0, { brokerId, brokerEpoch, nextProducerId })],
      answer: { first, count: BLOCK_SIZE },
    }
  }
}
