// A SCRAM credential of a user is removed.

import { int8, message, string } from '../../protocol/schema.ts'

export const removeUserScramCredentialRecord = message({
  name: 'RemoveUserScramCredentialRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    name: string,
    mechanism: int8,
  },
})
