// A partition as it is at its creation, or in a snapshot. Version 1: the log directory of each
// replica (KIP-858); 2: eligible leader replicas (KIP-966).

import { array, int32, int8, message, uuid } from '../../protocol/schema.ts'

export const partitionRecord = message({
  name: 'PartitionRecord', versions: [0, 2], flexibleSince: 0,
  fields: {
    partitionId: int32.default(-1),
    topicId: uuid,
    replicas: array(int32).entity('brokerId'),
    isr: array(int32),
    removingReplicas: array(int32).entity('brokerId'),
    addingReplicas: array(int32).entity('brokerId'),
    leader: int32.default(-1).entity('brokerId'),
    leaderRecoveryState: int8.default(0).tag(0),
    leaderEpoch: int32.default(-1),
    partitionEpoch: int32.default(-1),
    directories: array(uuid).since(1),
    eligibleLeaderReplicas: array(int32).since(2).nullable().default(null)
      .entity('brokerId').tag(1),
    lastKnownElr: array(int32).since(2).nullable().default(null).entity('brokerId').tag(2),
  },
})
