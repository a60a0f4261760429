// The PushTelemetry API (key 72): request and response, versions 0 to 0.

import {
  api, bool, bytes, int16, int32, int8, type RequestOf, type ResponseOf, uuid,
} from '../schema.ts'

export const pushTelemetry = api({
  name: 'PushTelemetry', key: 72, versions: [0, 0], flexibleSince: 0,
  request: {
    clientInstanceId: uuid,
    subscriptionId: int32,
    terminating: bool,
    compressionType: int8,
    metrics: bytes,
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
  },
})

export interface PushTelemetryRequest extends RequestOf<typeof pushTelemetry> {}
export type PushTelemetryResponse = ResponseOf<typeof pushTelemetry>
