// A block of producer ids was given to a broker (KIP-730).

import { int32, int64, message } from '../../protocol/schema.ts'

export const producerIdsRecord = message({
  name: 'ProducerIdsRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    brokerId: int32.entity('brokerId'),
    brokerEpoch: int64.default(-1),
    nextProducerId: int64,
  },
})
