// PushTelemetry (API key 72, version 0). A client pushes its metrics, in OTLP (KIP-714).

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
