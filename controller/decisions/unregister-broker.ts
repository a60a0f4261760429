// UnregisterBroker: a broker leaves the cluster for good. It leads no more and is in sync no more;
// what it is a replica of names it as before (KIP-631).

import { ApiError, Errors } from '../../protocol/errors.ts'
import { record } from '../metadata-records.ts'
import type { Decision } from './decision.ts'
import { leaderChanges } from './leaders.ts'

/** Throws BROKER_ID_NOT_REGISTERED. */
export function unregisterBroker(brokerId: number): Decision<void> {
  return (context) => {
    const { brokers, topics } = context.image
    const broker = brokers.get(brokerId)
    if (broker === undefined) {
      throw new ApiError(Errors.BROKER_ID_NOT_REGISTERED,
        `Broker ID ${brokerId} is not currently registered`)
    }
    return {
      records: [
        ...leaderChanges(context, topics.withIsrOrElrMember(brokerId), { leaving: brokerId }),
        record('unregisterBroker', 0, { brokerId, brokerEpoch: broker.epoch }),
      ],
      answer: undefined,
    }
  }
}
