// What happens to groups when their shard is loaded, and when it goes away.

import { Errors } from '../../../protocol/errors.ts'
import { joinError, syncError } from './answers.ts'
import type { ClassicGroup } from './classic-group.ts'
import { watchMembers } from './consumer/fence.ts'
import { scheduleExpiry } from './expiry.ts'
import { rebalance, watchSession } from './rebalance.ts'
import type { GroupsHooks, GroupsState } from './state.ts'

export const groupsHooks: GroupsHooks = { loaded, unloaded }

/** Every member gets a whole session to be heard of. */
function loaded(state: GroupsState): void {
  for (const group of state.groups.values()) {
    if (group.type === 'consumer') {
      watchMembers(state, group)
      continue
    }
    for (const member of group.members.values()) watchSession(state, group, member)
    if (group.members.size > state.world.settings.maxSize) {
      rebalance(state, group, 'the group is larger than group.max.size')
    }
  }
  scheduleExpiry(state)
}

function unloaded(state: GroupsState): void {
  for (const group of state.groups.values()) {
    if (group.type === 'classic') unload(group, state.world.nowMs())
  }
}

/** The group is dead here; whoever waits looks for the new coordinator. */
function unload(group: ClassicGroup, nowMs: number): void {
  group.transitionTo('Dead', nowMs)
  for (const member of group.members.values()) {
    member.completeJoin(joinError(member.memberId, Errors.NOT_COORDINATOR))
    member.completeSync(syncError(Errors.NOT_COORDINATOR))
  }
}
