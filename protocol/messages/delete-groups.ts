// DeleteGroups (API key 42, versions 0 to 3). Deletes groups without members, and their offsets
// (KIP-229).
//
// Version 1: a throttled answer comes at once (KIP-219); 2: flexible; 3: words for each error
// (KIP-1331).

import { api, array, int16, int32, type RequestOf, type ResponseOf, string } from '../schema.ts'

export const deleteGroups = api({
  name: 'DeleteGroups', key: 42, versions: [0, 3], flexibleSince: 2,
  request: {
    groupsNames: array(string).entity('groupId'),
  },
  response: {
    throttleTimeMs: int32.default(0),
    results: array({
      groupId: string.key().entity('groupId'),
      errorCode: int16,
      errorMessage: string.since(3).nullable().default(null),
    }),
  },
})

export interface DeleteGroupsRequest extends RequestOf<typeof deleteGroups> {}
export type DeleteGroupsResponse = ResponseOf<typeof deleteGroups>
