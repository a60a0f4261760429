// The ListGroups API (key 16): request and response, versions 0 to 5.

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
