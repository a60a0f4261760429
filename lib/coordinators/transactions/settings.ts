// The settings of transactions, out of the node's configuration.

import type { Config } from '../../config.ts'
import type { TransactionSettings } from './state.ts'

export function transactionSettings(config: Config): TransactionSettings {
  return {
    maxTimeoutMs: config.transactionMaxTimeoutMs,
    abortCheckIntervalMs: config.transactionAbortTimedOutTransactionCleanupIntervalMs,
    expirationMs: config.transactionalIdExpirationMs,
    expirationCheckIntervalMs: config.transactionRemoveExpiredTransactionCleanupIntervalMs,
  }
}
