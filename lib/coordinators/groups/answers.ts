// Answers to JoinGroup and SyncGroup, made in one place: they differ in little.

import { Errors, type ErrorCode } from '../../../protocol/errors.ts'
import type { JoinGroupResponse } from '../../../protocol/messages/join-group.ts'
import type { SyncGroupResponse } from '../../../protocol/messages/sync-group.ts'
import type { ClassicGroup } from './classic-group.ts'
import { NO_ASSIGNMENT } from './member.ts'

const UNKNOWN_GENERATION = -1

export function joinError(
  memberId: string, errorCode: ErrorCode, generationId = UNKNOWN_GENERATION,
): JoinGroupResponse {
  return {
    errorCode, memberId, generationId,
    protocolType: null, protocolName: null, leader: '', members: [],
  }
}

export interface JoinedAs {
  readonly memberId: string
  /** Left out: the group's. */
  readonly leaderId?: string | null
  /** Tells the member of all others, so that it can assign. */
  readonly describesMembers: boolean
  /** The leader is told of the members, but the assignment stands (KIP-814). */
  readonly skipAssignment?: boolean
}

/** The member is in, in the group's present generation. */
export function joined(group: ClassicGroup, as: JoinedAs): JoinGroupResponse {
  return {
    errorCode: Errors.NONE,
    memberId: as.memberId,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: (as.leaderId === undefined ? group.leaderId : as.leaderId) ?? '',
    skipAssignment: as.skipAssignment ?? false,
    members: as.describesMembers ? group.describeForLeader() : [],
  }
}

/** What came of a member that was to leave. */
export interface Left {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly errorCode: ErrorCode
}

export function syncError(errorCode: ErrorCode): SyncGroupResponse {
  return { errorCode, protocolType: null, protocolName: null, assignment: NO_ASSIGNMENT }
}

export function synced(group: ClassicGroup, assignment: Buffer): SyncGroupResponse {
  return {
    errorCode: Errors.NONE,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    assignment,
  }
}
