// Envelope (API key 58, version 0). A broker passes a client's request on to the controller, with
// the client's principal and address; the answer comes back in the same wrapping (KIP-590).

import { api, bytes, int16, type RequestOf, type ResponseOf } from '../schema.ts'

export const envelope = api({
  name: 'Envelope', key: 58, versions: [0, 0], flexibleSince: 0,
  listeners: ['controller'],
  request: {
    requestData: bytes,
    requestPrincipal: bytes.nullable(),
    clientHostAddress: bytes,
  },
  response: {
    responseData: bytes.nullable().default(null),
    errorCode: int16,
  },
})

export interface EnvelopeRequest extends RequestOf<typeof envelope> {}
export type EnvelopeResponse = ResponseOf<typeof envelope>
