// The CreateAcls API (key 30): request and response, versions 1 to 3.

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
