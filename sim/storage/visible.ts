// What consumers get of a log, in both isolation levels, and what keys come to in the end.

import type { Batch } from '../../protocol/records/batch.ts'
import { ControlType, controlTypeOf } from '../../protocol/records/control.ts'
import { recordsOf } from '../../protocol/records/record.ts'
import type { Log } from '../../storage/log.ts'
import type { ModelRecord } from './model.ts'

export function readRecords(batch: Batch): ModelRecord[] {
  return [...recordsOf(batch)].map(({ offset, timestamp, key, value }) => (
    { offset, timestamp, key: key?.toString() ?? null, value: value?.toString() ?? null }))
}

/**
 * The batches that a consumer of committed records gets, one after the other: it goes by the list
 * of aborted transactions.
 */
export function* committedBatches(log: Log): Generator<Batch> {
  const end = log.lastStableOffset
  const aborted = log.abortedTransactions(log.startOffset, end)
    .sort((a, b) => a.firstOffset - b.firstOffset)
  const ignored = new Set<number>()
  for (const batch of log.batches(log.startOffset, end)) {
    while (aborted.length > 0 && aborted[0]!.firstOffset <= batch.lastOffset) {
      ignored.add(aborted.shift()!.producerId)
    }
    if (batch.isControl) {
      for (const { key } of recordsOf(batch)) {
        if (controlTypeOf(key) === ControlType.ABORT) ignored.delete(batch.producerId)
      }
    } else if (!batch.isTransactional || !ignored.has(batch.producerId)) {
      yield batch
    }
  }
}

export function readCommitted(log: Log): ModelRecord[] {
  const visible: ModelRecord[] = []
  for (const batch of committedBatches(log)) visible.push(...readRecords(batch))
  return visible.filter(({ offset }) => offset >= log.startOffset)
}

/** Of each key the last value; keys that were deleted, and records without one, are not there. */
export function folded(records: readonly ModelRecord[]): [string, string][] {
  const values = new Map<string, string>()
  for (const { key, value } of records) {
    if (key === null) continue
    if (value === null) values.delete(key)
    else values.set(key, value)
  }
  return [...values].sort(([a], [b]) => a < b ? -1 : 1)
}
