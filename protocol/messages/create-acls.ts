// CreateAcls (API key 30, versions 1 to 3). Adds access control entries (KIP-140).
//
// Version 1: literal and prefixed resource names (KIP-290), the oldest version that is left; 2:
// flexible; 3: users as resources (KIP-373).

import {
  api, array, int16, int32, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const createAcls = api({
  name: 'CreateAcls', key: 30, versions: [1, 3], flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    creations: array({
      resourceType: int8,
      resourceName: string,
      resourcePatternType: int8.default(3),
      principal: string,
      host: string,
      operation: int8,
      permissionType: int8,
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    results: array({ errorCode: int16, errorMessage: string.nullable() }),
  },
})

export interface CreateAclsRequest extends RequestOf<typeof createAcls> {}
export type CreateAclsResponse = ResponseOf<typeof createAcls>
