// The DeleteGroups API (key 42): request and response, versions 0 to 3.

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
