// Builds the offset map of a cleaning: the newest offset of each key in the dirty part of a log.

import type { Batch } from '../../protocol/records/batch.ts'
import { RecordCursor } from '../../protocol/records/record.ts'
import { abortedTransactions } from '../search.ts'
import { between, type Cleanable } from './cleanable.ts'
import { type CleanedLog, NOTHING, type Steps } from './cleaned-log.ts'
import type { OffsetMap } from './offset-map.ts'
import { storedPayloadOf } from './payload.ts'
import { CleanedTransactions } from './transactions.ts'
import { walk } from './walk.ts'

/** After so many records others get their turn. */
const RECORDS_AT_ONCE = 256

/**
 * Reads the dirty part until the map is full; `map.latestOffset` then tells how far it got. Throws
 * what `walk` does.
 */
export function* indexKeys(
  log: CleanedLog, cleanable: Cleanable, map: OffsetMap, buffer: Buffer,
): Steps<void> {
  const { firstDirtyOffset: from, firstUncleanableOffset: to } = cleanable
  const aborted = log.io(() => abortedTransactions(log.segments, from, to))
  const transactions = new CleanedTransactions(aborted)
  const visitor = { batch: (batch: Batch) => indexBatch(batch, from, transactions, map) }
  const dirty = between(log.segments.all, from, to)
  for (const [i, segment] of dirty.entries()) {
    const isWhole = yield* walk(log, { segment, from, buffer }, visitor)
    if (!isWhole) return
    map.latestOffset = (dirty[i + 1]?.baseOffset ?? to) - 1
  }
}

/** False when the map is full. */
function* indexBatch(
  batch: Batch, from: number, transactions: CleanedTransactions, map: OffsetMap,
): Steps<boolean> {
  const isObsolete = transactions.isObsolete(batch)
  if (batch.lastOffset < from) return true
  if (!isObsolete && !batch.isControl && batch.count > 0) {
    const payload = storedPayloadOf(batch)
    for (const cursor = new RecordCursor(payload, batch.count); cursor.next();) {
      const offset = batch.baseOffset + cursor.offsetDelta
      if (!cursor.hasKey || offset < from) continue
      if (!map.put(payload, cursor.keyStart, cursor.keyEnd, offset)) {
        map.latestOffset = offset - 1
        return false
      }
      if (cursor.index % RECORDS_AT_ONCE === RECORDS_AT_ONCE - 1) yield NOTHING
    }
  }
  map.latestOffset = batch.lastOffset
  return true
}
