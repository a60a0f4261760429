// Groups: which there are, who is in them, what they have read, and what is left.

import { Errors } from '../../protocol/errors.ts'
import { consumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import { deleteGroups } from '../../protocol/messages/delete-groups.ts'
import { describeGroups } from '../../protocol/messages/describe-groups.ts'
import { listGroups } from '../../protocol/messages/list-groups.ts'
import { type Client, partitionKey, type TopicPartition } from './client.ts'
import type { Connection } from './connection.ts'
import { isUnsupported, RefusedError, throwIfRefused } from './errors.ts'
import { byPlace, type Committed, committedOffsets } from './group-offsets.ts'
import { assignedIn } from './member.ts'
import { LATEST, type OffsetAt, offsetsAt } from './offsets.ts'

export interface ListedGroup {
  readonly groupId: string
  /** `classic`, `consumer`, `share`, …; empty of brokers before 4.0. */
  readonly type: string
  /** Empty of brokers before 2.6. */
  readonly state: string
  readonly protocolType: string
  /** The broker that coordinates it. */
  readonly coordinatorId: number
}

/** Of all brokers, by id. */
export async function list(client: Client): Promise<ListedGroup[]> {
  const { brokers } = await client.cluster({ topics: [], isFresh: true })
  const lists = await Promise.all([...brokers.keys()].map(async (coordinatorId) => (
    client.retry(async () => {
      const connection = await client.broker(coordinatorId)
      const answer = await connection.request(listGroups, { statesFilter: [], typesFilter: [] })
      throwIfRefused(answer.errorCode, `broker ${coordinatorId}`)
      return answer.groups.map(({ groupId, groupType, groupState, protocolType }) => (
        { groupId, type: groupType.toLowerCase(), state: groupState, protocolType, coordinatorId }
      ))
    })
  )))
  return lists.flat().sort((a, b) => a.groupId < b.groupId ? -1 : 1)
}

export interface GroupMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly host: string
  readonly assigned: readonly TopicPartition[]
}

export interface DescribedGroup {
  readonly groupId: string
  readonly type: 'classic' | 'consumer'
  readonly state: string
  /** How partitions are shared out; empty where nobody is there. */
  readonly assignor: string
  /** host:port */
  readonly coordinator: string
  readonly members: readonly GroupMember[]
}

/** Throws RefusedError: GROUP_ID_NOT_FOUND for one that is not there. */
export async function describe(client: Client, groupId: string): Promise<DescribedGroup> {
  return client.retry(async () => {
    const connection = await client.coordinator('group', groupId)
    return await describeConsumerGroup(connection, groupId)
      ?? await describeClassicGroup(connection, groupId)
  })
}

/** Undefined for one of the classic protocol, and where there is no other (`group.version` 0). */
async function describeConsumerGroup(
  connection: Connection, groupId: string,
): Promise<DescribedGroup | undefined> {
  try {
    const { groups } = await connection.request(consumerGroupDescribe, {
      groupIds: [groupId], includeAuthorizedOperations: false,
    })
    const [group] = groups
    if (group!.errorCode === Errors.GROUP_ID_NOT_FOUND) return undefined
    throwIfRefused(group!.errorCode, `group ${groupId}`, group!.errorMessage)
    return {
      groupId, type: 'consumer', state: group!.groupState, assignor: group!.assignorName,
      coordinator: connection.address,
      members: group!.members.map((member) => ({
        memberId: member.memberId, instanceId: member.instanceId, clientId: member.clientId,
        host: member.clientHost,
        assigned: member.assignment.topicPartitions.flatMap(({ topicName, partitions }) => (
          partitions.map((partition) => ({ topic: topicName, partition }))
        )).sort(byPlace),
      })).sort(byMemberId),
    }
  } catch (error) {
    if (isUnsupported(error)) return undefined
    throw error
  }
}

async function describeClassicGroup(
  connection: Connection, groupId: string,
): Promise<DescribedGroup> {
  const { groups } = await connection.request(describeGroups, {
    groups: [groupId], includeAuthorizedOperations: false,
  })
  const [group] = groups
  const { errorCode, groupState, protocolData, protocolType, members } = group!
  throwIfRefused(errorCode, `group ${groupId}`)
  // Brokers before 4.0 call a group dead that never was.
  if (groupState === 'Dead') throw new RefusedError(Errors.GROUP_ID_NOT_FOUND, `group ${groupId}`)
  const isConsumer = protocolType === 'consumer'
  return {
    groupId, type: 'classic', state: groupState, assignor: protocolData,
    coordinator: connection.address,
    members: members.map((member) => ({
      memberId: member.memberId, instanceId: member.groupInstanceId, clientId: member.clientId,
      host: member.clientHost,
      assigned: isConsumer ? assignedIn(member.memberAssignment).sort(byPlace) : [],
    })).sort(byMemberId),
  }
}

function byMemberId(a: GroupMember, b: GroupMember): number {
  return a.memberId < b.memberId ? -1 : 1
}

export interface PartitionLag extends TopicPartition {
  /** Undefined where the group has committed nothing. */
  readonly committed: number | undefined
  /** Undefined where it cannot be asked: the topic is deleted, or has no leader. */
  readonly end: number | undefined
  readonly lag: number | undefined
  readonly memberId: string | undefined
  readonly clientId: string | undefined
}

/** Of all partitions that the group has committed, or its members read. */
export async function lagOf(client: Client, group: DescribedGroup): Promise<PartitionLag[]> {
  const owners = new Map<string, GroupMember>()
  for (const member of group.members) {
    for (const one of member.assigned) owners.set(partitionKey(one), member)
  }
  const places = new Map<string, TopicPartition>()
  const committed = new Map<string, Committed>()
  for (const one of await committedOffsets(client, group.groupId)) {
    committed.set(partitionKey(one), one)
    places.set(partitionKey(one), one)
  }
  for (const one of group.members.flatMap(({ assigned }) => assigned)) {
    places.set(partitionKey(one), one)
  }
  const asked = [...places.values()].map(({ topic, partition }) => (
    { topic, partition, time: LATEST }))
  const ends = asked.length === 0 ? new Map<string, OffsetAt>() : await offsetsAt(client, asked)
  return [...places].map(([key, { topic, partition }]) => {
    const found = ends.get(key)
    const end = found instanceof RefusedError || found === undefined ? undefined : found.offset
    const offset = committed.get(key)?.offset
    const lag = end === undefined || offset === undefined ? undefined : Math.max(0, end - offset)
    const owner = owners.get(key)
    return {
      topic, partition, committed: offset, end, lag,
      memberId: owner?.memberId, clientId: owner?.clientId,
    }
  }).sort(byPlace)
}

/** Throws RefusedError. */
export async function remove(client: Client, groupId: string): Promise<void> {
  await client.askCoordinator('group', groupId, deleteGroups, { groupsNames: [groupId] },
    ({ results }) => {
      const { errorCode, errorMessage } = results[0]!
      throwIfRefused(errorCode, `group ${groupId}`, errorMessage)
    })
}
