// A principal as brokers pass it on inside an Envelope request (KIP-590), framed by an int16 of
// the version.

import { bool, type Decoded, message, string } from '../schema.ts'

export const defaultPrincipalData = message({
  name: 'DefaultPrincipalData', versions: [0, 0], flexibleSince: 0,
  fields: {
    type: string,
    name: string,
    tokenAuthenticated: bool,
  },
})

export interface DefaultPrincipalData extends Decoded<typeof defaultPrincipalData> {}
