// Requests by API: Kafka's RequestMetrics.

import { errorName } from '../../../protocol/errors.ts'
import type { Clock } from '../../world/clock.ts'
import { counters, type Family, gauges, type Labels, type Sample } from '../family.ts'
import type { ApiStats, RequestStats } from '../request-stats.ts'
import { quantilesOf } from './quantiles.ts'

type Measured = 'totalMs' | 'localMs' | 'remoteMs' | 'responseQueueMs' | 'responseSendMs'
  | 'requestBytes'

const MEASURED: readonly (readonly [name: string, field: Measured, help: string])[] = [
  ['totaltimems', 'totalMs', 'Milliseconds from a request until its answer has left'],
  ['localtimems', 'localMs', 'Milliseconds that a request was worked on'],
  ['remotetimems', 'remoteMs', 'Milliseconds that a request waited for others'],
  ['responsequeuetimems', 'responseQueueMs',
    'Milliseconds that an answer waited for the end of its turn of the event loop'],
  ['responsesendtimems', 'responseSendMs',
    'Milliseconds until the system had taken an answer'],
  ['requestbytes', 'requestBytes', 'Bytes of a request'],
]

export function requestFamilies(
  stats: RequestStats, clock: Pick<Clock, 'monotonicMs'>,
): Family[] {
  return [
    counters('kafka_network_requestmetrics_requests_total', 'Requests, by API and version',
      ['request', 'version'], () => each(stats, requestsOf)),
    counters('kafka_network_requestmetrics_errors_total',
      'Error codes in answers, NONE among them', ['request', 'error'],
      () => each(stats, errorsOf)),
    ...MEASURED.flatMap(([name, field, help]) => measured(stats, clock, name, field, help)),
  ]
}

function measured(
  stats: RequestStats, clock: Pick<Clock, 'monotonicMs'>, name: string, field: Measured,
  help: string,
): Family[] {
  const fullName = `kafka_network_requestmetrics_${name}`
  return [
    gauges(fullName, `${help}, in the last minute or two`, ['request', 'quantile'],
      () => each(stats, (api) => quantilesOf(api[field], clock.monotonicMs(), labelsOf(api)))),
    counters(`${fullName}_count`, `${help}: how many were measured`, ['request'],
      () => each(stats, (api) => (
        labelsOf(api).map((labels) => [api[field].count, labels])))),
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

function labelsOf(api: ApiStats): Labels[] {
  return namesOf(api).map((request) => ({ request }))
}

function requestsOf(api: ApiStats): Sample[] {
  return namesOf(api).flatMap((request) => api.requests.flatMap((count, version): Sample[] => (
    count === 0 ? [] : [[count, { request, version: String(version) }]])))
}

/** In Kafka too they are those of the API alone. */
function errorsOf({ name: request, errors }: ApiStats): Sample[] {
  return errors.flatMap((count, i): Sample[] => (
    count === 0 ? [] : [[count, { request, error: errorName(i - 1) }]]))
}
