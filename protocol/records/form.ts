// What bytes must look like to be a batch of any format, before they are read as one of today's.

import { ApiError, Errors } from '../errors.ts'
import { LENGTH_AT, LOG_OVERHEAD, MAGIC, MAGIC_AT } from './batch.ts'

/** What Kafka takes for the least length: that of the oldest format. */
const LEAST_LENGTH = 14

/**
 * Throws CORRUPT_MESSAGE for what can be no batch at the position. Answers its magic; undefined
 * where the bytes end before that.
 */
export function checkForm(bytes: Buffer, position: number): number | undefined {
  const left = bytes.length - position
  if (left < LOG_OVERHEAD) return undefined
  const length = bytes.readInt32BE(position + LENGTH_AT)
  if (length < LEAST_LENGTH) {
    throw new ApiError(Errors.CORRUPT_MESSAGE,
      `Record size ${length} is less than the minimum record overhead (${LEAST_LENGTH})`)
  }
  if (left <= MAGIC_AT) return undefined
  const magic = bytes.readInt8(position + MAGIC_AT)
  if (magic < 0 || magic > MAGIC) {
    throw new ApiError(Errors.CORRUPT_MESSAGE, `Invalid magic found in record: ${magic}`)
  }
  return magic
}
