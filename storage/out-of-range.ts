// What is said of offsets that a log does not have, in Kafka's words.

import { ApiError, Errors } from '../protocol/errors.ts'

interface Ranged {
  readonly name: string
  readonly startOffset: number
  readonly highWatermark: number
  readonly endOffset: number
}

export function checkReadable({ name, startOffset, endOffset }: Ranged, offset: number): void {
  if (offset >= startOffset && offset <= endOffset) return
  throw new ApiError(Errors.OFFSET_OUT_OF_RANGE,
    `Received request for offset ${offset} for partition ${name}, but we only have log segments `
    + `from offset ${startOffset} up to ${endOffset}.`)
}

export function checkDeletable({ name, highWatermark }: Ranged, offset: number): void {
  if (offset <= highWatermark) return
  throw new ApiError(Errors.OFFSET_OUT_OF_RANGE,
    `Cannot increment the log start offset to ${offset} of partition ${name} since it is larger `
    + `than the high watermark ${highWatermark}`)
}
