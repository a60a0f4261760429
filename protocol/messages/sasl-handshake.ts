// SaslHandshake (API key 17, versions 0 to 1). The client names a SASL mechanism and hears whether
// there is such a one (KIP-43). After version 0 the mechanism's bytes follow bare, after version 1
// inside SaslAuthenticate (KIP-152). There is no newer version: old clients would negotiate it
// wrongly (KAFKA-9577).

import { api, array, int16, type RequestOf, type ResponseOf, string } from '../schema.ts'

export const saslHandshake = api({
  name: 'SaslHandshake', key: 17, versions: [0, 1],
  listeners: ['broker', 'controller'],
  request: {
    mechanism: string,
  },
  response: {
    errorCode: int16,
    mechanisms: array(string),
  },
})

export interface SaslHandshakeRequest extends RequestOf<typeof saslHandshake> {}
export type SaslHandshakeResponse = ResponseOf<typeof saslHandshake>
