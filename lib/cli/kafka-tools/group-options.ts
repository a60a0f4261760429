// The options of `kafka-consumer-groups`, and partitions as they name them.

import type { Client, TopicPartition } from '../../client/client.ts'
import { partitionList, partitionsOf } from '../arguments.ts'
import { CONNECTION, type Given } from './options.ts'

export const OPTIONS = {
  ...CONNECTION, list: 'flag', describe: 'flag', delete: 'flag', 'delete-offsets': 'flag',
  'reset-offsets': 'flag', group: 'list', 'all-groups': 'flag', topic: 'list',
  'all-topics': 'flag', state: 'optional', type: 'optional', members: 'flag', offsets: 'flag',
  verbose: 'flag', timeout: 'value', 'dry-run': 'flag', execute: 'flag', 'to-offset': 'value',
  'to-datetime': 'value', 'by-duration': 'value', 'to-earliest': 'flag', 'to-latest': 'flag',
  'to-current': 'flag', 'shift-by': 'value',
} as const

export type GroupOptions = Given<typeof OPTIONS>

/** Where to reset offsets to: one of them. */
export const SCENARIOS = [
  'to-offset', 'to-datetime', 'by-duration', 'to-earliest', 'to-latest', 'to-current', 'shift-by',
] as const

/** Of `orders`, all of it, or of `orders:0,2`. */
export async function placesOf(
  client: Client, topics: readonly string[],
): Promise<TopicPartition[]> {
  const places: TopicPartition[] = []
  for (const text of topics) {
    const [topic = '', partitions] = text.split(':')
    const wanted = partitions === undefined ? undefined : partitionList('--topic', [partitions])
    places.push(...await partitionsOf(client, topic, wanted))
  }
  return places
}
