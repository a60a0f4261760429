// Clients that ask which metrics to push: Kafka's ClientMetricsManager (KIP-714).

import type { ClientTelemetry } from '../../client-telemetry.ts'
import { counter, type Family, gauge } from '../family.ts'

export function telemetryFamilies(telemetry: ClientTelemetry): Family[] {
  const name = (what: string): string => `kafka_server_client_metrics_${what}`
  return [
    gauge(name('instance_count'), 'Clients that have asked which metrics to push',
      () => telemetry.instanceCount),
    counter(name('unknown_subscription_request_count'),
      'Pushes for a subscription that is not the present one',
      () => telemetry.unknownSubscriptions),
  ]
}
