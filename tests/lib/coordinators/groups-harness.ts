// A groups shard under virtual time.

import { groupsCodec, type GroupsRecord } from '../../../lib/coordinators/groups/records.ts'
import { groupsHooks } from '../../../lib/coordinators/groups/lifetime.ts'
import {
  type GroupSettings, type GroupsShard, GroupsState,
} from '../../../lib/coordinators/groups/state.ts'
import { Shard } from '../../../lib/coordinators/shard.ts'
import { MemoryLog, silent, VirtualClock } from './harness.ts'

export const SETTINGS: GroupSettings = {
  initialRebalanceDelayMs: 3000,
  minSessionTimeoutMs: 6000,
  maxSessionTimeoutMs: 1_800_000,
  maxSize: 1000,
  offsetMetadataMaxBytes: 4096,
  offsetsRetentionMs: 7 * 24 * 3_600_000,
  offsetsRetentionCheckIntervalMs: 600_000,
}

export interface GroupsFixture {
  readonly clock: VirtualClock
  readonly log: MemoryLog
  readonly shard: GroupsShard
  readonly state: GroupsState
}

/** A loaded shard on a log: a new one, or what another one has left. */
export function groupsShard(
  settings: Partial<GroupSettings> = {},
  on: { log?: MemoryLog, clock?: VirtualClock } = {},
): GroupsFixture {
  const { log = new MemoryLog(), clock = new VirtualClock() } = on
  let ids = 0
  let state!: GroupsState
  const shard: GroupsShard = new Shard<GroupsRecord, GroupsState>({
    name: '__consumer_offsets-0', log, codec: groupsCodec, clock, logger: silent,
    onStorage: (fn) => clock.afterTurn(fn),
    createState: (self) => state = new GroupsState({
      settings: { ...SETTINGS, ...settings }, logger: silent,
      nowMs: () => clock.nowMs(),
      uuid: () => `id${++ids}`,
    }, self, groupsHooks),
  })
  shard.load()
  return { clock, log, shard, state }
}

/** What of a state must be the same after a restart. */
export function lasting({ groups, offsets }: GroupsState): unknown {
  return {
    groups: [...groups.values()].map((group) => ({
      id: group.groupId,
      state: group.state,
      generation: group.generationId,
      protocol: [group.protocolType, group.protocolName],
      leader: group.leaderId,
      topics: group.subscribedTopics,
      members: [...group.members.values()].map((member) => ({
        id: member.memberId,
        instance: member.groupInstanceId,
        client: [member.clientId, member.clientHost],
        timeouts: [member.sessionTimeoutMs, member.rebalanceTimeoutMs],
        metadata: group.protocolName === null
          ? null : member.metadata(group.protocolName).toString('hex'),
        assignment: member.assignment.toString(),
      })),
      offsets: [...offsets.ofGroup(group.groupId) ?? []].map(([topic, partitions]) =>
        [topic, [...partitions]]),
    })),
  }
}
