// UpdateRaftVoter (API key 82, version 0). A voter of the metadata quorum tells the leader its new
// addresses and the versions of KRaft that it speaks (KIP-853).

import {
  api, array, int16, int32, type RequestOf, type ResponseOf, string, struct, uint16, uuid,
} from '../schema.ts'

export const updateRaftVoter = api({
  name: 'UpdateRaftVoter', key: 82, versions: [0, 0], flexibleSince: 0,
  listeners: ['controller'],
  request: {
    clusterId: string.nullable(),
    currentLeaderEpoch: int32,
    voterId: int32,
    voterDirectoryId: uuid,
    listeners: array({ name: string.key(), host: string, port: uint16 }),
    kRaftVersionFeature: struct({ minSupportedVersion: int16, maxSupportedVersion: int16 }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    currentLeader: struct({
      leaderId: int32.default(-1).entity('brokerId'),
      leaderEpoch: int32.default(-1),
      host: string,
      port: int32,
    }).tag(0),
  },
})

export interface UpdateRaftVoterRequest extends RequestOf<typeof updateRaftVoter> {}
export type UpdateRaftVoterResponse = ResponseOf<typeof updateRaftVoter>
