// OffsetCommit (API key 8, versions 2 to 10). A member, or a consumer without a group, stores how
// far it has read.
//
// Version 2: a retention time, the oldest version that is left; 5: the broker's setting rules it
// instead (KIP-211); 6: the leader epoch of the offset (KIP-320); 7: static members (KIP-345); 8:
// flexible; 9: members of the new protocol, whose member epoch stands in the generation's place;
// 10: topic ids in the place of names (both KIP-848).

import {
  api, array, int16, int32, int64, type RequestOf, type ResponseOf, string, uuid,
} from '../schema.ts'

export const offsetCommit = api({
  name: 'OffsetCommit', key: 8, versions: [2, 10], flexibleSince: 8,
  request: {
    groupId: string.entity('groupId'),
    generationIdOrMemberEpoch: int32.default(-1),
    memberId: string,
    groupInstanceId: string.since(7).nullable().default(null),
    retentionTimeMs: int64.until(4).default(-1),
    topics: array({
      name: string.until(9).entity('topicName'),
      topicId: uuid.since(10),
      partitions: array({
        partitionIndex: int32,
        committedOffset: int64,
        committedLeaderEpoch: int32.since(6).default(-1),
        committedMetadata: string.nullable(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.since(3).default(0),
    topics: array({
      name: string.until(9).entity('topicName'),
      topicId: uuid.since(10),
      partitions: array({ partitionIndex: int32, errorCode: int16 }),
    }),
  },
})

export interface OffsetCommitRequest extends RequestOf<typeof offsetCommit> {}
export type OffsetCommitResponse = ResponseOf<typeof offsetCommit>
