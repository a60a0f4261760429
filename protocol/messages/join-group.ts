// JoinGroup (API key 11, versions 0 to 9). A member enters a classic group or a rebalance, and
// waits until all are in; the leader gets everybody's metadata to assign from.
//
// Version 1: a rebalance time-out of its own (KIP-62); 4: a member without an id gets one and asks
// again (KIP-394); 5: static members (KIP-345); 6: flexible; 7: the protocol type in the answer
// (KIP-559); 8: why the member joins (KIP-800); 9: a leader may be told not to assign (KIP-814).

import {
  api, array, bool, bytes, int16, int32, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const joinGroup = api({
  name: 'JoinGroup', key: 11, versions: [0, 9], flexibleSince: 6,
  request: {
    groupId: string.entity('groupId'),
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: int32.since(1).default(-1),
    memberId: string,
    groupInstanceId: string.since(5).nullable().default(null),
    protocolType: string,
    protocols: array({ name: string.key(), metadata: bytes }),
    reason: string.since(8).nullable().default(null),
  },
  response: {
    throttleTimeMs: int32.since(2).default(0),
    errorCode: int16,
    generationId: int32.default(-1),
    protocolType: string.since(7).nullable().default(null),
    protocolName: string.nullable(7),
    leader: string,
    skipAssignment: bool.since(9).default(false),
    memberId: string,
    members: array({
      memberId: string,
      groupInstanceId: string.since(5).nullable().default(null),
      metadata: bytes,
    }),
  },
})

export interface JoinGroupRequest extends RequestOf<typeof joinGroup> {}
export type JoinGroupResponse = ResponseOf<typeof joinGroup>
