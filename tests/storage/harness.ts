// What the tests of logs share: a log over a disk in memory, batches to append, values read back.

import { Batch, buildBatch, type BatchToBuild } from '../../protocol/records/batch.ts'
import { recordsOf } from '../../protocol/records/record.ts'
import type { Disk } from '../../storage/disk.ts'
import { type AppendInfo, type AppendOptions, Log, type LogOptions } from '../../storage/log.ts'
import type { Logger } from '../../storage/ports.ts'
import { fileNameOf } from '../../storage/segment-names.ts'

export const DIRECTORY = '/data/topic-0'

/** A file of the segment at the offset. */
export function pathOf(offset: number, suffix: string): string {
  return `${DIRECTORY}/${fileNameOf(offset)}${suffix}`
}

export const silent: Logger = {
  error() {}, warn() {}, info() {}, debug() {}, child: () => silent,
}

export function openLog(disk: Disk, options: Partial<LogOptions> = {}): Log {
  return Log.open({
    disk, directory: DIRECTORY, topicPartition: { topic: 'topic', partition: 0 },
    topicId: 'AAAAAAAAAAAAAAAAAAAAAg', logger: silent, nowMs: 1000, ...options,
  })
}

export function batchOf(
  values: readonly string[], batch: Partial<BatchToBuild> = {},
): Buffer {
  const records = values.map((value) => ({ key: null, value: Buffer.from(value), headers: [] }))
  return buildBatch({ records, timestampMs: 1000, ...batch })
}

export function append(
  log: Log, values: readonly string[], batch: Partial<BatchToBuild> = {},
  options: Partial<AppendOptions> = {},
): AppendInfo {
  const all: AppendOptions = { leaderEpoch: 0, nowMs: 1000, origin: 'client', ...options }
  return log.append(batchOf(values, batch), all)
}

/** Appends one batch of one record each, and writes them. */
export function appendEach(log: Log, ...values: string[]): void {
  for (const value of values) append(log, [value])
  log.flush()
}

export function valuesOf(log: Log, from = log.startOffset, to?: number): string[] {
  const values: string[] = []
  for (const batch of log.batches(from, to)) {
    for (const { value } of recordsOf(batch)) values.push(String(value))
  }
  return values
}

/** The values that reads give, one read after the other. */
export function readValues(log: Log, from: number, maxOffset = log.endOffset): string[] {
  const values: string[] = []
  for (let offset = from; offset < maxOffset;) {
    const { records, release } = log.read(offset, 1, { maxOffset, minOneBatch: true })
    if (records.length === 0) break
    const batch = new Batch(records)
    for (const { offset: at, value } of recordsOf(batch)) {
      if (at >= offset) values.push(String(value))
    }
    offset = batch.nextOffset
    release()
  }
  return values
}
