// DescribeAcls (API key 29, versions 1 to 3). The access control entries that match a filter
// (KIP-140).
//
// Version 1: literal and prefixed resource names (KIP-290), the oldest version that is left; 2:
// flexible; 3: users as resources (KIP-373).

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
