// What a cleaning leaves of a batch: the batch, some of its records, its bare header, or nothing.
//
// A record stays if nothing newer has its key, tombstones until their delete horizon (KIP-534). Of
// aborted transactions nothing stays, marks until their data is gone and their horizon has passed.
// The last batch of each producer stays, if need be without records: a log that is read again must
// tell the same of its producers (D5). So does the last batch below the high watermark.

import type { Batch } from '../../protocol/records/batch.ts'
import { RecordCursor } from '../../protocol/records/record.ts'
import { emptied, retainRecords } from '../../protocol/records/retained.ts'
import type { OffsetMap } from './offset-map.ts'
import { storedPayloadOf } from './payload.ts'
import type { CleanedTransactions } from './transactions.ts'

/** What the log knows of a producer. */
export interface LastOfProducer {
  readonly epoch: number
  /** Undefined where only marks are known of it. */
  readonly lastBatch: { readonly lastOffset: number } | undefined
}

export interface RetentionRules {
  readonly map: OffsetMap
  readonly transactions: CleanedTransactions
  readonly producers: { get(producerId: number): LastOfProducer | undefined }
  readonly highWatermark: () => number
  /** When the cleaning began. */
  readonly nowMs: number
  /** `delete.retention.ms` */
  readonly deleteRetentionMs: number
}

/** After so many records others get their turn. */
const RECORDS_AT_ONCE = 256

export class Retained {
  readonly #rules: RetentionRules
  #keeps = new Uint8Array(1024)
  recordsRead = 0
  recordsKept = 0

  constructor(rules: RetentionRules) {
    this.#rules = rules
  }

  /**
   * What is left of the next batch of the log, undefined when nothing is; the very bytes of the
   * batch when all of it is. Yields where a large batch can be left for a while. Throws
   * InvalidRecordError, DecompressionError.
   */
  *of(batch: Batch): Generator<void, Buffer | undefined> {
    const { transactions, highWatermark, nowMs } = this.#rules
    const isObsolete = transactions.isObsolete(batch)
    const staysEmpty = this.#isLastOfProducer(batch) || batch.nextOffset === highWatermark()
    const { deleteHorizonMs } = batch
    const isPastHorizon = deleteHorizonMs !== undefined && deleteHorizonMs <= nowMs
    this.recordsRead += batch.count
    if (batch.count === 0 || isObsolete && (!batch.isControl || isPastHorizon)) {
      return staysEmpty ? emptied(batch) : undefined
    }
    if (batch.isControl) return this.#mark(batch, isObsolete)
    return yield* this.#data(batch, staysEmpty)
  }

  #isLastOfProducer(batch: Batch): boolean {
    if (!batch.hasProducer) return false
    const producer = this.#rules.producers.get(batch.producerId)
    if (producer === undefined) return false
    return producer.lastBatch === undefined
      ? batch.isControl && batch.producerEpoch === producer.epoch
      : batch.lastOffset === producer.lastBatch.lastOffset
  }

  /** From when the data is gone, a mark has `delete.retention.ms` left. */
  #mark(batch: Batch, isObsolete: boolean): Buffer {
    this.recordsKept += batch.count
    const horizonMs = this.#newHorizonMs()
    if (!isObsolete || batch.deleteHorizonMs !== undefined || horizonMs === undefined) {
      return batch.bytes()
    }
    this.#expect(batch.count)
    this.#keeps.fill(1)
    return retainRecords(batch, storedPayloadOf(batch), this.#keeps, horizonMs)
  }

  /** Undefined where `delete.retention.ms` is for ever, or as good as. */
  #newHorizonMs(): number | undefined {
    const horizonMs = this.#rules.nowMs + this.#rules.deleteRetentionMs
    return Number.isSafeInteger(horizonMs) ? horizonMs : undefined
  }

  *#data(batch: Batch, staysEmpty: boolean): Generator<void, Buffer | undefined> {
    const payload = storedPayloadOf(batch)
    const { baseOffset, count, deleteHorizonMs } = batch
    const keepsTombstones = deleteHorizonMs === undefined || this.#rules.nowMs < deleteHorizonMs
    this.#expect(count)
    let kept = 0
    let hasTombstones = false
    for (const cursor = new RecordCursor(payload, count); cursor.next();) {
      const stays = (cursor.hasValue || keepsTombstones)
        && this.#isNewest(payload, cursor, baseOffset + cursor.offsetDelta)
        || baseOffset + cursor.offsetDelta > this.#rules.map.latestOffset
      this.#keeps[cursor.index] = stays ? 1 : 0
      if (stays) kept++
      if (stays && !cursor.hasValue) hasTombstones = true
      if (cursor.index % RECORDS_AT_ONCE === RECORDS_AT_ONCE - 1) yield
    }
    this.recordsKept += kept
    if (kept === 0) return staysEmpty ? emptied(batch) : undefined
    const newHorizonMs = hasTombstones ? this.#newHorizonMs() : undefined
    const horizonMs = deleteHorizonMs ?? newHorizonMs
    if (kept === count && horizonMs === deleteHorizonMs) return batch.bytes()
    return retainRecords(batch, payload, this.#keeps, horizonMs)
  }

  /** A record without a key can be no newest one: it goes. */
  #isNewest(payload: Buffer, cursor: RecordCursor, offset: number): boolean {
    return cursor.hasKey
      && offset >= this.#rules.map.get(payload, cursor.keyStart, cursor.keyEnd)
  }

  #expect(count: number): void {
    if (this.#keeps.length < count) this.#keeps = new Uint8Array(count * 2)
  }
}
