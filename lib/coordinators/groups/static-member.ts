// A static member comes back without its member id, after a restart (KIP-345).

import { type ApiError, Errors } from '../../../protocol/errors.ts'
import { joinError, joined, syncError } from './answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type Join, reasonOf, rejoin } from './joining.ts'
import { Member } from './member.ts'
import {
  completeJoinIfAllIn, rebalance, rebalanceOrCompleteJoin, watchSession,
} from './rebalance.ts'
import { groupRecord } from './records.ts'
import type { GroupsState, GroupsWrites } from './state.ts'

/** First version in which a returning leader is told of the members, but not to assign. */
const SKIP_ASSIGNMENT_SINCE = 9

/**
 * The member goes on under a new id, with its assignment; whoever uses the old id is fenced. A
 * stable group rebalances only if the protocol it would choose is another one now.
 */
export function replaceStaticMember(
  state: GroupsState, group: ClassicGroup, join: Join, oldMemberId: string, newMemberId: string,
): GroupsWrites {
  const old = { leaderId: group.leaderId, member: group.members.get(oldMemberId)! }
  const member = replace(state, group, old.member, newMemberId)
  rejoin(member, join)
  const reason = reasonOf(join, `static member ${member.groupInstanceId} came back`)
  switch (group.state) {
    case 'Stable':
      return group.selectProtocol() === group.protocolName
        ? keepGeneration(state, group, join, member, old)
        : rebalanceOrCompleteJoin(state, group, reason)
    case 'CompletingRebalance':
      return rebalance(state, group, reason)
    case 'PreparingRebalance':
      return completeJoinIfAllIn(state, group)
    default:
      throw new Error(`static member of group ${group.groupId} in state ${group.state}`)
  }
}

interface Before {
  readonly leaderId: string | null
  readonly member: Member
}

/** The answer waits until the new id is written: with the old one, a restart would fence it. */
function keepGeneration(
  state: GroupsState, group: ClassicGroup, join: Join, member: Member, old: Before,
): GroupsWrites {
  const { memberId } = member
  const assignments = new Map([...group.members].map(([id, each]) => [id, each.assignment]))
  const revert = (error: ApiError) => {
    member.answerJoin = undefined
    replace(state, group, member, old.member.memberId, old.member)
    join.answer({
      ...joined(group, { memberId: '', leaderId: old.leaderId, describesMembers: false }),
      errorCode: error.code,
    })
  }
  const answer = () => {
    // As after a restart: Kafka knows of new topics from the next generation on only, and offsets
    // of theirs could expire until then.
    group.refreshSubscribedTopics()
    const canSkip = join.context.apiVersion >= SKIP_ASSIGNMENT_SINCE
    const isLeader = group.isLeader(memberId)
    // Older clients that see themselves as leader would assign anew: they get the old leader's id.
    member.completeJoin(joined(group, canSkip
      ? { memberId, describesMembers: isLeader, skipAssignment: isLeader }
      : { memberId, leaderId: old.leaderId, describesMembers: false }))
  }
  return {
    records: [groupRecord(group, assignments)],
    replayOnly: true,
    settled: (error) => error === undefined ? answer() : revert(error),
  }
}

/** Puts a member in another's place; requests of the other that wait are fenced. */
function replace(
  state: GroupsState, group: ClassicGroup, from: Member, newMemberId: string,
  as: Member = from,
): Member {
  from.completeJoin(joinError(from.memberId, Errors.FENCED_INSTANCE_ID))
  from.completeSync(syncError(Errors.FENCED_INSTANCE_ID))
  const member = new Member({ ...as, memberId: newMemberId })
  group.members.delete(from.memberId)
  group.members.set(newMemberId, member)
  group.staticMembers.set(member.groupInstanceId!, newMemberId)
  if (group.isLeader(from.memberId)) group.leaderId = newMemberId
  watchSession(state, group, member)
  return member
}
