// DescribeAcls (key 29): access rules that match a filter (KIP-140). Without an authorizer, and
// there is none yet, Kafka knows of no rules and says so.

import { Errors } from '../../protocol/errors.ts'
import {
  describeAcls, type DescribeAclsRequest, type DescribeAclsResponse,
} from '../../protocol/messages/describe-acls.ts'
import { handler } from '../server/handler.ts'
import { mustBeKnown } from './acl-codes.ts'

const NO_AUTHORIZER = 'No Authorizer is configured on the broker'

export const describeAclsHandler = handler(describeAcls, handleDescribeAcls, {
  errorAnswer: (_request, _version, errorCode, message) => (
    { errorCode, errorMessage: message ?? null, resources: [] }),
})

function handleDescribeAcls(request: DescribeAclsRequest): DescribeAclsResponse {
  const { resourceTypeFilter, patternTypeFilter, operation, permissionType } = request
  mustBeKnown(resourceTypeFilter, patternTypeFilter, operation, permissionType)
  return { errorCode: Errors.SECURITY_DISABLED, errorMessage: NO_AUTHORIZER, resources: [] }
}
