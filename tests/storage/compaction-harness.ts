// What the tests of compaction share: appending keyed records and transactions, cleaning step by
// step, and reading as consumers of both isolation levels do.

import type { Batch } from '../../protocol/records/batch.ts'
import { buildBatch, type BatchToBuild } from '../../protocol/records/batch.ts'
import { endMarkerBatch } from '../../protocol/records/control.ts'
import { recordsOf } from '../../protocol/records/record.ts'
import type { Cleaned } from '../../storage/compaction/cleaner.ts'
import type { CleaningOptions } from '../../storage/compaction/cleaned-log.ts'
import { type LogConfig, parseLogConfig } from '../../storage/config.ts'
import { runSteps } from '../../sim/storage/cleaning.ts'
import { committedBatches } from '../../sim/storage/visible.ts'
import type { Log } from '../../storage/log.ts'

export const COMPACTED: LogConfig = {
  ...parseLogConfig(new Map([['cleanup.policy', 'compact']])),
  segmentBytes: 1000, indexIntervalBytes: 200, minCleanableDirtyRatio: 0, fileDeleteDelayMs: 0,
}

/** `[key, value]`; a null value is a tombstone, a null key is none. */
export type KeyValue = readonly [key: string | null, value: string | null]

export interface Visible {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
}

/** Appends one batch as a leader would send it. Answers its first offset. */
export function appendPairs(
  log: Log, pairs: readonly KeyValue[], batch: Partial<BatchToBuild> = {},
): number {
  const baseOffset = log.endOffset
  const records = pairs.map(([key, value]) => ({
    key: key === null ? null : Buffer.from(key), value: value === null ? null : Buffer.from(value),
    headers: [{ key: 'h', value: Buffer.from([0xff]) }],
  }))
  replicate(log, buildBatch({ records, timestampMs: 1000, leaderEpoch: 0, baseOffset, ...batch }))
  return baseOffset
}

export function appendMark(
  log: Log, type: 'COMMIT' | 'ABORT', producerId: number, timestampMs = 1000, producerEpoch = 0,
): number {
  const baseOffset = log.endOffset
  replicate(log, endMarkerBatch({
    type, baseOffset, timestampMs, producerId, producerEpoch, coordinatorEpoch: 0, leaderEpoch: 0,
  }))
  return baseOffset
}

function replicate(log: Log, bytes: Buffer): void {
  log.append(bytes, { leaderEpoch: 0, nowMs: 1000, origin: 'replica' })
  log.flush()
  log.advanceHighWatermark(log.endOffset)
}

/** A batch that begins a new segment, for the active one is never cleaned. */
export function roll(log: Log, timestampMs = 1000): void {
  const { segmentCount } = log
  for (let i = 0; log.segmentCount === segmentCount; i++) {
    appendPairs(log, [[`filler ${i}`, 'x'.repeat(300)]], { timestampMs })
  }
}

/** Undefined where nothing was to be done. */
export async function cleanLog(
  log: Log, nowMs: number, options: Partial<CleaningOptions> = {},
): Promise<Cleaned | undefined> {
  const cleanable = log.compaction.cleanable(nowMs)
  if (cleanable === undefined) return undefined
  return await runSteps(log.compaction.clean(cleanable, {
    nowMs, bufferBytes: 4096, maxMapBytes: 1024 * 1024, loadFactor: 0.9, ...options,
  }), nowMs)
}

function* visibleIn(batch: Batch): Generator<Visible> {
  for (const { offset, key, value } of recordsOf(batch)) {
    yield { offset, key: key?.toString() ?? null, value: value?.toString() ?? null }
  }
}

/** What a consumer gets that reads uncommitted records. */
export function readUncommitted(log: Log): Visible[] {
  const visible: Visible[] = []
  for (const batch of log.batches(log.startOffset, log.highWatermark)) {
    if (!batch.isControl) visible.push(...visibleIn(batch))
  }
  return visible
}

/** What a consumer of committed records gets. */
export function readCommitted(log: Log): Visible[] {
  const visible: Visible[] = []
  for (const batch of committedBatches(log)) visible.push(...visibleIn(batch))
  return visible
}

/** What the records say in the end: of each key the last value. */
export function folded(visible: readonly Visible[]): Map<string, string> {
  const values = new Map<string, string>()
  for (const { key, value } of visible) {
    if (key === null) continue
    if (value === null) values.delete(key)
    else values.set(key, value)
  }
  return values
}
