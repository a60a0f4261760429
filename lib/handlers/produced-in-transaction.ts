// How the records of a Produce request take part in a transaction, by the version of the request
// (KIP-890), and what its producer is told when they cannot.

import { type ErrorCode, errorName, Errors } from '../../protocol/errors.ts'
import type { Participation } from '../coordinators/transactions/gate.ts'

const ABORTABLE_SINCE = 11
/** Partitions are added to transactions by being written to. */
const ADDED_SINCE = 12

/** The coordinator cannot be asked now. */
const COORDINATOR_ERRORS: ReadonlySet<number> = new Set([
  Errors.NETWORK_EXCEPTION, Errors.COORDINATOR_LOAD_IN_PROGRESS, Errors.COORDINATOR_NOT_AVAILABLE,
  Errors.NOT_COORDINATOR,
])

export function participationOf(apiVersion: number): Participation {
  if (apiVersion >= ADDED_SINCE) return 'added'
  return apiVersion >= ABORTABLE_SINCE ? 'verified' : 'verified-bluntly'
}

/** The records did not get into the transaction, as the client's version can be told of it. */
export function notEntered(
  code: ErrorCode, apiVersion: number,
): { errorCode: ErrorCode, errorMessage: string | null } {
  if (code === Errors.INVALID_TXN_STATE) {
    return { errorCode: code, errorMessage: 'Partition was not added to the transaction' }
  }
  const isPassing = COORDINATOR_ERRORS.has(code)
    || code === Errors.CONCURRENT_TRANSACTIONS && apiVersion < ADDED_SINCE
  if (!isPassing) return { errorCode: code, errorMessage: null }
  // Producers know of replicas, not of coordinators: this they try again without looking for
  // another leader.
  return {
    errorCode: Errors.NOT_ENOUGH_REPLICAS,
    errorMessage: 'Unable to verify the partition has been added to the transaction. Underlying ' +
      `error: ${errorName(code)}`,
  }
}
