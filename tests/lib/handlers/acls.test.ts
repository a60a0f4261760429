// Access rules where no authorizer is configured: each is refused, by the words of Kafka 4.4.

import { expect, test } from '@jest/globals'
import { createAclsHandler } from '../../../lib/handlers/create-acls.ts'
import { deleteAclsHandler } from '../../../lib/handlers/delete-acls.ts'
import { describeAclsHandler } from '../../../lib/handlers/describe-acls.ts'
import type { Handler } from '../../../lib/server/handler.ts'
import { Errors } from '../../../protocol/errors.ts'

const ANY = 1
const LITERAL = 3
const FILTER = {
  resourceTypeFilter: ANY, resourceNameFilter: null, patternTypeFilter: LITERAL,
  principalFilter: null, hostFilter: null, operation: ANY, permissionType: ANY,
}
const RULE = {
  resourceType: 2, resourceName: 't', resourcePatternType: LITERAL, principal: 'User:a', host: '*',
  operation: 3, permissionType: 3,
}
const REFUSED = {
  errorCode: Errors.SECURITY_DISABLED, errorMessage: 'No Authorizer is configured.',
}

const ask = (handler: Handler, request: object): unknown =>
  handler.handle(request as never, {} as never, {} as never)

test('there are none to be described, created or deleted', () => {
  expect(ask(describeAclsHandler, FILTER)).toEqual({
    errorCode: Errors.SECURITY_DISABLED, resources: [],
    errorMessage: 'No Authorizer is configured on the broker',
  })
  expect(ask(createAclsHandler, { creations: [RULE, RULE] })).toEqual(
    { results: [REFUSED, REFUSED] })
  expect(ask(deleteAclsHandler, { filters: [FILTER] })).toEqual(
    { filterResults: [{ ...REFUSED, matchingAcls: [] }] })
})

test('one of an unknown kind ends the connection', () => {
  for (const field of ['resourceTypeFilter', 'patternTypeFilter', 'operation', 'permissionType']) {
    const filter = { ...FILTER, [field]: 0 }
    expect(() => ask(describeAclsHandler, filter)).toThrow('unknown elements')
    expect(() => ask(deleteAclsHandler, { filters: [FILTER, filter] })).toThrow('unknown elements')
  }
  for (const field of ['resourceType', 'resourcePatternType', 'operation', 'permissionType']) {
    const creations = [RULE, { ...RULE, [field]: 0 }]
    expect(() => ask(createAclsHandler, { creations })).toThrow('unknown elements')
  }
})
