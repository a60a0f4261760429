// BrokerRegistration (API key 62, versions 0 to 4). A broker that starts tells the controller who
// it is and what it can, and gets its epoch (KIP-631).
//
// Version 1: migration from ZooKeeper (KIP-866), which is history; 2: its log directories
// (KIP-858); 3: its epoch before a clean shutdown (KIP-966); 4: features whose range begins with 0
// (KAFKA-17011).

import {
  api, array, bool, int16, int32, int64, type RequestOf, type ResponseOf, string, uint16, uuid,
} from '../schema.ts'

export const brokerRegistration = api({
  name: 'BrokerRegistration', key: 62, versions: [0, 4], flexibleSince: 0,
  listeners: ['controller'],
  request: {
    brokerId: int32.entity('brokerId'),
    clusterId: string,
    incarnationId: uuid,
    listeners: array({
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
    isMigratingZkBroker: bool.since(1).default(false),
    logDirs: array(uuid).since(2),
    previousBrokerEpoch: int64.since(3).default(-1),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    brokerEpoch: int64.default(-1),
  },
})

export interface BrokerRegistrationRequest extends RequestOf<typeof brokerRegistration> {}
export type BrokerRegistrationResponse = ResponseOf<typeof brokerRegistration>
