// AssignReplicasToDirs (API key 73, version 0). A broker tells the controller in which log
// directory each of its replicas lives (KIP-858).

import {
  api, array, int16, int32, int64, type RequestOf, type ResponseOf, uuid,
} from '../schema.ts'

export const assignReplicasToDirs = api({
  name: 'AssignReplicasToDirs', key: 73, versions: [0, 0], flexibleSince: 0,
  listeners: ['controller'],
  request: {
    brokerId: int32.entity('brokerId'),
    brokerEpoch: int64.default(-1),
    directories: array({
      id: uuid,
      topics: array({ topicId: uuid, partitions: array({ partitionIndex: int32 }) }),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    directories: array({
      id: uuid,
      topics: array({
        topicId: uuid,
        partitions: array({ partitionIndex: int32, errorCode: int16 }),
      }),
    }),
  },
})

export interface AssignReplicasToDirsRequest extends RequestOf<typeof assignReplicasToDirs> {}
export type AssignReplicasToDirsResponse = ResponseOf<typeof assignReplicasToDirs>
