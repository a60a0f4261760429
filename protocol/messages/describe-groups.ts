// DescribeGroups (API key 15, versions 0 to 6). State and members of classic groups.
//
// Version 1: throttle time; 2: a throttled answer comes at once (KIP-219); 3: authorized
// operations (KIP-430); 4: static members (KIP-345); 5: flexible; 6: a group that is not there is
// an error, not a dead group (KIP-1043).

import {
  api, array, bool, bytes, int16, int32, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const describeGroups = api({
  name: 'DescribeGroups', key: 15, versions: [0, 6], flexibleSince: 5,
  request: {
    groups: array(string).entity('groupId'),
    includeAuthorizedOperations: bool.since(3),
  },
  response: {
    throttleTimeMs: int32.since(1).default(0),
    groups: array({
      errorCode: int16,
      errorMessage: string.since(6).nullable().default(null),
      groupId: string.entity('groupId'),
      groupState: string,
      protocolType: string,
      protocolData: string,
      members: array({
        memberId: string,
        groupInstanceId: string.since(4).nullable().default(null),
        clientId: string,
        clientHost: string,
        memberMetadata: bytes,
        memberAssignment: bytes,
      }),
      authorizedOperations: int32.since(3).default(-2147483648),
    }),
  },
})

export interface DescribeGroupsRequest extends RequestOf<typeof describeGroups> {}
export type DescribeGroupsResponse = ResponseOf<typeof describeGroups>
