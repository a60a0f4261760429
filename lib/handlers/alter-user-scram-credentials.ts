// AlterUserScramCredentials (key 51): SCRAM credentials of users are set and deleted (KIP-554).
// One result for a user, whatever the number of his mechanisms.

import {
  alterUserScramCredentials as decide,
} from '../../controller/decisions/alter-user-scram-credentials.ts'
import { Errors, errorMessage } from '../../protocol/errors.ts'
import {
  alterUserScramCredentials, type AlterUserScramCredentialsRequest,
  type AlterUserScramCredentialsResponse,
} from '../../protocol/messages/alter-user-scram-credentials.ts'
import { inHashOrder } from '../config/hash-order.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

export const alterUserScramCredentialsHandler = handler(
  alterUserScramCredentials, handleAlterUserScramCredentials, {
    errorAnswer: ({ deletions, upsertions }, _version, errorCode, message) => ({
      results: [...new Set([...deletions, ...upsertions].map(({ name }) => name))].sort()
        .map((user) => ({ user, errorCode, errorMessage: message ?? errorMessage(errorCode) })),
    }),
  })

/** Kafka goes through what it deletes, what it sets and what fails, each of it a hash map. */
async function handleAlterUserScramCredentials(
  { deletions, upsertions }: AlterUserScramCredentialsRequest, _context: RequestContext,
  { controller }: Services,
): Promise<AlterUserScramCredentialsResponse> {
  const { deleted, upserted, failed } = await controller.submit(decide(deletions, upsertions))
  const users = [deleted, upserted, failed].flatMap((names) => inHashOrder([...names.keys()]))
  return {
    results: users.map((user) => {
      const error = failed.get(user)
      // For what Java's cryptography refuses Kafka has no words.
      const isNameless = error?.code === Errors.UNKNOWN_SERVER_ERROR
      return {
        user, errorCode: error?.code ?? Errors.NONE,
        errorMessage: isNameless ? null : error?.message ?? null,
      }
    }),
  }
}
