// ListGroups (API key 16, versions 0 to 5). The groups that a broker coordinates, of all types.
//
// Version 1: throttle time; 2: a throttled answer comes at once (KIP-219); 3: flexible; 4: filter
// by state (KIP-518); 5: filter by type (KIP-848).

import { api, array, int16, int32, type RequestOf, type ResponseOf, string } from '../schema.ts'

export const listGroups = api({
  name: 'ListGroups', key: 16, versions: [0, 5], flexibleSince: 3,
  request: {
    statesFilter: array(string).since(4),
    typesFilter: array(string).since(5),
  },
  response: {
    throttleTimeMs: int32.since(1).default(0),
    errorCode: int16,
    groups: array({
      groupId: string.entity('groupId'),
      protocolType: string,
      groupState: string.since(4),
      groupType: string.since(5),
    }),
  },
})

export interface ListGroupsRequest extends RequestOf<typeof listGroups> {}
export type ListGroupsResponse = ResponseOf<typeof listGroups>
