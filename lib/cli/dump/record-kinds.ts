// What the records of a log mean: Kafka's own topics hold messages of its own.

import { readRecord } from '../../../controller/metadata-records.ts'
import { decodeMessage } from '../../../protocol/compile.ts'
import { endTxnMarker } from '../../../protocol/messages/records/end-txn-marker.ts'
import {
  type CoordinatorRecord, GROUP_RECORDS, REMOTE_LOG_RECORDS, SHARE_RECORDS, TRANSACTION_RECORDS,
} from '../../../protocol/messages/records/index.ts'
import { leaderChangeMessage } from '../../../protocol/messages/records/leader-change.ts'
import { kRaftVersionRecord, votersRecord } from '../../../protocol/messages/records/quorum.ts'
import {
  snapshotFooterRecord, snapshotHeaderRecord,
} from '../../../protocol/messages/records/snapshot.ts'
import { DecodeError } from '../../../protocol/reader.ts'
import { ControlType, controlTypeOf } from '../../../protocol/records/control.ts'
import type { Record } from '../../../protocol/records/record.ts'
import type { Message } from '../../../protocol/schema.ts'

/** What the records of a log are. */
export const KINDS = [
  'records', 'offsets', 'transactions', 'share', 'metadata', 'remote-log',
] as const
export type RecordKind = (typeof KINDS)[number]

/** What a record means; undefined where it is what somebody's program has written. */
export interface Meaning {
  readonly type: string
  readonly key?: unknown
  readonly value: unknown
}

/** By the directory of a log: `__consumer_offsets-7`. */
export function kindOfDirectory(name: string): RecordKind {
  switch (name.replace(/-\d+$/, '')) {
    case '__consumer_offsets': return 'offsets'
    case '__transaction_state': return 'transactions'
    case '__share_group_state': return 'share'
    case '__cluster_metadata': return 'metadata'
    case '__remote_log_metadata': return 'remote-log'
    default: return 'records'
  }
}

/** What cannot be decoded is told instead: newer versions than are known here, damage. */
export function meaningOf(
  kind: RecordKind, record: Record, isControl: boolean,
): Meaning | undefined {
  try {
    if (isControl) return control(record)
    switch (kind) {
      case 'records': return undefined
      case 'offsets': return coordinator(GROUP_RECORDS, record)
      case 'transactions': return coordinator(TRANSACTION_RECORDS, record)
      case 'share': return coordinator(SHARE_RECORDS, record)
      case 'metadata': return metadata(record)
      case 'remote-log': return remoteLog(record)
    }
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof RangeError)) throw error
    return { type: 'unknown', value: error.message }
  }
}

const VERSION_BYTES = 2

function coordinator(types: readonly CoordinatorRecord[], { key, value }: Record): Meaning {
  const number = key?.readInt16BE(0)
  const found = types.find(({ type }) => type === number)
  if (key === null || found === undefined) return { type: `unknown (${number})`, value }
  return {
    type: found.value.name.replace(/Value$/, ''),
    key: decodeMessage(found.key, 0, key, VERSION_BYTES),
    value: value === null ? null
      : decodeMessage(found.value, value.readInt16BE(0), value, VERSION_BYTES),
  }
}

function metadata({ value }: Record): Meaning {
  if (value === null) return { type: 'unknown', value }
  const { type, version, data } = readRecord(value)
  return { type: `${type} ${version}`, value: data }
}

/** A frame version, a number and a version, each of one byte, before it. */
function remoteLog({ value }: Record): Meaning {
  const found = REMOTE_LOG_RECORDS.find(({ type }) => type === value?.[1])
  if (value === null || found === undefined) return { type: 'unknown', value }
  return { type: found.value.name, value: decodeMessage(found.value, value[2]!, value, 3) }
}

const CONTROL_MESSAGES: ReadonlyMap<number, Message> = new Map<number, Message>([
  [ControlType.ABORT, endTxnMarker], [ControlType.COMMIT, endTxnMarker],
  [ControlType.LEADER_CHANGE, leaderChangeMessage],
  [ControlType.SNAPSHOT_HEADER, snapshotHeaderRecord],
  [ControlType.SNAPSHOT_FOOTER, snapshotFooterRecord],
  [ControlType.KRAFT_VERSION, kRaftVersionRecord], [ControlType.KRAFT_VOTERS, votersRecord],
])

/** Values begin with their version; those of the quorum have it as their first field. */
function control({ key, value }: Record): Meaning {
  const type = controlTypeOf(key)
  const name = Object.entries(ControlType).find(([, number]) => number === type)?.[0]
  const message = CONTROL_MESSAGES.get(type ?? -1)
  if (name === undefined || message === undefined || value === null) {
    return { type: 'unknown mark', value }
  }
  const isMarker = message === endTxnMarker
  const decoded = isMarker
    ? decodeMessage(message, Math.min(value.readInt16BE(0), message.versions[1]), value,
      VERSION_BYTES)
    : decodeMessage(message, Math.min(value.readInt16BE(0), message.versions[1]), value)
  return { type: name, value: decoded }
}
