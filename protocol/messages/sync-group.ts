// SyncGroup (API key 14, versions 0 to 5). The leader of a classic group hands in the assignment,
// and every member gets its part.
//
// Version 1: throttle time; 2: a throttled answer comes at once, and the client does the waiting
// (KIP-219); 3: static members (KIP-345); 4: flexible; 5: protocol type and name, checked against
// the group's (KIP-559).

import {
  api, array, bytes, int16, int32, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const syncGroup = api({
  name: 'SyncGroup', key: 14, versions: [0, 5], flexibleSince: 4,
  request: {
    groupId: string.entity('groupId'),
    generationId: int32,
    memberId: string,
    groupInstanceId: string.since(3).nullable().default(null),
    protocolType: string.since(5).nullable().default(null),
    protocolName: string.since(5).nullable().default(null),
    assignments: array({ memberId: string, assignment: bytes }),
  },
  response: {
    throttleTimeMs: int32.since(1).default(0),
    errorCode: int16,
    protocolType: string.since(5).nullable().default(null),
    protocolName: string.since(5).nullable().default(null),
    assignment: bytes,
  },
})

export interface SyncGroupRequest extends RequestOf<typeof syncGroup> {}
export type SyncGroupResponse = ResponseOf<typeof syncGroup>
