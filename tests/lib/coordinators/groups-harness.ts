// A groups shard under virtual time.

import { RE2JS, type RE2JSSyntaxException } from 're2js'
import { type Partition, TopicsImage } from '../../../controller/image/topics.ts'
import { rangeAssignor } from '../../../lib/coordinators/groups/consumer/assignors/range.ts'
import { uniformAssignor } from '../../../lib/coordinators/groups/consumer/assignors/uniform.ts'
import type { ConsumerGroup } from '../../../lib/coordinators/groups/consumer/consumer-group.ts'
import { TopicHashes } from '../../../lib/coordinators/groups/consumer/metadata-hash.ts'
import {
  type RegexEngine, RegexError,
} from '../../../lib/coordinators/groups/consumer/regex-engine.ts'
import type {
  ConsumerSettings, TopicsMetadata,
} from '../../../lib/coordinators/groups/consumer/world.ts'
import { GroupCounts } from '../../../lib/coordinators/groups/counts.ts'
import { groupsCodec, type GroupsRecord } from '../../../lib/coordinators/groups/records.ts'
import { groupsHooks } from '../../../lib/coordinators/groups/lifetime.ts'
import {
  type GroupSettings, type GroupsShard, GroupsState,
} from '../../../lib/coordinators/groups/state.ts'
import { Shard, type ShardLog } from '../../../lib/coordinators/shard.ts'
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

/** The topics that a shard sees; tests change them. */
export class Topics implements TopicsMetadata {
  topics = TopicsImage.empty
  version = 0
  newTopicsVersion = 0

  readonly rackOf = (): undefined => undefined

  /** Gives its id. */
  create(name: string, partitionCount: number): string {
    const id = Buffer.from(name.padEnd(16, '.').slice(0, 16)).toString('base64url')
    this.topics = this.topics.withTopic(name, id)
    this.newTopicsVersion = ++this.version
    this.grow(name, partitionCount)
    return id
  }

  grow(name: string, by: number): void {
    this.version++
    for (let added = 0; added < by; added++) {
      const { id, partitions } = this.topics.byName(name)!
      this.topics = this.topics.withPartition(id, partitions.size, PARTITION)
    }
  }

  delete(name: string): void {
    this.version++
    this.topics = this.topics.withoutTopic(this.topics.byName(name)!.id)
  }
}

const PARTITION: Partition = {
  replicas: [1], directories: [], isr: [1], removingReplicas: [], addingReplicas: [],
  leader: 1, leaderRecoveryState: 0, leaderEpoch: 0, partitionEpoch: 0, elr: [], lastKnownElr: [],
}

export const CONSUMER_SETTINGS: ConsumerSettings = {
  assignors: [uniformAssignor, rangeAssignor],
  maxSize: 1000, classicMaxSize: 1000,
  migration: { mayUpgrade: true, mayDowngrade: true },
  regexRefreshIntervalMs: 600_000,
  of: () => ({ sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5000, assignmentIntervalMs: 0 }),
}

export interface GroupsFixture<L extends ShardLog = MemoryLog> {
  readonly topics: Topics
  readonly clock: VirtualClock
  readonly log: L
  readonly shard: GroupsShard
  readonly state: GroupsState
}

/**
 * A loaded shard on a log: a new one, or what another one has left. Ids are counted from `lastId`
 * on.
 */
export function groupsShard<L extends ShardLog = MemoryLog>(
  settings: Partial<GroupSettings & ConsumerSettings> = {},
  on: { log?: L, clock?: VirtualClock, topics?: Topics, lastId?: number } = {},
): GroupsFixture<L> {
  const log = on.log ?? new MemoryLog() as ShardLog as L
  const { clock = new VirtualClock(), topics = new Topics() } = on
  let ids = on.lastId ?? 0
  let state!: GroupsState
  const shard: GroupsShard = new Shard<GroupsRecord, GroupsState>({
    name: '__consumer_offsets-0', log, codec: groupsCodec, clock, logger: silent,
    onStorage: (fn) => clock.afterTurn(fn),
    createState: (self) => state = new GroupsState({
      settings: { ...SETTINGS, ...settings }, logger: silent,
      consumer: { ...CONSUMER_SETTINGS, ...settings },
      regexes: engine, counts: new GroupCounts(), topicHashes: new TopicHashes(),
      metadata: () => ({ ...topics }),
      nowMs: () => clock.nowMs(),
      uuid: () => `id${++ids}`,
      memberId: () => `member${++ids}`,
    }, self, groupsHooks),
  })
  shard.load()
  return { clock, log, topics, shard, state }
}

const engine: RegexEngine = {
  compile(regex) {
    try {
      const pattern = RE2JS.compile(regex)
      return (name) => pattern.matches(name)
    } catch (error) {
      throw new RegexError((error as RE2JSSyntaxException).getDescription())
    }
  },
}

/** In no order: that of members is another one when they were rewritten. */
function lastingIn(group: ConsumerGroup): unknown {
  const { groupId, state, groupEpoch, metadataHash, targetEpoch, targetTimestampMs } = group
  return structuredClone({
    groupId, state, groupEpoch, metadataHash: String(metadataHash), targetEpoch, targetTimestampMs,
    members: new Map(group.members), statics: new Map(group.staticMembers),
    targets: new Map(group.targets), regexes: new Map(group.regexes),
    topics: new Set(group.subscriptions.topicNames()),
    regexMembers: new Map(group.subscriptions.regexes),
    assignor: group.preferredAssignor,
    owned: group.ownedPartitions(), targeted: group.targetedPartitions(),
  })
}

function byMemberId(one: { readonly memberId: string }, other: { readonly memberId: string }) {
  return one.memberId < other.memberId ? -1 : 1
}

/** What of a state must be the same after a restart. */
export function lasting({ groups, offsets }: GroupsState): unknown {
  return {
    groups: [...groups.values()].map((group) => group.type === 'consumer' ? lastingIn(group) : ({
      id: group.groupId,
      state: group.state,
      generation: group.generationId,
      protocol: [group.protocolType, group.protocolName],
      leader: group.leaderId,
      topics: group.subscribedTopics,
      // A static member whose new id could not be written has another place among them.
      members: [...group.members.values()].sort(byMemberId).map((member) => ({
        id: member.memberId,
        instance: member.groupInstanceId,
        client: [member.clientId, member.clientHost],
        timeouts: [member.sessionTimeoutMs, member.rebalanceTimeoutMs],
        metadata: group.protocolName === null
          ? null : member.metadata(group.protocolName).toString('hex'),
        assignment: member.assignment.toString(),
      })),
    })),
    offsets: [...groups.keys()].map((groupId) => ({
      groupId,
      offsets: [...offsets.ofGroup(groupId) ?? []].map(([topic, partitions]) =>
        [topic, [...partitions]]),
    })),
  }
}
