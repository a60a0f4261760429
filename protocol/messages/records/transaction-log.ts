// What `__transaction_state` holds of a transactional id (KIP-98). Version 1 of the value is
// flexible; its tagged fields carry the producer ids and the epoch around an id's exhaustion, and
// the version of the transaction protocol that the client speaks (KIP-890).

import { array, type Decoded, int16, int32, int64, int8, message, string } from '../../schema.ts'

export const transactionLogKey = message({
  name: 'TransactionLogKey', versions: [0, 0],
  fields: {
    transactionalId: string,
  },
})

export interface TransactionLogKey extends Decoded<typeof transactionLogKey> {}

export const transactionLogValue = message({
  name: 'TransactionLogValue', versions: [0, 1], flexibleSince: 1,
  fields: {
    producerId: int64,
    previousProducerId: int64.since(1).default(-1).tag(0),
    nextProducerId: int64.since(1).default(-1).tag(1),
    producerEpoch: int16,
    nextProducerEpoch: int16.since(1).default(-1).tag(3),
    transactionTimeoutMs: int32,
    transactionStatus: int8,
    transactionPartitions: array({
      topic: string,
      partitionIds: array(int32),
    }).nullable(),
    transactionLastUpdateTimestampMs: int64,
    transactionStartTimestampMs: int64,
    clientTransactionVersion: int16.since(1).default(0).tag(2),
  },
})

export interface TransactionLogValue extends Decoded<typeof transactionLogValue> {}
