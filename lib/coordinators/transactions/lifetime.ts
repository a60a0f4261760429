// What happens to transactions when their shard is loaded, and when one of them is decided.

import { scheduleAborts, scheduleExpiry } from './expiry.ts'
import { MarkDelivery, type MarkPorts } from './marks.ts'
import type { TransactionsHooks } from './state.ts'
import { isEnding } from './transaction.ts'

/** `coordinatorEpoch`: the leader epoch of the shard's partition. */
export function transactionsHooks(coordinatorEpoch: number, ports: MarkPorts): TransactionsHooks {
  return {
    loaded(state) {
      // What was decided before is brought to its end.
      for (const transaction of [...state.transactions.values()].filter(isEnding)) {
        state.tellPartitions(transaction.transactionalId)
      }
      scheduleAborts(state)
      scheduleExpiry(state)
    },
    tellPartitions(state, transaction) {
      new MarkDelivery(state, transaction, coordinatorEpoch, ports).start()
    },
  }
}
