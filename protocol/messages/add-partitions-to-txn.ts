// AddPartitionsToTxn (API key 24, versions 0 to 5). Partitions join a transaction before it is
// written to there (KIP-98).
//
// Version 1: a throttled answer comes at once (KIP-219); 2: PRODUCER_FENCED (KIP-588); 3:
// flexible, the last for clients; 4: for brokers, several transactions in a request, to be
// verified or added; 5: TRANSACTION_ABORTABLE (both KIP-890).

import {
  api, array, bool, int16, int32, int64, type RequestOf, type ResponseOf, string,
} from '../schema.ts'

const addPartitionsToTxnTopic = {
  name: string.key().entity('topicName'),
  partitions: array(int32),
}

const addPartitionsToTxnPartitionResult = {
  partitionIndex: int32.key(),
  partitionErrorCode: int16,
}

const addPartitionsToTxnTopicResult = {
  name: string.key().entity('topicName'),
  resultsByPartition: array(addPartitionsToTxnPartitionResult),
}

export const addPartitionsToTxn = api({
  name: 'AddPartitionsToTxn', key: 24, versions: [0, 5], flexibleSince: 3,
  request: {
    transactions: array({
      transactionalId: string.key().entity('transactionalId'),
      producerId: int64.entity('producerId'),
      producerEpoch: int16,
      verifyOnly: bool.default(false),
      topics: array(addPartitionsToTxnTopic),
    }).since(4),
    v3AndBelowTransactionalId: string.until(3).entity('transactionalId'),
    v3AndBelowProducerId: int64.until(3).entity('producerId'),
    v3AndBelowProducerEpoch: int16.until(3),
    v3AndBelowTopics: array(addPartitionsToTxnTopic).until(3),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16.since(4),
    resultsByTransaction: array({
      transactionalId: string.key().entity('transactionalId'),
      topicResults: array(addPartitionsToTxnTopicResult),
    }).since(4),
    resultsByTopicV3AndBelow: array(addPartitionsToTxnTopicResult).until(3),
  },
})

export interface AddPartitionsToTxnRequest extends RequestOf<typeof addPartitionsToTxn> {}
export type AddPartitionsToTxnResponse = ResponseOf<typeof addPartitionsToTxn>
