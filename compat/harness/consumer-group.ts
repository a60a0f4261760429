// Asks a broker for a group of either protocol, and who owns what in it: kafkajs knows no groups of
// KIP-848.

import { Errors, isRetriable } from '../../protocol/errors.ts'
import { consumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import { describeGroups } from '../../protocol/messages/describe-groups.ts'
import { ask } from './wire.ts'

export interface DescribedGroup {
  readonly type: 'classic' | 'consumer'
  /** As the broker calls it, such as `Stable`. */
  readonly state: string
  /** What each member has, as `topic-partition`. */
  readonly owned: readonly (readonly string[])[]
}

export async function describeGroup(address: string, groupId: string): Promise<DescribedGroup> {
  const { groups: [group] } = await ask(address, consumerGroupDescribe, 0,
    { groupIds: [groupId], includeAuthorizedOperations: false })
  if (group!.errorCode === Errors.GROUP_ID_NOT_FOUND) return describeClassic(address, groupId)
  // Its coordinator may not be there yet.
  if (isRetriable(group!.errorCode)) return { type: 'consumer', state: 'Unknown', owned: [] }
  if (group!.errorCode !== Errors.NONE) throw new Error(`${groupId}: error ${group!.errorCode}`)
  return {
    type: 'consumer',
    state: group!.groupState,
    owned: group!.members.map(({ assignment }) => assignment.topicPartitions.flatMap(
      ({ topicName, partitions }) => partitions.map((index) => `${topicName}-${index}`))),
  }
}

async function describeClassic(address: string, groupId: string): Promise<DescribedGroup> {
  const { groups: [group] } = await ask(address, describeGroups, 5,
    { groups: [groupId], includeAuthorizedOperations: false })
  return {
    type: 'classic',
    state: group!.groupState,
    owned: group!.members.map(({ memberAssignment }) => partitionsOf(memberAssignment)),
  }
}

/** ConsumerProtocolAssignment; empty before there is one. */
function partitionsOf(assignment: Buffer): string[] {
  if (assignment.length === 0) return []
  const owned: string[] = []
  let at = 2
  const int32 = () => assignment.readInt32BE((at += 4) - 4)
  for (let topics = int32(); topics > 0; topics--) {
    const length = assignment.readInt16BE(at)
    const topic = assignment.toString('utf8', at + 2, at + 2 + length)
    at += 2 + length
    for (let count = int32(); count > 0; count--) owned.push(`${topic}-${int32()}`)
  }
  return owned
}
