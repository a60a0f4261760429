// What transaction.version 2 adds (KIP-890), broken on purpose: epochs that rise with every end,
// partitions and groups that the broker adds, and ends that are sent again.

import { replace } from '../../compat/harness/sabotage.ts'
import { mapLater, answered, failed } from '../../lib/coordinators/map-later.ts'
import { TransactionCoordinator } from '../../lib/coordinators/transactions/coordinator.ts'
import { partitionsOf, setOfPartitions } from '../../lib/coordinators/transactions/partition-set.ts'
import { TransactionsState } from '../../lib/coordinators/transactions/state.ts'
import {
  EPOCH_BUMP_SINCE, type ProducerIdAndEpoch,
} from '../../lib/coordinators/transactions/transaction.ts'
import { Later } from '../../lib/server/later.ts'
import { Errors } from '../../protocol/errors.ts'

type EndTransaction = TransactionCoordinator['endTransaction']

function replaceEnd(
  end: (asIs: EndTransaction, ...args: Parameters<EndTransaction>) => ReturnType<EndTransaction>,
): void {
  const { endTransaction } = TransactionCoordinator.prototype
  replace(TransactionCoordinator.prototype, 'endTransaction', {
    value(this: TransactionCoordinator, request: Parameters<EndTransaction>[0]) {
      const asIs = endTransaction.bind(this)
      return request.clientVersion < EPOCH_BUMP_SINCE ? asIs(request) : end(asIs, request)
    },
  })
}

/** The end is one of an older version, and the answer is what the producer has already. */
export function keepEpochAtEnd(): void {
  replaceEnd((asIs, request) => asIs({ ...request, clientVersion: 0 }))
}

/** Clients of version 2 leave it to the broker to add partitions, and it does not add these. */
export function addAllBut(isLeftOut: (topic: string, partition: number) => boolean): void {
  const { addPartitions } = TransactionCoordinator.prototype
  replace(TransactionCoordinator.prototype, 'addPartitions', {
    value(
      this: TransactionCoordinator, ...[request, version]: Parameters<typeof addPartitions>
    ): ReturnType<typeof addPartitions> {
      if (version < EPOCH_BUMP_SINCE) return addPartitions.call(this, request, version)
      const added = [...partitionsOf(request.partitions)]
        .filter(([topic, partition]) => !isLeftOut(topic, partition))
      if (added.length === 0) return answered(undefined)
      return addPartitions.call(this, { ...request, partitions: setOfPartitions(added) }, version)
    },
  })
}

/**
 * Whoever did not hear the answer and asks again is given another one than the first time. Every
 * third answer is lost, so that there are such: that alone would be no fault.
 */
function answerRepeatedEnds(
  repeated: (request: ProducerIdAndEpoch) => ReturnType<EndTransaction>,
): void {
  const ended = new Set<string>()
  replaceEnd((asIs, request) => {
    const { producerId, producerEpoch } = request
    const key = `${producerId} ${producerEpoch}`
    if (ended.has(key)) return repeated({ producerId, producerEpoch })
    const answer = mapLater(asIs(request), (next) => {
      ended.add(key)
      return next
    })
    return producerEpoch % 3 === 2 ? new Later() : answer
  })
}

export const refuseRepeatedEnds = (): void => (
  answerRepeatedEnds(() => failed(Errors.PRODUCER_FENCED)))
export const answerOldEpoch = (): void => answerRepeatedEnds((request) => answered(request))

/** The rise of an epoch is kept in memory alone. */
export function forgetRises(): void {
  const { loaded } = TransactionsState.prototype
  replace(TransactionsState.prototype, 'loaded', {
    value(this: TransactionsState): void {
      for (const [id, transaction] of this.transactions) {
        const { state, clientVersion, producerEpoch } = transaction
        const hasRisen = clientVersion >= EPOCH_BUMP_SINCE && state.startsWith('Complete')
        if (!hasRisen || producerEpoch === 0) continue
        this.transactions.set(id, { ...transaction, producerEpoch: producerEpoch - 1 })
      }
      loaded.call(this)
    },
  })
}
