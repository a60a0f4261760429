// Produce (API key 0, versions 3 to 13). A client appends record batches to partitions, each to
// its leader; with acks 0 there is no answer at all.
//
// Version 3: transactions and record format 2 (KIP-98), the oldest that is left; 4: a failed log
// directory may be the error (KIP-112); 5: the log's start offset in the answer; 7: zstd
// (KIP-110); 8: which records spoiled a batch, and why (KIP-467); 9: flexible; 10: the answer
// names the new leader and its address (KIP-951); 11: TRANSACTION_ABORTABLE, 12: adds partitions
// to the transaction on the way (both KIP-890); 13: topic ids in the place of names (KIP-516).

import {
  api, array, int16, int32, int64, records, type RequestOf, type ResponseOf, string, struct, uuid,
} from '../schema.ts'

export const produce = api({
  name: 'Produce', key: 0, versions: [3, 13], flexibleSince: 9,
  request: {
    transactionalId: string.nullable().default(null).entity('transactionalId'),
    acks: int16,
    timeoutMs: int32,
    topicData: array({
      name: string.until(12).key().entity('topicName'),
      topicId: uuid.since(13).key(),
      partitionData: array({ index: int32, records: records.nullable() }),
    }),
  },
  response: {
    responses: array({
      name: string.until(12).key().entity('topicName'),
      topicId: uuid.since(13).key(),
      partitionResponses: array({
        index: int32,
        errorCode: int16,
        baseOffset: int64,
        logAppendTimeMs: int64.default(-1),
        logStartOffset: int64.since(5).default(-1),
        recordErrors: array({
          batchIndex: int32,
          batchIndexErrorMessage: string.nullable().default(null),
        }).since(8),
        errorMessage: string.since(8).nullable().default(null),
        currentLeader: struct({
          leaderId: int32.default(-1).entity('brokerId'),
          leaderEpoch: int32.default(-1),
        }).since(10).tag(0),
      }),
    }),
    throttleTimeMs: int32.default(0),
    nodeEndpoints: array({
      nodeId: int32.key().entity('brokerId'),
      host: string,
      port: int32,
      rack: string.nullable().default(null),
    }).since(10).tag(0),
  },
})

export interface ProduceRequest extends RequestOf<typeof produce> {}
export type ProduceResponse = ResponseOf<typeof produce>
