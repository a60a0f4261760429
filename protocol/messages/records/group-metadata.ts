// What `__consumer_offsets` holds of a classic group. Versions of the value: 1: the rebalance
// timeout (KIP-62); 2: since when the group is in its state (KIP-211); 3: static members (KIP-345);
// 4: flexible.

import { array, bytes, type Decoded, int32, int64, message, string } from '../../schema.ts'

export const groupMetadataKey = message({
  name: 'GroupMetadataKey', versions: [0, 0],
  fields: {
    group: string,
  },
})

export interface GroupMetadataKey extends Decoded<typeof groupMetadataKey> {}

const memberMetadata = {
  memberId: string,
  groupInstanceId: string.since(3).nullable().default(null),
  clientId: string,
  clientHost: string,
  rebalanceTimeout: int32.since(1).default(-1),
  sessionTimeout: int32,
  subscription: bytes,
  assignment: bytes,
}

export const groupMetadataValue = message({
  name: 'GroupMetadataValue', versions: [0, 4], flexibleSince: 4,
  fields: {
    protocolType: string,
    generation: int32,
    protocol: string.nullable(),
    leader: string.nullable(),
    currentStateTimestamp: int64.since(2).default(-1),
    members: array(memberMetadata),
  },
})

export interface GroupMetadataValue extends Decoded<typeof groupMetadataValue> {}
