// The Produce API (key 0): request and response, versions 3 to 13.

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
