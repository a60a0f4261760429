// What the requests of access rules have in common.

import { CloseConnection } from '../server/handler.ts'

/** In each of the enumerations: resource, pattern, operation, permission. */
const UNKNOWN = 0

/** A request with one that means "unknown" cannot be read, to Kafka: the connection is closed. */
export function mustBeKnown(...codes: readonly number[]): void {
  if (codes.includes(UNKNOWN)) throw new CloseConnection('access rules contain unknown elements')
}
