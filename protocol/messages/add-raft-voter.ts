// AddRaftVoter (API key 80, versions 0 to 1). Makes a controller a voter of the metadata quorum
// (KIP-853).
//
// Version 1: whether the answer waits for the commit (KIP-1186).

import {
  api, array, bool, int16, int32, type RequestOf, type ResponseOf, string, uint16, uuid,
} from '../schema.ts'

export const addRaftVoter = api({
  name: 'AddRaftVoter', key: 80, versions: [0, 1], flexibleSince: 0,
  listeners: ['broker', 'controller'],
  request: {
    clusterId: string.nullable(),
    timeoutMs: int32,
    voterId: int32,
    voterDirectoryId: uuid,
    listeners: array({ name: string.key(), host: string, port: uint16 }),
    ackWhenCommitted: bool.since(1).default(true),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable(),
  },
})

export interface AddRaftVoterRequest extends RequestOf<typeof addRaftVoter> {}
export type AddRaftVoterResponse = ResponseOf<typeof addRaftVoter>
