// AlterReplicaLogDirs (API key 34, versions 1 to 2). Moves a broker's replicas to other log
// directories of it (KIP-113).
//
// Version 1: a throttled answer comes at once (KIP-219), the oldest version that is left; 2:
// flexible.

import { api, array, int16, int32, type RequestOf, type ResponseOf, string } from '../schema.ts'

export const alterReplicaLogDirs = api({
  name: 'AlterReplicaLogDirs', key: 34, versions: [1, 2], flexibleSince: 2,
  request: {
    dirs: array({
      path: string.key(),
      topics: array({ name: string.key().entity('topicName'), partitions: array(int32) }),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    results: array({
      topicName: string.entity('topicName'),
      partitions: array({ partitionIndex: int32, errorCode: int16 }),
    }),
  },
})

export interface AlterReplicaLogDirsRequest extends RequestOf<typeof alterReplicaLogDirs> {}
export type AlterReplicaLogDirsResponse = ResponseOf<typeof alterReplicaLogDirs>
