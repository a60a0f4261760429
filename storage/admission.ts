// Decides whether batches may be appended to a log, before anything of them is.

import { ApiError, Errors } from '../protocol/errors.ts'
import { Batch } from '../protocol/records/batch.ts'
import type { LogConfig } from './config.ts'
import { endMarkOf } from './end-mark.ts'
import type { AppendOptions } from './log-options.ts'
import type { BatchMetadata, ProducerState } from './producers.ts'
import { checkBatch, validateAndAssign } from './validate.ts'

/** The log, as far as it matters here. */
export interface Admitting {
  readonly config: LogConfig
  readonly producers: ProducerState
  /** `topic-partition`, for messages. */
  readonly name: string
  readonly nextOffset: number
}

export interface Admitted {
  /** In the order of their offsets, which they have; at least one. */
  readonly batches: readonly Batch[]
  /** A batch that is in the log already: none of them is to be appended. */
  readonly duplicate: BatchMetadata | undefined
}

/** Checks the batches and gives them their offsets. Throws the first one's `ApiError`. */
export function admit(records: Buffer, options: AppendOptions, log: Admitting): Admitted {
  const { origin } = options
  const { config, name } = log
  const isAssigned = origin === 'replica' || origin === 'controller'
  const batches: Batch[] = []
  let { nextOffset } = log
  for (const cursor = new Batch(records); cursor.next();) {
    checkBatch(cursor, origin, config, name)
    const batch = new Batch(isAssigned ? cursor.bytes() : validateAndAssign(cursor, {
      ...options, nextOffset, config, name,
    }))
    if (batch.baseOffset < nextOffset) {
      throw new Error(`${name}: a batch of offset ${batch.baseOffset} cannot follow ${nextOffset}`)
    }
    nextOffset = batch.nextOffset
    batches.push(batch)
  }
  if (batches.length === 0) {
    throw new ApiError(Errors.INVALID_RECORD, `No record batch in the append to ${name}`)
  }
  return { batches, duplicate: isAssigned ? undefined : checkProducers(batches, options, log) }
}

/** Gives the batch that was sent again, if one was. */
function checkProducers(
  batches: readonly Batch[], { origin }: AppendOptions, { config, producers, name }: Admitting,
): BatchMetadata | undefined {
  const check = { origin, isVerified: false, transactionVersion: 0 }
  for (const batch of batches) {
    if (batch.sizeBytes > config.segmentBytes) {
      throw new ApiError(Errors.RECORD_LIST_TOO_LARGE,
        `Message batch size is ${batch.sizeBytes} bytes in append to partition ${name}, which `
        + `exceeds the maximum configured segment size of ${config.segmentBytes}.`)
    }
    if (!batch.hasProducer) continue
    const mark = batch.isControl ? endMarkOf(batch) : undefined
    if (mark !== undefined) {
      producers.checkMark(batch, mark, batch.baseOffset, check)
      continue
    }
    const duplicate = origin === 'client' ? producers.findDuplicate(batch) : undefined
    if (duplicate !== undefined) return duplicate
    producers.check(batch, batch.baseOffset, check)
  }
  return undefined
}
