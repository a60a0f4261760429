// Reads the mark out of a control batch that ends a transaction.

import { Errors, ApiError } from '../protocol/errors.ts'
import type { Batch } from '../protocol/records/batch.ts'
import { ControlType, controlTypeOf } from '../protocol/records/control.ts'
import { recordsOf } from '../protocol/records/record.ts'
import type { EndMark } from './producers.ts'

const VALUE_BYTES = 6

/** Undefined for control batches of another kind. Throws INVALID_RECORD. */
export function endMarkOf(batch: Batch): EndMark | undefined {
  for (const { key, value, timestamp } of recordsOf(batch)) {
    const type = controlTypeOf(key)
    if (type !== ControlType.ABORT && type !== ControlType.COMMIT) return undefined
    if (value === null || value.length < VALUE_BYTES) {
      throw new ApiError(Errors.INVALID_RECORD, 'The mark at the end of a transaction is cut off')
    }
    return {
      isAborted: type === ControlType.ABORT, coordinatorEpoch: value.readInt32BE(2), timestamp,
    }
  }
  return undefined
}
