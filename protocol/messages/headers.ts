// What stands before every request and every response. The request header says which API and
// version follows. Version 1 has the client id; version 2 (KIP-482) adds tagged fields, but keeps
// the old form of the client id, so that a broker can read the header of an ApiVersions request
// that is newer than itself. Version 0, without client id, went with ControlledShutdown in Kafka
// 4.0. `header.ts` reads and writes these by hand.

import { type Decoded, int16, int32, message, string } from '../schema.ts'

export const requestHeader = message({
  name: 'RequestHeader', versions: [1, 2], flexibleSince: 2,
  fields: {
    requestApiKey: int16,
    requestApiVersion: int16,
    correlationId: int32,
    clientId: string.nullable().inflexible(),
  },
})

export interface RequestHeader extends Decoded<typeof requestHeader> {}

export const responseHeader = message({
  name: 'ResponseHeader', versions: [0, 1], flexibleSince: 1,
  fields: {
    correlationId: int32,
  },
})

export interface ResponseHeader extends Decoded<typeof responseHeader> {}
