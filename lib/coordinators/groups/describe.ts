// DescribeGroups and ListGroups: what can be told of a group.

import { Errors } from '../../../protocol/errors.ts'
import type { DescribeGroupsResponse } from '../../../protocol/messages/describe-groups.ts'
import type { ListGroupsResponse } from '../../../protocol/messages/list-groups.ts'
import { CONSUMER } from './classic-group.ts'
import type { Group, GroupsState } from './state.ts'

export type DescribedGroup = DescribeGroupsResponse['groups'][number]
export type ListedGroup = ListGroupsResponse['groups'][number]

/** First version that tells an unknown group from one that is dead. */
const GROUP_ID_NOT_FOUND_SINCE = 6

export function describeGroup(
  state: GroupsState, groupId: string, apiVersion: number,
): DescribedGroup {
  const known = state.groups.get(groupId)
  if (known === undefined) return unknownGroup(groupId, apiVersion, `Group ${groupId} not found.`)
  if (known.type === 'consumer') {
    return unknownGroup(groupId, apiVersion, `Group ${groupId} is not a classic group.`)
  }
  const group = known
  const protocolName = group.is('Stable') ? group.protocolName : null
  return {
    errorCode: Errors.NONE,
    groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: protocolName ?? '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: protocolName === null ? NO_BYTES : member.metadata(protocolName),
      memberAssignment: member.assignment,
    })),
  }
}

const NO_BYTES = Buffer.alloc(0)

function unknownGroup(groupId: string, apiVersion: number, message: string): DescribedGroup {
  const isTold = apiVersion >= GROUP_ID_NOT_FOUND_SINCE
  return {
    errorCode: isTold ? Errors.GROUP_ID_NOT_FOUND : Errors.NONE,
    errorMessage: isTold ? message : null,
    groupId, groupState: 'Dead', protocolType: '', protocolData: '', members: [],
  }
}

/** An empty filter lets all pass; case and blanks around a state do not matter. */
export function listGroups(
  state: GroupsState, statesFilter: readonly string[], typesFilter: readonly string[],
): ListedGroup[] {
  const states = new Set(statesFilter.map((name) => name.toLowerCase().trim()))
  const types = new Set(typesFilter.map((name) => name.toLowerCase()))
  return [...state.groups.values()]
    .filter((group) => types.size === 0 || types.has(group.type))
    .filter((group) => states.size === 0 || states.has(group.state.toLowerCase()))
    .map((group) => ({
      groupId: group.groupId,
      protocolType: (group.type === 'consumer' ? CONSUMER : group.protocolType) ?? '',
      groupState: group.state,
      groupType: group.type,
    }))
}

/** What a group is like, for a line of the log. */
export function likeness(group: Group | undefined): Readonly<Record<string, unknown>> {
  if (group === undefined) return { state: 'unknown' }
  const { type, state, members } = group
  const common = { type, state, members: members.size }
  return group.type === 'consumer'
    ? { ...common, epoch: group.groupEpoch }
    : { ...common, generation: group.generationId, pending: group.pendingMembers.size }
}
