// GetTelemetrySubscriptions (key 71): which metrics a client shall push, how often and in which
// codecs (KIP-714).
//
// Nobody receives metrics here, as in a Kafka without an exporter: the API is served to who asks
// for it, but ApiVersions does not tell of it, so that clients keep their metrics to themselves.

import { Errors } from '../../protocol/errors.ts'
import {
  getTelemetrySubscriptions, type GetTelemetrySubscriptionsRequest,
  type GetTelemetrySubscriptionsResponse,
} from '../../protocol/messages/get-telemetry-subscriptions.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

/** Zstandard, LZ4, gzip, Snappy: the best first. */
const COMPRESSION_TYPES: readonly number[] = [4, 3, 1, 2]

export const getTelemetrySubscriptionsHandler = handler(
  getTelemetrySubscriptions, handleGetTelemetrySubscriptions, {
    isHidden: true,
    errorAnswer: (_request, _version, errorCode) => ({
      errorCode, clientInstanceId: ZERO_UUID, subscriptionId: 0, acceptedCompressionTypes: [],
      pushIntervalMs: 0, telemetryMaxBytes: 0, deltaTemporality: false, requestedMetrics: [],
    }),
  })

function handleGetTelemetrySubscriptions(
  { clientInstanceId }: GetTelemetrySubscriptionsRequest, context: RequestContext,
  { telemetry }: Services,
): GetTelemetrySubscriptionsResponse {
  const { id, subscriptionId, pushIntervalMs, metrics } =
    telemetry.subscriptionOf(clientInstanceId, context)
  return {
    errorCode: Errors.NONE, clientInstanceId: id, subscriptionId, pushIntervalMs,
    acceptedCompressionTypes: COMPRESSION_TYPES, telemetryMaxBytes: telemetry.maxBytes,
    deltaTemporality: true, requestedMetrics: metrics,
  }
}
