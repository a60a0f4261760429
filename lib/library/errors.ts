// What goes wrong in the library, as its users see it.

import { type ErrorCode, errorMessage, errorName, type ErrorName } from '../../protocol/errors.ts'

/** An error of the protocol, as any client would have got it. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError'
  /** Kafka's name of it: `UNKNOWN_TOPIC_OR_PARTITION`, … */
  readonly code: ErrorName
  /** Kafka's number of it. */
  readonly errorCode: number

  constructor(errorCode: number, about?: string, message?: string | null) {
    const code = errorName(errorCode)
    const said = message ?? errorMessage(errorCode) ?? 'no more is said of it'
    super(`${about === undefined ? '' : `${about}: `}${said} (${code})`)
    this.code = code
    this.errorCode = errorCode
  }
}

/** Throws for any code but NONE. */
export function throwIfError(
  errorCode: number, about: string, message?: string | null,
): asserts errorCode is typeof NONE {
  if (errorCode !== NONE) throw new KafkaError(errorCode, about, message)
}

const NONE: ErrorCode = 0
