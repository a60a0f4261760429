// What `__consumer_offsets` holds of a committed offset. Version 1 of the value has an expiry time
// of its own, which version 2 takes away again (KIP-211); 3: the leader epoch (KIP-320); 4:
// flexible, with the topic's id. The legacy pair, with a key of type 0, is found in old logs alone.

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

export const legacyOffsetCommitKey = message({
  name: 'LegacyOffsetCommitKey', versions: [0, 0],
  fields: {
    group: string,
    topic: string,
    partition: int32,
  },
})

export interface LegacyOffsetCommitKey extends Decoded<typeof legacyOffsetCommitKey> {}

export const legacyOffsetCommitValue = message({
  name: 'LegacyOffsetCommitValue', versions: [0, 0],
  fields: {
    offset: int64,
    metadata: string,
    commitTimestamp: int64,
  },
})

export interface LegacyOffsetCommitValue extends Decoded<typeof legacyOffsetCommitValue> {}
