// A SCRAM credential of a user (KIP-554).

import { bytes, int32, int8, message, string } from '../../protocol/schema.ts'

export const userScramCredentialRecord = message({
  name: 'UserScramCredentialRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    name: string,
    mechanism: int8,
    salt: bytes,
    storedKey: bytes,
    serverKey: bytes,
    iterations: int32,
  },
})
