// PushTelemetry (key 72): a client pushes its metrics (KIP-714). They are looked at as far as the
// protocol goes, and dropped: see get-telemetry-subscriptions.ts.

import { Errors } from '../../protocol/errors.ts'
import {
  pushTelemetry, type PushTelemetryRequest, type PushTelemetryResponse,
} from '../../protocol/messages/push-telemetry.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

export const pushTelemetryHandler = handler(pushTelemetry, handlePushTelemetry, {
  isHidden: true,
  borrowsBytes: true,
  errorAnswer: (_request, _version, errorCode) => ({ errorCode }),
})

function handlePushTelemetry(
  request: PushTelemetryRequest, context: RequestContext, { telemetry }: Services,
): PushTelemetryResponse {
  telemetry.push(request, context)
  return { errorCode: Errors.NONE }
}
