// RemoveRaftVoter (API key 81, version 0). Takes a controller's vote in the metadata quorum from
// it (KIP-853).

import { api, int16, int32, type RequestOf, type ResponseOf, string, uuid } from '../schema.ts'

export const removeRaftVoter = api({
  name: 'RemoveRaftVoter', key: 81, versions: [0, 0], flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    clusterId: string.nullable(),
    voterId: int32,
    voterDirectoryId: uuid,
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable(),
  },
})

export interface RemoveRaftVoterRequest extends RequestOf<typeof removeRaftVoter> {}
export type RemoveRaftVoterResponse = ResponseOf<typeof removeRaftVoter>
