// The JoinGroup API (key 11): request and response, versions 0 to 9.

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
