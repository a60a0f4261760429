// Offsets that nobody needs any more are forgotten, and groups with them (KIP-211).

import type { CommittedOffset } from './offsets.ts'
import { groupTombstones } from './delete.ts'
import { type GroupsRecord, offsetTombstone } from './records.ts'
import type { Group, GroupsState } from './state.ts'

const EXPIRY_TIMER = 'expire-offsets'

/** Looks for expired offsets every `offsets.retention.check.interval.ms`. */
export function scheduleExpiry({ shard, world }: GroupsState): void {
  shard.runLater(EXPIRY_TIMER, world.settings.offsetsRetentionCheckIntervalMs, (state) => {
    for (const group of [...state.groups.values()]) expireGroup(state, group)
    scheduleExpiry(state)
    return { records: [] }
  })
}

/** Each group is decided on by itself, so that one which cannot be written keeps no other. */
function expireGroup({ shard, world }: GroupsState, group: Group): void {
  shard.runUnasked(`expiring offsets of group ${group.groupId}`, (state) => {
    const isThere = state.groups.get(group.groupId) === group
    return { records: isThere ? expired(state, group, world.nowMs()) : [], isAtomic: false }
  })
}

/** Tombstones for what of the group has expired at `nowMs`. */
export function expired(
  state: GroupsState, group: Group, nowMs: number,
): GroupsRecord[] {
  const { groupId } = group
  const records: GroupsRecord[] = []
  const offsets = state.offsets.ofGroup(groupId)
  const sinceMs = unusedSince(group)
  let remains = offsets !== undefined && sinceMs === undefined
    || state.pendingOffsets.hasGroup(groupId)
  for (const [topic, partitions] of sinceMs === undefined ? [] : offsets ?? []) {
    for (const [partition, offset] of partitions) {
      const isExpired = !group.isSubscribedTo(topic)
        && !state.pendingOffsets.has(groupId, topic, partition)
        && hasExpired(offset, sinceMs!(offset), nowMs, state.world.settings.offsetsRetentionMs)
      if (isExpired) records.push(offsetTombstone(groupId, topic, partition))
      else remains = true
    }
  }
  state.world.counts.offsetExpirations += records.length
  const isUnused = group.isEmpty && (group.type === 'consumer' || group.pendingMembers.size === 0)
  if (!remains && isUnused) records.push(...groupTombstones(state, group))
  return records
}

function hasExpired(
  { expireTimestampMs }: CommittedOffset, sinceMs: number, nowMs: number, retentionMs: number,
): boolean {
  return expireTimestampMs === -1 ? nowMs - sinceMs >= retentionMs : nowMs >= expireTimestampMs
}

/**
 * From when the retention of an offset counts: the group's last member left, or, where there never
 * was one or the topic is not subscribed to any more, its commit. Undefined: it does not expire.
 */
function unusedSince(group: Group): ((offset: CommittedOffset) => number) | undefined {
  if (group.type === 'consumer' || group.protocolType === null) {
    return (offset) => offset.commitTimestampMs
  }
  if (group.is('Empty')) return (offset) => group.stateChangedMs ?? offset.commitTimestampMs
  const knowsTopics = group.usesConsumerProtocol && group.subscribedTopics !== null
  if (knowsTopics && group.is('Stable')) return (offset) => offset.commitTimestampMs
  return undefined
}
