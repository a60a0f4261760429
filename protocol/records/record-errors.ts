// What may be wrong with the records of a batch, as answers.

import { ApiError, Errors } from '../errors.ts'

/** Records whose structure is broken: the answer is INVALID_RECORD. */
export class InvalidRecordError extends ApiError {
  /** Place of the record in its batch, from 0; −1 where it is the batch itself. */
  readonly recordIndex: number

  constructor(message: string, recordIndex = -1) {
    super(Errors.INVALID_RECORD, message)
    this.recordIndex = recordIndex
  }
}

/** Messages of before there were batches (magic 0 and 1): the answer is INVALID_RECORD. */
export class OldFormatError extends InvalidRecordError {
  constructor(magic: number) {
    super(`These are messages of message format ${magic}; only batches of format 2 are read.`)
  }
}

/**
 * Records that cannot be uncompressed, or by a codec that nobody knows. Kafka has no error for
 * it: the answer is UNKNOWN_SERVER_ERROR.
 */
export class DecompressionError extends ApiError {
  constructor(message: string) {
    super(Errors.UNKNOWN_SERVER_ERROR, message)
  }
}

/** Records that are larger than may be, uncompressed: MESSAGE_TOO_LARGE. */
export class DecompressedTooLargeError extends ApiError {
  constructor(maxSizeBytes: number) {
    super(
      Errors.MESSAGE_TOO_LARGE, `The records are larger than ${maxSizeBytes} bytes, uncompressed.`,
    )
  }
}
