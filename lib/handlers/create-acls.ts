// CreateAcls (key 30): adds access rules (KIP-140). Without an authorizer, and there is none yet,
// Kafka refuses each of them.

import { Errors } from '../../protocol/errors.ts'
import {
  createAcls, type CreateAclsRequest, type CreateAclsResponse,
} from '../../protocol/messages/create-acls.ts'
import { handler } from '../server/handler.ts'
import { mustBeKnown } from './acl-codes.ts'

const NO_AUTHORIZER = 'No Authorizer is configured.'

export const createAclsHandler = handler(createAcls, handleCreateAcls, {
  errorAnswer: ({ creations }, _version, errorCode, message) => ({
    results: creations.map(() => ({ errorCode, errorMessage: message ?? null })),
  }),
})

function handleCreateAcls({ creations }: CreateAclsRequest): CreateAclsResponse {
  for (const { resourceType, resourcePatternType, operation, permissionType } of creations) {
    mustBeKnown(resourceType, resourcePatternType, operation, permissionType)
  }
  const errorCode = Errors.SECURITY_DISABLED
  return { results: creations.map(() => ({ errorCode, errorMessage: NO_AUTHORIZER })) }
}
