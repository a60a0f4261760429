// LeaveGroup (API key 13, versions 0 to 5). Members leave a classic group.
//
// Version 1: throttle time; 2: a throttled answer comes at once, and the client does the waiting
// (KIP-219); 3: several members, static ones among them (KIP-345); 4: flexible; 5: why (KIP-800).

import { api, array, int16, int32, type RequestOf, type ResponseOf, string } from '../schema.ts'

export const leaveGroup = api({
  name: 'LeaveGroup', key: 13, versions: [0, 5], flexibleSince: 4,
  request: {
    groupId: string.entity('groupId'),
    memberId: string.until(2),
    members: array({
      memberId: string,
      groupInstanceId: string.nullable().default(null),
      reason: string.since(5).nullable().default(null),
    }).since(3),
  },
  response: {
    throttleTimeMs: int32.since(1).default(0),
    errorCode: int16,
    members: array({
      memberId: string,
      groupInstanceId: string.nullable(),
      errorCode: int16,
    }).since(3),
  },
})

export interface LeaveGroupRequest extends RequestOf<typeof leaveGroup> {}
export type LeaveGroupResponse = ResponseOf<typeof leaveGroup>
