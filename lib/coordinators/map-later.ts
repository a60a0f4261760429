// Pending answers turned into other pending answers, and made of what is there already.

import { ApiError, type ErrorCode } from '../../protocol/errors.ts'
import { Later } from '../server/later.ts'

/** Completes with what `answer`, or (left out: fails as before) `answerError`, makes of it. */
export function mapLater<A, B>(
  from: Later<A>, answer: (value: A) => B, answerError?: (error: unknown) => B,
): Later<B> {
  const later = new Later<B>()
  from.settle((value) => later.complete(answer(value)), (error) => {
    if (answerError === undefined) later.fail(error)
    else later.complete(answerError(error))
  })
  return later
}

export function promised<T>(later: Later<T>): Promise<T> {
  return new Promise((resolve, reject) => later.settle(resolve, reject))
}

export function answered<T>(value: T): Later<T> {
  const later = new Later<T>()
  later.complete(value)
  return later
}

export function failed<T>(code: ErrorCode): Later<T> {
  const later = new Later<T>()
  later.fail(new ApiError(code))
  return later
}
