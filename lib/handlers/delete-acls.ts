// DeleteAcls (key 31): removes the access rules that match filters (KIP-140). Without an
// authorizer, and there is none yet, Kafka refuses each of them.

import { Errors } from '../../protocol/errors.ts'
import {
  deleteAcls, type DeleteAclsRequest, type DeleteAclsResponse,
} from '../../protocol/messages/delete-acls.ts'
import { type ErrorNumber, handler } from '../server/handler.ts'
import { mustBeKnown } from './acl-codes.ts'

const NO_AUTHORIZER = 'No Authorizer is configured.'

export const deleteAclsHandler = handler(deleteAcls, handleDeleteAcls, {
  errorAnswer: (request, _version, errorCode, message) => (
    refused(request, errorCode, message ?? null)),
})

function handleDeleteAcls(request: DeleteAclsRequest): DeleteAclsResponse {
  for (const { resourceTypeFilter, patternTypeFilter, operation, permissionType }
    of request.filters) {
    mustBeKnown(resourceTypeFilter, patternTypeFilter, operation, permissionType)
  }
  return refused(request, Errors.SECURITY_DISABLED, NO_AUTHORIZER)
}

function refused(
  { filters }: DeleteAclsRequest, errorCode: ErrorNumber, errorMessage: string | null,
): DeleteAclsResponse {
  return { filterResults: filters.map(() => ({ errorCode, errorMessage, matchingAcls: [] })) }
}
