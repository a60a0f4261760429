// A broker registers, with a new incarnation or an amended registration (KIP-631). Version 1: it is
// in controlled shutdown (KIP-841); 2: it migrates from ZooKeeper (KIP-866); 3: its log directories
// (KIP-858); 4: those that take no new replicas (KIP-1066).

import {
  array, bool, int16, int32, int64, message, string, uint16, uuid,
} from '../../protocol/schema.ts'

export const registerBrokerRecord = message({
  name: 'RegisterBrokerRecord', versions: [0, 4], flexibleSince: 0,
  fields: {
    brokerId: int32.entity('brokerId'),
    isMigratingZkBroker: bool.since(2),
    incarnationId: uuid,
    brokerEpoch: int64,
    endPoints: array({
      name: string.key(),
      host: string,
      port: uint16,
      securityProtocol: int16,
    }),
    features: array({
      name: string.key(),
      minSupportedVersion: int16,
      maxSupportedVersion: int16,
    }),
    rack: string.nullable(),
    fenced: bool.default(true),
    inControlledShutdown: bool.since(1),
    logDirs: array(uuid).since(3).tag(0),
    cordonedLogDirs: array(uuid).since(4).nullable().default(null).tag(1),
  },
})
