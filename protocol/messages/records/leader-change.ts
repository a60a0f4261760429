// The control record with which a leader of the quorum begins (KIP-595).

import { array, type Decoded, int16, int32, message, uuid } from '../../schema.ts'

const voter = {
  voterId: int32,
  voterDirectoryId: uuid.since(1),
}

export const leaderChangeMessage = message({
  name: 'LeaderChangeMessage', versions: [0, 1], flexibleSince: 0,
  fields: {
    version: int16,
    leaderId: int32.entity('brokerId'),
    voters: array(voter),
    grantingVoters: array(voter),
  },
})

export interface LeaderChangeMessage extends Decoded<typeof leaderChangeMessage> {}
