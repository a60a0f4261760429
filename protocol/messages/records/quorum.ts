// The control records that tell of the quorum itself (KIP-853).

import {
  array, type Decoded, int16, int32, message, string, struct, uint16, uuid,
} from '../../schema.ts'

export const kRaftVersionRecord = message({
  name: 'KRaftVersionRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    version: int16,
    kRaftVersion: int16,
  },
})

export interface KRaftVersionRecord extends Decoded<typeof kRaftVersionRecord> {}

export const votersRecord = message({
  name: 'VotersRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    version: int16,
    voters: array({
      voterId: int32.entity('brokerId'),
      voterDirectoryId: uuid,
      endpoints: array({ name: string.key(), host: string, port: uint16 }),
      kRaftVersionFeature: struct({ minSupportedVersion: int16, maxSupportedVersion: int16 }),
    }),
  },
})

export interface VotersRecord extends Decoded<typeof votersRecord> {}
