// GetTelemetrySubscriptions (API key 71, version 0). Which metrics a client shall push, how often
// and in which codecs (KIP-714).

import {
  api, array, bool, int16, int32, int8, type RequestOf, type ResponseOf, string, uuid,
} from '../schema.ts'

export const getTelemetrySubscriptions = api({
  name: 'GetTelemetrySubscriptions', key: 71, versions: [0, 0], flexibleSince: 0,
  request: {
    clientInstanceId: uuid,
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    clientInstanceId: uuid,
    subscriptionId: int32,
    acceptedCompressionTypes: array(int8),
    pushIntervalMs: int32,
    telemetryMaxBytes: int32,
    deltaTemporality: bool,
    requestedMetrics: array(string),
  },
})

export interface GetTelemetrySubscriptionsRequest
  extends RequestOf<typeof getTelemetrySubscriptions> {}
export type GetTelemetrySubscriptionsResponse = ResponseOf<typeof getTelemetrySubscriptions>
