// Requests by API: Kafka's RequestMetrics, and those that wait (its DelayedOperationPurgatory).

import { errorName } from '../../../protocol/errors.ts'
import type { Server } from '../../server/server.ts'
import type { Clock } from '../../world/clock.ts'
import { counters, type Family, gauges, type Sample } from '../family.ts'
import type { Quantiles } from '../quantiles.ts'
import type { ApiStats, RequestStats } from '../request-stats.ts'

/** Those that Kafka tells, as its exporters write them. */
const QUANTILES = ['0.50', '0.75', '0.95', '0.98', '0.99', '0.999'] as const
const PARTS = QUANTILES.map(Number)

type Measured = 'totalMs' | 'localMs' | 'remoteMs' | 'requestBytes'

const MEASURED: readonly (readonly [name: string, field: Measured, help: string])[] = [
  ['totaltimems', 'totalMs', 'Milliseconds from a request to its answer'],
  ['localtimems', 'localMs', 'Milliseconds that a request was worked on'],
  ['remotetimems', 'remoteMs', 'Milliseconds that a request waited for others'],
  ['requestbytes', 'requestBytes', 'Bytes of a request'],
]

/** What Kafka's purgatories hold, by the API whose requests wait. */
const PURGATORIES = ['Produce', 'Fetch', 'DeleteRecords'] as const

export function requestFamilies(
  stats: RequestStats, server: Server, clock: Pick<Clock, 'monotonicMs'>,
): Family[] {
  return [
    counters('kafka_network_requestmetrics_requests_total', 'Requests, by API and version',
      ['request', 'version'], () => each(stats, requestsOf)),
    counters('kafka_network_requestmetrics_errors_total',
      'Error codes in answers, NONE among them', ['request', 'error'],
      () => each(stats, errorsOf)),
    ...MEASURED.flatMap(([name, field, help]) => measured(stats, clock, name, field, help)),
    gauges('kafka_server_delayedoperationpurgatory_purgatorysize',
      'Requests that wait', ['delayedOperation'], () => waiting(server)),
  ]
}

function measured(
  stats: RequestStats, clock: Pick<Clock, 'monotonicMs'>, name: string, field: Measured,
  help: string,
): Family[] {
  const fullName = `kafka_network_requestmetrics_${name}`
  return [
    gauges(fullName, `${help}, in the last minute or two`, ['request', 'quantile'],
      () => each(stats, (api) => quantilesOf(api, api[field], clock.monotonicMs()))),
    counters(`${fullName}_count`, `${help}: how many were measured`, ['request'],
      () => each(stats, (api) => (
        namesOf(api).map((request) => [api[field].count, { request }])))),
  ]
}

function* each(
  stats: RequestStats, samplesOf: (api: ApiStats) => readonly Sample[],
): Generator<Sample> {
  for (const api of stats.all()) yield* samplesOf(api)
}

/** Kafka tells fetches of consumers once more by themselves; here there are no others. */
function namesOf({ name }: ApiStats): readonly string[] {
  return name === 'Fetch' ? ['Fetch', 'FetchConsumer'] : [name]
}

function requestsOf(api: ApiStats): Sample[] {
  return namesOf(api).flatMap((request) => api.requests.flatMap((count, version): Sample[] => (
    count === 0 ? [] : [[count, { request, version: String(version) }]])))
}

function errorsOf(api: ApiStats): Sample[] {
  return namesOf(api).flatMap((request) => api.errors.flatMap((count, i): Sample[] => (
    count === 0 ? [] : [[count, { request, error: errorName(i - 1) }]])))
}

function quantilesOf(api: ApiStats, measured: Quantiles, nowMs: number): Sample[] {
  const values = measured.at(PARTS, nowMs)
  return namesOf(api).flatMap((request) => QUANTILES.map((quantile, i): Sample => (
    [values[i]!, { request, quantile }])))
}

function waiting(server: Server): Sample[] {
  const counts = new Map<string, number>(PURGATORIES.map((name) => [name, 0]))
  for (const connection of server.connections) {
    for (const { handler: { api: { name } } } of connection.underWay()) {
      const count = counts.get(name)
      if (count !== undefined) counts.set(name, count + 1)
    }
  }
  return [...counts].map(([delayedOperation, count]) => [count, { delayedOperation }])
}
