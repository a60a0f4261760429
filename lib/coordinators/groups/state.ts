// The state of a groups shard: groups and offsets, folded from the records of its partition.

import { ApiError, Errors } from '../../../protocol/errors.ts'
import type { Logger } from '../../../storage/ports.ts'
import type { Shard, ShardState, Writes } from '../shard.ts'
import { ClassicGroup } from './classic-group.ts'
import { applyTo } from './consumer/apply.ts'
import { ConsumerGroup } from './consumer/consumer-group.ts'
import type { ConsumerRecord } from './consumer/records.ts'
import type { ConsumerWorld } from './consumer/world.ts'
import type { GroupCounts } from './counts.ts'
import { Member } from './member.ts'
import { type CommittedOffset, Offsets } from './offsets.ts'
import { PendingOffsets } from './pending-offsets.ts'
import type { GroupRecord, GroupsRecord, OffsetRecord } from './records.ts'

/** What the settings say about groups. */
export interface GroupSettings {
  readonly initialRebalanceDelayMs: number
  readonly minSessionTimeoutMs: number
  readonly maxSessionTimeoutMs: number
  readonly maxSize: number
  readonly offsetMetadataMaxBytes: number
  readonly offsetsRetentionMs: number
  readonly offsetsRetentionCheckIntervalMs: number
}

/** What a shard of groups needs from its node. */
export interface GroupsWorld extends ConsumerWorld {
  readonly settings: GroupSettings
  readonly counts: GroupCounts
  readonly logger: Logger
  /** Wall-clock time: for records. Sessions run on timers. */
  nowMs(): number
  /** The random part of a member id, in the usual form of a UUID. */
  uuid(): string
}

/** What there is to do around the life of a shard. */
export interface GroupsHooks {
  loaded(state: GroupsState): void
  unloaded(state: GroupsState): void
}

export type GroupsWrites = Writes<GroupsRecord>
export type GroupsShard = Shard<GroupsRecord, GroupsState>

export type Group = ClassicGroup | ConsumerGroup

const NO_PRODUCER = -1

export const NOTHING: GroupsWrites = { records: [] }

export class GroupsState implements ShardState<GroupsRecord> {
  readonly world: GroupsWorld
  readonly shard: GroupsShard
  readonly groups = new Map<string, Group>()
  readonly offsets = new Offsets()
  readonly pendingOffsets = new PendingOffsets()
  /** Consumer groups whose regular expressions are just being looked up. */
  readonly resolving = new Set<string>()
  readonly #hooks: GroupsHooks

  constructor(world: GroupsWorld, shard: GroupsShard, hooks: GroupsHooks) {
    this.world = world
    this.shard = shard
    this.#hooks = hooks
  }

  /** Throws GROUP_ID_NOT_FOUND. */
  group(groupId: string): Group {
    const group = this.groups.get(groupId)
    if (group === undefined) {
      throw new ApiError(Errors.GROUP_ID_NOT_FOUND, `Group ${groupId} not found.`)
    }
    return group
  }

  /** Undefined also for a group of the consumer protocol. */
  classic(groupId: string): ClassicGroup | undefined {
    const group = this.groups.get(groupId)
    return group?.type === 'classic' ? group : undefined
  }

  /** Undefined also for a group of the classic protocol. */
  consumer(groupId: string): ConsumerGroup | undefined {
    const group = this.groups.get(groupId)
    return group?.type === 'consumer' ? group : undefined
  }

  createGroup(groupId: string): ClassicGroup {
    const group = new ClassicGroup(groupId, { state: 'Empty', stateChangedMs: this.world.nowMs() })
    this.groups.set(groupId, group)
    return group
  }

