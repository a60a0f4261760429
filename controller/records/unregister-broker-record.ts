// A broker leaves the cluster for good.

import { int32, int64, message } from '../../protocol/schema.ts'

export const unregisterBrokerRecord = message({
  name: 'UnregisterBrokerRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    brokerId: int32.entity('brokerId'),
    brokerEpoch: int64,
  },
})
