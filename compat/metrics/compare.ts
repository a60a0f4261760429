// What two brokers tell after the same requests, held side by side: every count and every size that
// both have, but for what the table says.

import { keyOf, type Scrape, type Series } from './scrape.ts'
import { TOPICS } from './walk.ts'

/** What is not compared: a pattern of names, and why. */
const APART: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/idle_?percent|_time_since_|load_time_|commit_latency_|linux_disk_|agems$/, 'is measured'],
  [/_max_clean_time_secs$/, 'in Kafka the present time, before the first cleaning'],
  [/_logflushrateandtimems_count$/, 'each flushes when it sees fit'],
  [/lastappliedrecordoffset|lastcommittedrecordoffset|last_applied_record_offset/,
    'a start writes more of the metadata in Kafka'],
  [/raft_metrics_(high_watermark|log_end_offset)$/, 'as before'],
  [/_groupmetadatamanager_num|_group_count$/, 'Kafka counts groups once a minute'],
  [/_socket_server_metrics_/, 'Kafka connects to itself'],
]

/** What a broker asks itself, or is asked until it is ready: how often differs each time. */
const UNSTEADY_APIS: ReadonlySet<string> = new Set([
  'ApiVersions', 'ListOffsets', 'CreateTopics', 'FindCoordinator', 'JoinGroup', 'InitProducerId',
  'AddPartitionsToTxn',
])

export interface Comparison {
  readonly count: number
  readonly differences: readonly string[]
}

export function compare(kafka: Scrape, samsa: Scrape): Comparison {
  const ofKafka = new Map(kafka.series.map((one) => [placeless(one), one.value]))
  const differences: string[] = []
  let count = 0
  for (const one of samsa.series.filter(isCompared)) {
    const expected = ofKafka.get(placeless(one))
    count++
    if (expected !== one.value) {
      differences.push(`${placeless(one)}: ${one.value}, in Kafka ${expected}`)
    }
  }
  return { count, differences }
}

function isCompared({ name, labels }: Series): boolean {
  const { topic, request, quantile } = labels
  if (!name.startsWith('kafka_') || name.startsWith('kafka_consumergroup_')) return false
  if (quantile !== undefined || request !== undefined && UNSTEADY_APIS.has(request)) return false
  if (topic !== undefined && !TOPICS.includes(topic)) return false
  return !APART.some(([pattern]) => pattern.test(name))
}

/** Their log directories are not the same. */
function placeless({ name, labels }: Series): string {
  return keyOf({ name, labels: 'logDirectory' in labels ? { logDirectory: '' } : labels })
}
