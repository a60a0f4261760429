// The DescribeAcls API (key 29): request and response, versions 1 to 3.

import {
  api, array, int16, int32, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const describeAcls = api({
  name: 'DescribeAcls', key: 29, versions: [1, 3], flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    resourceTypeFilter: int8,
    resourceNameFilter: string.nullable(),
    patternTypeFilter: int8.default(3),
    principalFilter: string.nullable(),
    hostFilter: string.nullable(),
    operation: int8,
    permissionType: int8,
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable(),
    resources: array({
      resourceType: int8,
      resourceName: string,
      patternType: int8.default(3),
      acls: array({
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    }),
  },
})

export interface DescribeAclsRequest extends RequestOf<typeof describeAcls> {}
export type DescribeAclsResponse = ResponseOf<typeof describeAcls>
