// Settings that are pairs, NAME:VALUE, separated by commas, as Kafka reads them in a dynamic
// change.

import { ApiError, Errors } from '../../protocol/errors.ts'

/** Throws INVALID_REQUEST, in the words of Java, which cuts at the last colon. */
export function pairsIn(setting: string, text: string): [string, string][] {
  const pairs = text.split(',').map((one) => one.trim()).filter((one) => one !== '')
  return pairs.map((pair) => {
    const colon = pair.lastIndexOf(':')
    if (colon >= 0) return [pair.slice(0, colon).trim(), pair.slice(colon + 1).trim()]
    throw new ApiError(Errors.INVALID_REQUEST, 'Error parsing configuration property ' +
      `'${setting}': begin 0, end -1, length ${pair.length}`)
  })
}
