// DeleteAcls (API key 31, versions 1 to 3). Deletes the access control entries that match filters,
// and tells which they were (KIP-140).
//
// Version 1: literal and prefixed resource names (KIP-290), the oldest version that is left; 2:
// flexible; 3: users as resources (KIP-373).

import {
  api, array, int16, int32, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const deleteAcls = api({
  name: 'DeleteAcls', key: 31, versions: [1, 3], flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    filters: array({
      resourceTypeFilter: int8,
      resourceNameFilter: string.nullable(),
      patternTypeFilter: int8.default(3),
      principalFilter: string.nullable(),
      hostFilter: string.nullable(),
      operation: int8,
      permissionType: int8,
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    filterResults: array({
      errorCode: int16,
      errorMessage: string.nullable(),
      matchingAcls: array({
        errorCode: int16,
        errorMessage: string.nullable(),
        resourceType: int8,
        resourceName: string,
        patternType: int8.default(3),
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    }),
  },
})

export interface DeleteAclsRequest extends RequestOf<typeof deleteAcls> {}
export type DeleteAclsResponse = ResponseOf<typeof deleteAcls>
