// A snapshot as Kafka writes it (KIP-630): a header, the records of the image, a footer, in batches
// whose offsets count from zero.

import { decodeMessage, encodeMessage } from '../protocol/compile.ts'
import {
  snapshotFooterRecord, snapshotHeaderRecord,
} from '../protocol/messages/records/snapshot.ts'
import { Batch, buildBatch, wholeBatches } from '../protocol/records/batch.ts'
import { controlKey, ControlType, controlTypeOf } from '../protocol/records/control.ts'
import { recordsOf } from '../protocol/records/record.ts'
import { CONFIGURED_QUORUM, type Quorum, quorumAfter, quorumRecords } from './raft/quorum.ts'

const VERSION = 0
/** Records are gathered into batches of about this size. */
const BATCH_BYTES = 1 << 20

export interface SnapshotId {
  /** The offset after the last record that the snapshot stands for. */
  readonly endOffset: number
  /** The epoch of that record. */
  readonly epoch: number
}

export const BOOTSTRAP_SNAPSHOT: SnapshotId = { endOffset: 0, epoch: 0 }

export function snapshotFileName({ endOffset, epoch }: SnapshotId): string {
  return `${String(endOffset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}.checkpoint`
}

/** Undefined for other files, unfinished snapshots (`.checkpoint.part`) among them. */
export function parseSnapshotName(name: string): SnapshotId | undefined {
  const match = /^(\d{20})-(\d{10})\.checkpoint$/.exec(name)
  return match ? { endOffset: Number(match[1]), epoch: Number(match[2]) } : undefined
}

export interface SnapshotToWrite {
  readonly epoch: number
  readonly nowMs: number
  /** When the last record that the snapshot stands for was appended. */
  readonly lastTimestampMs: number
  /** Left out: as configured. */
  readonly quorum?: Quorum
  /** Values of metadata records, in order. */
  readonly values: Iterable<Buffer>
}

/** The snapshot's batches, one after the other. */
export function* encodeSnapshot(snapshot: SnapshotToWrite): Generator<Buffer> {
  const { epoch: leaderEpoch, nowMs: timestamp } = snapshot
  let baseOffset = 0
  const header = encodeMessage(snapshotHeaderRecord, VERSION,
    { version: VERSION, lastContainedLogTimestamp: snapshot.lastTimestampMs })
  const control = (...records: { key: Buffer, value: Buffer }[]): Buffer => buildBatch({
    baseOffset, leaderEpoch, isControl: true,
    records: records.map((record) => ({ ...record, timestamp })),
  })
  const quorum = quorumRecords(snapshot.quorum ?? CONFIGURED_QUORUM)
  yield control({ key: controlKey(ControlType.SNAPSHOT_HEADER), value: header }, ...quorum)
  baseOffset += 1 + quorum.length
  for (const values of inBatches(snapshot.values)) {
    yield buildBatch({
      baseOffset, leaderEpoch, records: values.map((value) => ({ key: null, value, timestamp })),
    })
    baseOffset += values.length
  }
  const footer = encodeMessage(snapshotFooterRecord, VERSION, { version: VERSION })
  yield control({ key: controlKey(ControlType.SNAPSHOT_FOOTER), value: footer })
}

function* inBatches(values: Iterable<Buffer>): Generator<Buffer[]> {
  let batch: Buffer[] = []
  let sizeBytes = 0
  for (const value of values) {
    batch.push(value)
    sizeBytes += value.length
    if (sizeBytes < BATCH_BYTES) continue
    yield batch
    batch = []
    sizeBytes = 0
  }
  if (batch.length > 0) yield batch
}

export interface SnapshotRead {
  readonly lastTimestampMs: number
  readonly quorum: Quorum
  readonly values: readonly Buffer[]
}

/** Reads a snapshot; undefined when it is damaged or has no end. */
export function decodeSnapshot(bytes: Buffer): SnapshotRead | undefined {
  if (wholeBatches(bytes) !== bytes.length) return undefined
  const values: Buffer[] = []
  let lastTimestampMs: number | undefined
  let isEnded = false
  let quorum = CONFIGURED_QUORUM
  const batch = new Batch(bytes)
  while (batch.next()) {
    if (isEnded || !batch.isCrcValid()) return undefined
    quorum = quorumAfter(quorum, batch)
    for (const { key, value } of recordsOf(batch)) {
      if (value === null) return undefined
      if (!batch.isControl) {
        values.push(value)
        continue
      }
      const type = controlTypeOf(key)
      if (type === ControlType.SNAPSHOT_HEADER) {
        lastTimestampMs = decodeMessage(snapshotHeaderRecord, VERSION, value)
          .lastContainedLogTimestamp
      }
      isEnded = type === ControlType.SNAPSHOT_FOOTER
    }
  }
  return isEnded && lastTimestampMs !== undefined ? { lastTimestampMs, quorum, values } : undefined
}
