// What `samsa log dump` makes of every file of a data directory, Samsa's or Kafka's.

import { readdirSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Player } from './play.ts'

/** Leaves things in a data directory: all codecs, a group, an aborted transaction. */
export const FILL = [
  'samsa topics create small --partitions 1 --config segment.bytes=1048576 '
    + '--config index.interval.bytes=1',
  ...['none', 'gzip', 'snappy', 'lz4', 'zstd'].map((codec) => (
    `printf '${codec}-1\\n${codec}-2\\n' | samsa produce small --codec ${codec}`)),
  'samsa consume small --group readers',
  'open-transaction aborted small',
  'samsa transactions abort aborted --yes',
  'samsa configs set topic small retention.ms=999999999',
] as const

/** Its lines by the file's name, below the directory. */
export async function dumpAll(
  player: Player, directory: string,
): Promise<Map<string, string>> {
  const dumps = new Map<string, string>()
  for (const path of filesBelow(directory)) {
    const name = relative(directory, path)
    // The partitions of a coordinator without records are all alike.
    if (/^__\w+-\d+\//.test(name) && !/-0\//.test(name) && !hasRecords(dirname(path))) continue
    dumps.set(name, await player.play(`samsa log dump ${path}`))
  }
  return dumps
}

function hasRecords(directory: string): boolean {
  return readdirSync(directory)
    .some((name) => name.endsWith('.log') && statSync(join(directory, name)).size > 0)
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [path]
  }).sort()
}

/** What is wrong with the dumps of a directory that `FILL` was played for. */
export function complaintsOf(dumps: ReadonlyMap<string, string>): string[] {
  const complaints: string[] = []
  for (const [name, text] of dumps) {
    if (/\[\d\]$|DAMAGED|^ +\d+ {2}unknown/m.test(text)) complaints.push(`${name}: ${text}`)
  }
  const all = (pattern: RegExp): string => [...dumps].filter(([name]) => pattern.test(name))
    .map(([, text]) => text).join('\n')
  const wanted: readonly [RegExp, RegExp][] = [
    [/^small-0\/0+\.log$/, /value none-1[^]*gzip[^]*value gzip-2[^]*snappy[^]*lz4[^]*zstd-2/],
    [/^small-0\/0+\.log$/, /transactional[^]*value held back[^]*control\n +\d+ {2}ABORT/],
    [/^small-0\/partition\.metadata$/, /topic_id/],
    [/^__consumer_offsets-\d+\/.*log$/, /OffsetCommit {2}\{"group":"readers","topic":"small"/],
    [/^__consumer_offsets-\d+\/.*log$/, /GroupMetadata/],
    [/^__transaction_state-\d+\/.*log$/, /TransactionLog {2}\{"transactionalId":"aborted"\}/],
    [/^__cluster_metadata-0\/.*log$/, /topic 0 {2}\{"name":"small"/],
    [/^__cluster_metadata-0\/.*log$/, /config 0 {2}.*"name":"retention.ms","value":"999999999"/],
    [/^__cluster_metadata-0\/.*log$/, /LEADER_CHANGE/],
    [/^__cluster_metadata-0\/quorum-state$/, /leaderEpoch/],
    [/^meta\.properties$/, /cluster\.id/],
  ]
  for (const [file, pattern] of wanted) {
    if (!pattern.test(all(file))) complaints.push(`${file} has nothing like ${pattern}`)
  }
  return complaints
}
