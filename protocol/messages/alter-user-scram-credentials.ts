// AlterUserScramCredentials (API key 51, version 0). Sets and deletes users' SCRAM credentials
// (KIP-554); the client salts the password, so that it never travels.

import {
  api, array, bytes, int16, int32, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const alterUserScramCredentials = api({
  name: 'AlterUserScramCredentials', key: 51, versions: [0, 0], flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    deletions: array({ name: string, mechanism: int8 }),
    upsertions: array({
      name: string,
      mechanism: int8,
      iterations: int32,
      salt: bytes,
      saltedPassword: bytes,
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    results: array({ user: string, errorCode: int16, errorMessage: string.nullable() }),
  },
})

export interface AlterUserScramCredentialsRequest
  extends RequestOf<typeof alterUserScramCredentials> {}
export type AlterUserScramCredentialsResponse = ResponseOf<typeof alterUserScramCredentials>
