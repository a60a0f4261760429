// DescribeUserScramCredentials (key 50): mechanisms and iterations of users' SCRAM credentials, of
// all users when none is named (KIP-554). Secrets never leave the broker.

import type { Image } from '../../controller/image/image.ts'
import { Errors, errorMessage } from '../../protocol/errors.ts'
import {
  describeUserScramCredentials, type DescribeUserScramCredentialsRequest,
  type DescribeUserScramCredentialsResponse,
} from '../../protocol/messages/describe-user-scram-credentials.ts'
import { inHashOrder } from '../config/hash-order.ts'
import { handler, type ErrorNumber, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type Result = DescribeUserScramCredentialsResponse['results'][number]
type Credential = Result['credentialInfos'][number]

/** Kafka leaves the text where there is no error empty. */
const NO_MESSAGE = ''

export const describeUserScramCredentialsHandler = handler(
  describeUserScramCredentials, handleDescribeUserScramCredentials, {
    errorAnswer: ({ users }, _version, errorCode, message) => ({
      errorCode, errorMessage: message ?? errorMessage(errorCode),
      results: (users ?? []).map(() =>
        failed('', errorCode, message ?? errorMessage(errorCode) ?? '')),
    }),
  })

function handleDescribeUserScramCredentials(
  { users }: DescribeUserScramCredentialsRequest, _context: RequestContext,
  { controller }: Services,
): DescribeUserScramCredentialsResponse {
  const known = credentialsByUser(controller.image)
  const asked = users?.map(({ name }) => name) ?? []
  const names = asked.length === 0 ? [...known.keys()] : asked
  const once = new Set<string>()
  const twice = new Set<string>()
  for (const name of names) (once.has(name) ? twice : once).add(name)
  return {
    errorCode: Errors.NONE, errorMessage: NO_MESSAGE,
    results: inHashOrder([...once]).map((user) => {
      if (twice.has(user)) {
        return failed(user, Errors.DUPLICATE_RESOURCE, 'Cannot describe SCRAM credentials for ' +
          `the same user twice in a single request: ${user}`)
      }
      const credentialInfos = known.get(user)
      return credentialInfos === undefined
        ? failed(user, Errors.RESOURCE_NOT_FOUND,
          `Attempt to describe a user credential that does not exist: ${user}`)
        : { user, errorCode: Errors.NONE, errorMessage: NO_MESSAGE, credentialInfos }
    }),
  }
}

function failed(user: string, errorCode: ErrorNumber, message: string): Result {
  return { user, errorCode, errorMessage: message, credentialInfos: [] }
}

function credentialsByUser({ clientData }: Image): ReadonlyMap<string, Credential[]> {
  const byUser = new Map<string, Credential[]>()
  for (const { name, mechanism, iterations } of clientData.ofType('userScramCredential')) {
    const credentials = byUser.get(name)
    if (credentials === undefined) byUser.set(name, [{ mechanism, iterations }])
    else credentials.push({ mechanism, iterations })
  }
  return byUser
}
