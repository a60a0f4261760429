// What consumers of one group tell each other through JoinGroup and SyncGroup: opaque to the
// broker. Both are framed by an int16 of their version, and a reader takes a version that is newer
// than it knows as the newest it knows. Version 1: owned partitions, for cooperative rebalancing
// (KIP-429); 2: the generation in which they were owned (KIP-792); 3: the rack (KIP-881).

import { array, bytes, type Decoded, int32, message, string } from '../schema.ts'

export const consumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription', versions: [0, 3],
  fields: {
    topics: array(string),
    userData: bytes.nullable().default(null),
    ownedPartitions: array({
      topic: string.key().entity('topicName'),
      partitions: array(int32),
    }).since(1),
    generationId: int32.since(2).default(-1),
    rackId: string.since(3).nullable().default(null),
  },
})

export interface ConsumerProtocolSubscription
  extends Decoded<typeof consumerProtocolSubscription> {}

export const consumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment', versions: [0, 3],
  fields: {
    assignedPartitions: array({
      topic: string.key().entity('topicName'),
      partitions: array(int32),
    }),
    userData: bytes.nullable().default(null),
  },
})

export interface ConsumerProtocolAssignment extends Decoded<typeof consumerProtocolAssignment> {}