  apply(record: GroupsRecord, offset: number, producerId: number): () => void {
    if (record.kind === 'group') return this.#applyGroup(record)
    if (record.kind !== 'offset') return this.#applyToConsumer(record)
    const { value } = record
    if (value === null) return this.#forgetOffset(record)
    // Field by field: this is done for every record of a log that is loaded.
    return this.#applyOffset(record, {
      offset: value.offset, leaderEpoch: value.leaderEpoch, metadata: value.metadata,
      commitTimestampMs: value.commitTimestampMs, expireTimestampMs: value.expireTimestampMs,
      topicId: value.topicId, recordOffset: offset,
    }, producerId)
  }

  /** The offsets of a transaction count now, unless something newer is there already; or never. */
  ended(producerId: number, isCommitted: boolean): void {
    for (const { groupId, topic, partition, offset } of this.pendingOffsets.take(producerId)) {
      const known = this.offsets.get(groupId, topic, partition)
      const isNewest = known === undefined || offset.recordOffset > known.recordOffset
      if (isCommitted && isNewest) this.offsets.put(groupId, topic, partition, offset)
    }
  }

  loaded(): void {
    this.#hooks.loaded(this)
  }

  unloaded(): void {
    this.#hooks.unloaded(this)
  }

  #applyOffset(
    { groupId, topic, partition }: OffsetRecord, offset: CommittedOffset, producerId: number,
  ): () => void {
    // Offsets of a group that has no record of its own make it a simple one.
    const isNew = !this.groups.has(groupId)
    if (isNew) this.createGroup(groupId)
    if (producerId !== NO_PRODUCER) {
      this.pendingOffsets.put(producerId, { groupId, topic, partition, offset })
      // It is in the log: there is no way back.
      return () => {}
    }
    const previous = this.offsets.put(groupId, topic, partition, offset)
    return () => {
      this.offsets.put(groupId, topic, partition, previous)
      if (isNew) this.groups.delete(groupId)
    }
  }

  #forgetOffset({ groupId, topic, partition }: OffsetRecord): () => void {
    const previous = this.offsets.put(groupId, topic, partition, undefined)
    const restorePending = this.pendingOffsets.forget(groupId, topic, partition)
    return () => {
      this.offsets.put(groupId, topic, partition, previous)
      restorePending()
    }
  }

  #applyToConsumer(record: ConsumerRecord): () => void {
    const { groupId } = record
    const known = this.groups.get(groupId)
    if (known?.type !== 'consumer' && record.value === null) return () => {}
    if (record.kind === 'consumerGroup' && record.value === null) return this.#put(groupId)
    if (known?.type === 'consumer') return applyTo(known, record)
    // Where there are offsets, a group was made of them before its own records were read.
    const group = new ConsumerGroup(groupId)
    const restore = this.#put(groupId, group)
    applyTo(group, record)
    return restore
  }

  /** Left out: the group is no more. */
  #put(groupId: string, group?: Group): () => void {
    const before = this.groups.get(groupId)
    if (group === undefined) this.groups.delete(groupId)
    else this.groups.set(groupId, group)
    return () => { this.#put(groupId, before) }
  }

  #applyGroup({ groupId, value }: GroupRecord): () => void {
    return this.#put(groupId, value === null ? undefined : groupOf(groupId, value))
  }
}

function groupOf(groupId: string, value: NonNullable<GroupRecord['value']>): ClassicGroup {
  const group = new ClassicGroup(groupId, {
    state: value.members.length === 0 ? 'Empty' : 'Stable',
    generationId: value.generation,
    protocolType: value.protocolType === '' ? null : value.protocolType,
    protocolName: value.protocol,
    leaderId: value.leader,
    stateChangedMs: value.currentStateTimestamp === -1 ? undefined : value.currentStateTimestamp,
  })
  for (const member of value.members) {
    group.add(new Member({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      // Records before version 1 know one time-out for both.
      rebalanceTimeoutMs:
        member.rebalanceTimeout === -1 ? member.sessionTimeout : member.rebalanceTimeout,
      sessionTimeoutMs: member.sessionTimeout,
      protocolType: value.protocolType,
      protocols: [{ name: value.protocol ?? '', metadata: Buffer.from(member.subscription) }],
      assignment: Buffer.from(member.assignment),
    }))
  }
  group.refreshSubscribedTopics()
  return group
}
