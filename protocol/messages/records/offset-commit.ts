// What `__consumer_offsets` holds of a committed offset.

import { type Decoded, int32, int64, message, string, uuid } from '../../schema.ts'

export const offsetCommitKey = message({
  name: 'OffsetCommitKey', versions: [0, 0],
  fields: {
    group: string,
    topic: string,
    partition: int32,
  },
})

export interface OffsetCommitKey extends Decoded<typeof offsetCommitKey> {}

export const offsetCommitValue = message({
  name: 'OffsetCommitValue', versions: [0, 4], flexibleSince: 4,
  fields: {
    offset: int64,
    leaderEpoch: int32.since(3).default(-1),
    metadata: string,
    commitTimestamp: int64,
    expireTimestamp: int64.since(1).until(1).default(-1),
    topicId: uuid.since(4).tag(0),
  },
})

export interface OffsetCommitValue extends Decoded<typeof offsetCommitValue> {}
