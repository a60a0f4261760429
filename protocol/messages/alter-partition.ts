// AlterPartition (API key 56, versions 2 to 3). A leader asks the controller to change its in-sync
// replicas (KIP-497).
//
// Version 2: recovery after an unclean election (KIP-704), and topic ids in the place of names
// (KIP-841), the oldest version that is left; 3: replicas with their broker epochs (KIP-903).

import {
  api, array, int16, int32, int64, int8, type RequestOf, type ResponseOf, uuid,
} from '../schema.ts'

export const alterPartition = api({
  name: 'AlterPartition', key: 56, versions: [2, 3], flexibleSince: 0,
  listeners: ['controller'],
  request: {
    brokerId: int32.entity('brokerId'),
    brokerEpoch: int64.default(-1),
    topics: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        leaderEpoch: int32,
        newIsr: array(int32).until(2).entity('brokerId'),
        newIsrWithEpochs: array({
          brokerId: int32.entity('brokerId'),
          brokerEpoch: int64.default(-1),
        }).since(3),
        leaderRecoveryState: int8.default(0),
        partitionEpoch: int32,
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    topics: array({
      topicId: uuid,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        leaderId: int32.entity('brokerId'),
        leaderEpoch: int32,
        isr: array(int32).entity('brokerId'),
        leaderRecoveryState: int8.default(0),
        partitionEpoch: int32,
      }),
    }),
  },
})

export interface AlterPartitionRequest extends RequestOf<typeof alterPartition> {}
export type AlterPartitionResponse = ResponseOf<typeof alterPartition>
