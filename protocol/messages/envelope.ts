// The Envelope API (key 58): request and response, versions 0 to 0.

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
