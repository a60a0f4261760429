// AddOffsetsToTxn (key 25): offsets of a group are going to be committed in a transaction, so its
// partition of `__consumer_offsets` is part of it (KIP-98).
//
// Versions: 2 says PRODUCER_FENCED (KIP-588), before INVALID_PRODUCER_EPOCH; 4 may say
// TRANSACTION_ABORTABLE (KIP-890).

import { Errors } from '../../protocol/errors.ts'
import {
  addOffsetsToTxn, type AddOffsetsToTxnRequest, type AddOffsetsToTxnResponse,
} from '../../protocol/messages/add-offsets-to-txn.ts'
import { GROUP_METADATA_TOPIC } from '../coordinators/internal-topic.ts'
import { mapLater } from '../coordinators/map-later.ts'
import { setOfPartitions } from '../coordinators/transactions/partition-set.ts'
import { handler, type Later, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

const PRODUCER_FENCED_SINCE = 2
/** Clients of later versions have no need of it: their offsets are added on the way. */
const CLIENT_VERSION = 0

export const addOffsetsToTxnHandler = handler(addOffsetsToTxn, handleAddOffsetsToTxn, {
  errorAnswer: (_request, apiVersion, errorCode) => {
    const isUnknown = errorCode === Errors.PRODUCER_FENCED && apiVersion < PRODUCER_FENCED_SINCE
    return { errorCode: isUnknown ? Errors.INVALID_PRODUCER_EPOCH : errorCode }
  },
})

function handleAddOffsetsToTxn(
  request: AddOffsetsToTxnRequest, _context: RequestContext, { groups, transactions }: Services,
): Later<AddOffsetsToTxnResponse> {
  const { transactionalId, producerId, producerEpoch, groupId } = request
  const partition = groups.partitionOf(groupId)
  const added = transactions.coordinator.addPartitions({
    transactionalId, producerId, producerEpoch,
    partitions: setOfPartitions([[GROUP_METADATA_TOPIC, partition]]),
  }, CLIENT_VERSION)
  return mapLater<undefined, AddOffsetsToTxnResponse>(added, () => ({ errorCode: Errors.NONE }))
}
