// Decides whether batches may be appended to a log, before anything of them is.

import { ApiError, Errors } from '../protocol/errors.ts'
import { Batch } from '../protocol/records/batch.ts'
import { endMarkOf } from './end-mark.ts'
import type { AppendInfo, AppendOptions } from './log-options.ts'
import type { BatchMetadata, ProducerState } from './producers.ts'
import {
  checkBatch, checkStructure, validateAndAssign, type ValidatingLog,
} from './validate.ts'

/** The log, as far as it matters here. */
export interface Admitting extends ValidatingLog {
  readonly producers: ProducerState
}

export interface Admitted {
  /** In the order of their offsets, which they have; only a follower may have nothing to append. */
  readonly batches: readonly Batch[]
  /** A batch that is in the log already: none of them is to be appended. */
  readonly duplicate: BatchMetadata | undefined
}

/** Checks the batches and gives them their offsets. Throws the first one's `ApiError`. */
export function admit(records: Buffer, options: AppendOptions, log: Admitting): Admitted {
  const { origin } = options
  if (origin === 'replica' || origin === 'controller') {
    return { batches: admitAssigned(records, options, log), duplicate: undefined }
  }
  checkStructure(records, log.name)
  const sent = new Batch(records)
  if (!sent.next()) {
    throw new ApiError(Errors.INVALID_RECORD, 'Record batch has no batches at all')
  }
  checkBatch(sent, options, log)
  // A producer sends one batch at a time; what is no whole one is cut off.
  if (records.length > sent.sizeBytes && new Batch(records, sent.sizeBytes).next()) {
    throw new ApiError(Errors.INVALID_RECORD, 'Compressed outer record has more than one batch')
  }
  const batch = validateAndAssign(sent, options, log)
  return { batches: [batch], duplicate: checkProducer(batch, options, log) }
}

/** Batches that have their offsets, from the leader of the partition or of the quorum. */
function admitAssigned(
  records: Buffer, options: AppendOptions, log: Admitting,
): Batch[] {
  const batches: Batch[] = []
  let leastOffset = log.endOffset
  for (const cursor = new Batch(records); cursor.next();) {
    // Of a leader that this replica does not follow yet (KAFKA-18723).
    if (options.origin === 'replica' && cursor.leaderEpoch > options.leaderEpoch) break
    checkBatch(cursor, options, log)
    if (cursor.baseOffset < leastOffset) {
      throw new Error(
        `${log.name}: a batch of offset ${cursor.baseOffset} cannot follow ${leastOffset}`)
    }
    leastOffset = cursor.nextOffset
    batches.push(new Batch(cursor.buffer, cursor.position))
  }
  return batches
}

/** Gives the batch that was sent again, if this is one. */
function checkProducer(
  batch: Batch, options: AppendOptions, { config, producers, name }: Admitting,
): BatchMetadata | undefined {
  if (batch.sizeBytes > config.segmentBytes) {
    throw new ApiError(Errors.RECORD_LIST_TOO_LARGE,
      `Message batch size is ${batch.sizeBytes} bytes in append to partition ${name}, which `
      + `exceeds the maximum configured segment size of ${config.segmentBytes}.`)
  }
  if (!batch.hasProducer) return undefined
  const { origin, verification, isVerificationRequired = true, transactionVersion = 0 } = options
  const isVerified = !isVerificationRequired
    || producers.verifications.isOpen(batch.producerId, verification)
  const check = { origin, isVerified, transactionVersion }
  const mark = batch.isControl ? endMarkOf(batch) : undefined
  if (mark !== undefined) {
    producers.checkMark(batch, mark, batch.baseOffset, check)
    return undefined
  }
  const duplicate = origin === 'client' ? producers.findDuplicate(batch) : undefined
  if (duplicate === undefined) producers.check(batch, batch.baseOffset, check)
  return duplicate
}

/** The answer to a batch that is in the log already. */
export function infoOf(
  { lastOffset, offsetDelta, timestamp }: BatchMetadata, logStartOffset: number,
): AppendInfo {
  return {
    firstOffset: lastOffset - offsetDelta, lastOffset, maxTimestamp: timestamp, logStartOffset,
    logAppendTimeMs: timestamp, duplicate: true, sizeBytes: 0,
  }
}
