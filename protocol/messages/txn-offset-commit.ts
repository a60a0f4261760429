// TxnOffsetCommit (API key 28, versions 0 to 6). Offsets of a group that count once the
// transaction commits (KIP-98).
//
// Version 1: a throttled answer comes at once (KIP-219); 2: leader epochs (KIP-320); 3: flexible,
// the member and its generation, to fence zombies (KIP-447); 4: TRANSACTION_ABORTABLE, 5: adds the
// group to the transaction on the way (both KIP-890); 6: topic ids in the place of names, and
// members of the new group protocol (KIP-1319).

import {
  api, array, int16, int32, int64, type RequestOf, type ResponseOf, string, uuid,
} from '../schema.ts'

export const txnOffsetCommit = api({
  name: 'TxnOffsetCommit', key: 28, versions: [0, 6], flexibleSince: 3,
  request: {
    transactionalId: string.entity('transactionalId'),
    groupId: string.entity('groupId'),
    producerId: int64.entity('producerId'),
    producerEpoch: int16,
    generationIdOrMemberEpoch: int32.since(3).default(-1),
    memberId: string.since(3),
    groupInstanceId: string.since(3).nullable().default(null),
    topics: array({
      name: string.until(5).entity('topicName'),
      topicId: uuid.since(6),
      partitions: array({
        partitionIndex: int32,
        committedOffset: int64,
        committedLeaderEpoch: int32.since(2).default(-1),
        committedMetadata: string.nullable(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    topics: array({
      name: string.until(5).entity('topicName'),
      topicId: uuid.since(6),
      partitions: array({ partitionIndex: int32, errorCode: int16 }),
    }),
  },
})

export interface TxnOffsetCommitRequest extends RequestOf<typeof txnOffsetCommit> {}
export type TxnOffsetCommitResponse = ResponseOf<typeof txnOffsetCommit>
