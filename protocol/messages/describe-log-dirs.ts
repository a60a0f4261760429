// DescribeLogDirs (API key 35, versions 1 to 5). What is in a broker's log directories, and how
// large (KIP-113).
//
// Version 1: a throttled answer comes at once (KIP-219), the oldest version that is left; 2:
// flexible; 3: an error for the answer as a whole (KIP-784); 4: total and usable bytes (KIP-827);
// 5: whether a directory takes no new replicas (KIP-1066).

import {
  api, array, bool, int16, int32, int64, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const describeLogDirs = api({
  name: 'DescribeLogDirs', key: 35, versions: [1, 5], flexibleSince: 2,
  request: {
    topics: array({
      topic: string.key().entity('topicName'),
      partitions: array(int32),
    }).nullable(),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16.since(3),
    results: array({
      errorCode: int16,
      logDir: string,
      topics: array({
        name: string.entity('topicName'),
        partitions: array({
          partitionIndex: int32,
          partitionSize: int64,
          offsetLag: int64,
          isFutureKey: bool,
        }),
      }),
      totalBytes: int64.since(4).default(-1),
      usableBytes: int64.since(4).default(-1),
      isCordoned: bool.since(5).default(false),
    }),
  },
})

export interface DescribeLogDirsRequest extends RequestOf<typeof describeLogDirs> {}
export type DescribeLogDirsResponse = ResponseOf<typeof describeLogDirs>
