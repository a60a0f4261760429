// What changed of a partition: fields left out stay as they are. Version 1: the log directory of
// each replica (KIP-858); 2: eligible leader replicas (KIP-966).

import { array, int32, int8, message, uuid } from '../../protocol/schema.ts'

export const partitionChangeRecord = message({
  name: 'PartitionChangeRecord', versions: [0, 2], flexibleSince: 0,
  fields: {
    partitionId: int32.default(-1),
    topicId: uuid,
    isr: array(int32).nullable().default(null).entity('brokerId').tag(0),
    leader: int32.default(-2).entity('brokerId').tag(1),
    replicas: array(int32).nullable().default(null).entity('brokerId').tag(2),
    removingReplicas: array(int32).nullable().default(null).entity('brokerId').tag(3),
    addingReplicas: array(int32).nullable().default(null).entity('brokerId').tag(4),
    leaderRecoveryState: int8.default(-1).tag(5),
    directories: array(uuid).since(1).nullable().default(null).tag(8),
    eligibleLeaderReplicas: array(int32).since(2).nullable().default(null)
      .entity('brokerId').tag(6),
    lastKnownElr: array(int32).since(2).nullable().default(null).entity('brokerId').tag(7),
  },
})
