// What Kafka asks of lists in configs whose entries may be anything.

import { ApiError, Errors } from '../protocol/errors.ts'
import type { ConfigValue } from '../storage/config-values.ts'

/** No entry twice, and none that is empty. Throws INVALID_CONFIG. */
export function checkUnique(name: string, value: ConfigValue): void {
  const entries = value as readonly string[]
  const refuse = (what: string): never => {
    throw new ApiError(Errors.INVALID_CONFIG, `Configuration '${name}' values must not be ${what}.`)
  }
  if (new Set(entries).size < entries.length) refuse('duplicated')
  if (entries.includes('')) refuse('empty')
}
