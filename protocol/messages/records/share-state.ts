// What `__share_group_state` holds of a share-partition (KIP-932): now and then a snapshot of all
// of its state, in between updates of what changed. The count of deliveries that are complete came
// in 4.2 (KIP-1226).

import {
  array, type Decoded, int16, int32, int64, int8, message, string, uuid,
} from '../../schema.ts'

export const shareSnapshotKey = message({
  name: 'ShareSnapshotKey', versions: [0, 0],
  fields: {
    groupId: string,
    topicId: uuid,
    partition: int32,
  },
})

export interface ShareSnapshotKey extends Decoded<typeof shareSnapshotKey> {}

export const shareSnapshotValue = message({
  name: 'ShareSnapshotValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    snapshotEpoch: int32,
    stateEpoch: int32,
    leaderEpoch: int32,
    startOffset: int64,
    deliveryCompleteCount: int32.default(-1).tag(0),
    createTimestamp: int64,
    writeTimestamp: int64,
    stateBatches: array({
      firstOffset: int64,
      lastOffset: int64,
      deliveryState: int8,
      deliveryCount: int16,
    }),
  },
})

export interface ShareSnapshotValue extends Decoded<typeof shareSnapshotValue> {}

export const shareUpdateKey = message({
  name: 'ShareUpdateKey', versions: [0, 0],
  fields: {
    groupId: string,
    topicId: uuid,
    partition: int32,
  },
})

export interface ShareUpdateKey extends Decoded<typeof shareUpdateKey> {}

export const shareUpdateValue = message({
  name: 'ShareUpdateValue', versions: [0, 0], flexibleSince: 0,
  fields: {
    snapshotEpoch: int32,
    leaderEpoch: int32,
    startOffset: int64,
    deliveryCompleteCount: int32.default(-1).tag(0),
    stateBatches: array({
      firstOffset: int64,
      lastOffset: int64,
      deliveryState: int8,
      deliveryCount: int16,
    }),
  },
})

export interface ShareUpdateValue extends Decoded<typeof shareUpdateValue> {}
