// Control records: marks of transactions, and of the quorum in its own log.

import { buildBatch } from './batch.ts'

/** The types of control records, by the number in their keys. */
export const ControlType = {
  ABORT: 0,
  COMMIT: 1,
  LEADER_CHANGE: 2,
  SNAPSHOT_HEADER: 3,
  SNAPSHOT_FOOTER: 4,
  KRAFT_VERSION: 5,
  KRAFT_VOTERS: 6,
} as const
export type ControlType = (typeof ControlType)[keyof typeof ControlType]

const KEY_VERSION = 0
const KEY_BYTES = 4
const END_MARKER_VERSION = 0

export function controlKey(type: ControlType): Buffer {
  const key = Buffer.alloc(KEY_BYTES)
  key.writeInt16BE(KEY_VERSION, 0)
  key.writeInt16BE(type, 2)
  return key
}

/** The type in the key of a control record; undefined for one that is not known. */
export function controlTypeOf(key: Buffer | null): ControlType | undefined {
  if (key === null || key.length < KEY_BYTES) return undefined
  const number = key.readInt16BE(2)
  return Object.values(ControlType).find((type) => type === number)
}

export interface EndMarker {
  readonly type: 'COMMIT' | 'ABORT'
  readonly baseOffset: number
  readonly timestampMs: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly leaderEpoch: number
}

/** The batch that ends a transaction in one partition. */
export function endMarkerBatch(marker: EndMarker): Buffer {
  const value = Buffer.alloc(6)
  value.writeInt16BE(END_MARKER_VERSION, 0)
  value.writeInt32BE(marker.coordinatorEpoch, 2)
  return buildBatch({
    ...marker,
    records: [{ key: controlKey(ControlType[marker.type]), value }],
    isTransactional: true,
    isControl: true,
  })
}
