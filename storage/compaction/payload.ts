// The records of a batch that is in the log already, uncompressed.

import type { Batch } from '../../protocol/records/batch.ts'
import { payloadOf } from '../../protocol/records/record.ts'

/** More than a client may send: Kafka may have taken it. */
const MAX_PAYLOAD_BYTES = 1024 * 1024 * 1024

/** Throws DecompressionError. */
export function storedPayloadOf(batch: Batch): Buffer {
  return payloadOf(batch, { maxSizeBytes: MAX_PAYLOAD_BYTES })
}
