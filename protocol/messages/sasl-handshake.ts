// The SaslHandshake API (key 17): request and response, versions 0 to 1.

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
