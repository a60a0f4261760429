// A change to a broker's registration: fencing and, from version 1 on, controlled shutdown
// (KIP-841), 2: log directories (KIP-858), 3: those that take no new replicas (KIP-1066).

import { array, int32, int64, int8, message, uuid } from '../../protocol/schema.ts'

export const brokerRegistrationChangeRecord = message({
  name: 'BrokerRegistrationChangeRecord', versions: [0, 3], flexibleSince: 0,
  fields: {
    brokerId: int32.entity('brokerId'),
    brokerEpoch: int64,
    fenced: int8.tag(0),
    inControlledShutdown: int8.since(1).tag(1),
    logDirs: array(uuid).since(2).tag(2),
    cordonedLogDirs: array(uuid).since(3).nullable().default(null).tag(3),
  },
})
