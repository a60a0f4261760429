// BrokerHeartbeat (API key 63, versions 0 to 2). A broker is alive, and how far it has applied the
// metadata; it asks to be unfenced, or to shut down in order (KIP-631).
//
// Version 1: log directories that failed (KIP-858); 2: log directories that take no new replicas
// (KIP-1066).

import {
  api, array, bool, int16, int32, int64, type RequestOf, type ResponseOf, uuid,
} from '../schema.ts'

export const brokerHeartbeat = api({
  name: 'BrokerHeartbeat', key: 63, versions: [0, 2], flexibleSince: 0,
  listeners: ['controller'],
  request: {
    brokerId: int32.entity('brokerId'),
    brokerEpoch: int64.default(-1),
    currentMetadataOffset: int64,
    wantFence: bool,
    wantShutDown: bool,
    offlineLogDirs: array(uuid).since(1).tag(0),
    cordonedLogDirs: array(uuid).since(2).nullable().default(null).tag(1),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    isCaughtUp: bool.default(false),
    isFenced: bool.default(true),
    shouldShutDown: bool,
  },
})

export interface BrokerHeartbeatRequest extends RequestOf<typeof brokerHeartbeat> {}
export type BrokerHeartbeatResponse = ResponseOf<typeof brokerHeartbeat>
