// SaslAuthenticate (API key 36, versions 0 to 2). A step of a SASL exchange, as the mechanism has
// it (KIP-152).
//
// Version 1: how long the session lasts before the client must authenticate again (KIP-368); 2:
// flexible.

import { api, bytes, int16, int64, type RequestOf, type ResponseOf, string } from '../schema.ts'

export const saslAuthenticate = api({
  name: 'SaslAuthenticate', key: 36, versions: [0, 2], flexibleSince: 2,
  listeners: ['broker', 'controller'],
  request: {
    authBytes: bytes,
  },
  response: {
    errorCode: int16,
    errorMessage: string.nullable(),
    authBytes: bytes,
    sessionLifetimeMs: int64.since(1).default(0),
  },
})

export interface SaslAuthenticateRequest extends RequestOf<typeof saslAuthenticate> {}
export type SaslAuthenticateResponse = ResponseOf<typeof saslAuthenticate>
