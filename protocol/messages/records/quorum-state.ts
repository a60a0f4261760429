// What a voter of the metadata quorum remembers of elections, in the JSON of its `quorum-state`
// file (KIP-595). Version 1 drops the cluster id, the applied offset and the voters, and adds the
// directory that was voted for (KIP-853).

import { array, type Decoded, int32, int64, message, string, uuid } from '../../schema.ts'

export const quorumStateData = message({
  name: 'QuorumStateData', versions: [0, 1], flexibleSince: 0,
  fields: {
    clusterId: string.until(0),
    leaderId: int32.default(-1),
    leaderEpoch: int32.default(-1),
    votedId: int32.default(-1),
    votedDirectoryId: uuid.since(1),
    appliedOffset: int64.until(0),
    currentVoters: array({
      voterId: int32,
    }).until(0).nullable(),
  },
})

export interface QuorumStateData extends Decoded<typeof quorumStateData> {}
