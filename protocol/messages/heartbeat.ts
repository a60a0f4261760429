// Heartbeat (API key 12, versions 0 to 4). A member of a classic group is alive, and hears of
// rebalances.
//
// Version 1: throttle time; 2: a throttled answer comes at once, and the client does the waiting
// (KIP-219); 3: static members (KIP-345); 4: flexible.

import { api, int16, int32, type RequestOf, type ResponseOf, string } from '../schema.ts'

export const heartbeat = api({
  name: 'Heartbeat', key: 12, versions: [0, 4], flexibleSince: 4,
  request: {
    groupId: string.entity('groupId'),
    generationId: int32,
    memberId: string,
    groupInstanceId: string.since(3).nullable().default(null),
  },
  response: {
    throttleTimeMs: int32.since(1).default(0),
    errorCode: int16,
  },
})

export interface HeartbeatRequest extends RequestOf<typeof heartbeat> {}
export type HeartbeatResponse = ResponseOf<typeof heartbeat>
