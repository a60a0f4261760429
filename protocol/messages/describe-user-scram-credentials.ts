// DescribeUserScramCredentials (API key 50, version 0). Mechanisms and iterations of users' SCRAM
// credentials, but no secrets (KIP-554).

import {
  api, array, int16, int32, int8, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

export const describeUserScramCredentials = api({
  name: 'DescribeUserScramCredentials', key: 50, versions: [0, 0], flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    users: array({ name: string }).nullable(),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable(),
    results: array({
      user: string,
      errorCode: int16,
      errorMessage: string.nullable(),
      credentialInfos: array({ mechanism: int8, iterations: int32 }),
    }),
  },
})

export interface DescribeUserScramCredentialsRequest
  extends RequestOf<typeof describeUserScramCredentials> {}
export type DescribeUserScramCredentialsResponse = ResponseOf<typeof describeUserScramCredentials>
