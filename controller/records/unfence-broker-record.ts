// A broker is unfenced. Replaced by BrokerRegistrationChangeRecord; still read.

import { int32, int64, message } from '../../protocol/schema.ts'

export const unfenceBrokerRecord = message({
  name: 'UnfenceBrokerRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    id: int32.entity('brokerId'),
    epoch: int64,
  },
})
