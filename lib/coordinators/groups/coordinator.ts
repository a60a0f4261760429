// The group coordinator of a node: classic groups and offsets, on the shards that are led here.
//
// Errors are those that Kafka's GroupCoordinatorService gives; what a version can and cannot say is
// the handlers' business.

import type { Controller } from '../../../controller/controller.ts'
import type { Image } from '../../../controller/image/image.ts'
import { ApiError, Errors, type ErrorCode } from '../../../protocol/errors.ts'
import type { HeartbeatRequest, HeartbeatResponse } from '../../../protocol/messages/heartbeat.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../../../protocol/messages/join-group.ts'
import type {
  LeaveGroupRequest, LeaveGroupResponse,
} from '../../../protocol/messages/leave-group.ts'
import type {
  OffsetCommitRequest, OffsetCommitResponse,
} from '../../../protocol/messages/offset-commit.ts'
import type {
  OffsetDeleteRequest, OffsetDeleteResponse,
} from '../../../protocol/messages/offset-delete.ts'
import type { SyncGroupRequest, SyncGroupResponse } from '../../../protocol/messages/sync-group.ts'
import type { Codec } from '../../../protocol/records/compression.ts'
import type { Logger } from '../../../storage/ports.ts'
import type { Config } from '../../config.ts'
import type { Partition } from '../../replication/partition.ts'
import type { Partitions } from '../../replication/partitions.ts'
import { Later } from '../../server/later.ts'
import type { Clock } from '../../world/clock.ts'
import type { Random } from '../../world/random.ts'
import type { Turn } from '../../world/turn.ts'
import { coordinatorError } from '../errors.ts'
import {
  createInternalTopic, GROUP_METADATA_TOPIC, groupMetadataTopic, type InternalTopic,
} from '../internal-topic.ts'
import { answered, failed, mapLater, promised } from '../map-later.ts'
import { partitionLog } from '../partition-log.ts'
import { type Decision, Shard } from '../shard.ts'
import { Shards } from '../shards.ts'
import { joinError, syncError } from './answers.ts'
import { commitOffsets } from './commit.ts'
import { deleteGroup, deleteOffsets, forgetTopic } from './delete.ts'
import {
  type DescribedGroup, describeGroup, type ListedGroup, listGroups,
} from './describe.ts'
import { type AskedTopic, fetchAllOffsets, type FetchedTopic, fetchOffsets } from './fetch.ts'
import { heartbeat } from './heartbeat.ts'
import { joinGroup } from './join.ts'
import type { JoinContext } from './joining.ts'
import { leaveGroup } from './leave.ts'
import { groupsHooks } from './lifetime.ts'
import { groupsCodec, type GroupsRecord } from './records.ts'
import { groupSettings } from './settings.ts'
import { type GroupsShard, GroupsState, type GroupsWorld } from './state.ts'
import { syncGroup } from './sync.ts'

export interface GroupCoordinatorOptions {
  readonly config: Config
  readonly clock: Clock
  readonly turn: Turn
  readonly random: Random
  readonly logger: Logger
  readonly controller: Controller
  readonly partitions: Partitions
}

const CODECS: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  readonly #world: GroupsWorld
  readonly #topic: InternalTopic
  readonly #shards: Shards<GroupsRecord, GroupsState>
  #creation: Promise<ErrorCode> | undefined

  constructor(options: GroupCoordinatorOptions) {
    const { config, clock, logger, random, controller, partitions } = options
    this.#options = options
    this.#topic = groupMetadataTopic(config)
    this.#world = {
      settings: groupSettings(config), logger,
      nowMs: () => clock.nowMs(),
      uuid: () => uuidText(random.bytes(16)),
    }
    this.#shards = new Shards<GroupsRecord, GroupsState>({
      topic: GROUP_METADATA_TOPIC,
      partitionCount: this.#topic.partitionCount,
      controller, partitions,
      open: (partition) => this.#open(partition),
    })
  }

  /** Begins to follow the metadata, and so to load what is led here. */
  start(): void {
    this.#shards.start((image, before, topics) => this.#forgetTopics(image, before, topics))
  }

  stop(): void {
    this.#shards.stop()
  }

  /** The partition of `__consumer_offsets` that keeps the group. */
  partitionOf(groupId: string): number {
    return this.#shards.partitionOf(groupId)
  }

  /** Creates `__consumer_offsets`; gives the error of the attempt. One attempt at a time. */
  createTopic(): Promise<ErrorCode> {
    this.#creation ??= createInternalTopic(this.#options.controller, this.#topic)
      .finally(() => { this.#creation = undefined })
    return this.#creation
  }

  joinGroup(request: JoinGroupRequest, context: JoinContext): Later<JoinGroupResponse> {
    const { groupId, memberId, sessionTimeoutMs } = request
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#world.settings
    const answer = new Later<JoinGroupResponse>()
    if (groupId === '') {
      answer.complete(joinError(memberId, Errors.INVALID_GROUP_ID))
    } else if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      answer.complete(joinError(memberId, Errors.INVALID_SESSION_TIMEOUT))
    } else {
      const join = { request, context, answer: (response: JoinGroupResponse) => {
        answer.complete(response)
      } }
      this.#run(groupId, (state) => ({ ...joinGroup(state, join), answer: undefined }))
        .settle(() => {}, (error) => answer.complete(joinError('', this.#codeOf(error))))
    }
    return answer
  }

  syncGroup(request: SyncGroupRequest): Later<SyncGroupResponse> {
    const answer = new Later<SyncGroupResponse>()
    const complete = (response: SyncGroupResponse) => answer.complete(response)
    if (request.groupId === '') complete(syncError(Errors.INVALID_GROUP_ID))
    else {
      this.#run(request.groupId,
        (state) => ({ ...syncGroup(state, request, complete), answer: undefined }))
        .settle(() => {}, (error) => complete(syncError(this.#codeOf(error))))
    }
    return answer
  }

  heartbeat(request: HeartbeatRequest): Later<HeartbeatResponse> {
    if (request.groupId === '') return answered({ errorCode: Errors.INVALID_GROUP_ID })
    const code = this.#run(request.groupId,
      (state) => ({ records: [], answer: heartbeat(state, request) }))
    return mapLater(code, (errorCode) => ({ errorCode }), (error) => {
      const errorCode = this.#codeOf(error)
      // Members must not give up because their group is being loaded.
      const isLoading = errorCode === Errors.COORDINATOR_LOAD_IN_PROGRESS
      return { errorCode: isLoading ? Errors.NONE : errorCode }
    })
  }

  leaveGroup(
    groupId: string, members: LeaveGroupRequest['members'],
  ): Later<LeaveGroupResponse> {
    if (groupId === '') return answered({ errorCode: Errors.INVALID_GROUP_ID, members: [] })
    const left = this.#run(groupId, (state) => {
      const { writes, left } = leaveGroup(state, groupId, members)
      return { ...writes, answer: left }
    })
    return mapLater(left, (left) => ({ errorCode: Errors.NONE, members: left }), (error) => {
      const errorCode = this.#codeOf(error)
      if (errorCode !== Errors.UNKNOWN_MEMBER_ID) return { errorCode, members: [] }
      return {
        errorCode: Errors.NONE,
        members: members.map(({ memberId, groupInstanceId }) =>
          ({ memberId, groupInstanceId, errorCode })),
      }
    })
  }

  /** Fails with the `ApiError` that holds for all partitions. */
  commitOffsets(request: OffsetCommitRequest, apiVersion: number): Later<OffsetCommitResponse> {
    return this.#asked(request.groupId, (state) => commitOffsets(state, request, apiVersion))
  }

  /** Null topics: all. Fails with the `ApiError` that holds for the group. */
  fetchOffsets(groupId: string, topics: readonly AskedTopic[] | null): Later<FetchedTopic[]> {
    return this.#asked(groupId, (state) => ({
      records: [],
      answer: topics === null
        ? fetchAllOffsets(state, groupId)
        : fetchOffsets(state, groupId, topics),
    }))
  }

  /** Fails with the `ApiError` that holds for the request. */
  deleteOffsets(request: OffsetDeleteRequest): Later<OffsetDeleteResponse> {
    if (request.groupId === '') return failed(Errors.INVALID_GROUP_ID)
    return this.#asked(request.groupId, (state) => deleteOffsets(state, request))
  }

  describeGroup(groupId: string, apiVersion: number): Later<DescribedGroup> {
    return this.#asked(groupId,
      (state) => ({ records: [], answer: describeGroup(state, groupId, apiVersion) }))
  }

  /** Fails with COORDINATOR_LOAD_IN_PROGRESS as long as one shard is loading. */
  async listGroups(
    statesFilter: readonly string[], typesFilter: readonly string[],
  ): Promise<ListedGroup[]> {
    const lists = await Promise.all(this.#shards.all().map((shard) => promised(shard.run(
      (state) => ({ records: [], answer: listGroups(state, statesFilter, typesFilter) })))))
    return lists.flat()
  }

  deleteGroup(groupId: string): Later<undefined> {
    return this.#asked(groupId,
      (state) => ({ records: deleteGroup(state, groupId), answer: undefined }))
  }

  #run<A>(
    groupId: string, decide: (state: GroupsState) => Decision<GroupsRecord, A>,
  ): Later<A> {
    return this.#shards.run(groupId, decide)
  }

  /** As `#run`; what fails becomes an error that clients understand. */
  #asked<A>(
    groupId: string, decide: (state: GroupsState) => Decision<GroupsRecord, A>,
  ): Later<A> {
    const later = new Later<A>()
    this.#run(groupId, decide).settle((answer) => later.complete(answer),
      (error) => later.fail(new ApiError(this.#codeOf(error))))
    return later
  }

  #codeOf(error: unknown): ErrorCode {
    if (!(error instanceof ApiError)) this.#world.logger.error('group request failed', { error })
    return coordinatorError(error)
  }

  #open(partition: Partition): GroupsShard {
    const { config, clock, turn, logger } = this.#options
    return new Shard<GroupsRecord, GroupsState>({
      name: `${GROUP_METADATA_TOPIC}-${partition.index}`,
      log: partitionLog(partition, CODECS[config.offsetsTopicCompressionCodec] ?? 'none'),
      codec: groupsCodec,
      clock, logger,
      onStorage: (fn) => turn.onStorage(fn),
      createState: (shard) => new GroupsState(this.#world, shard, groupsHooks),
    })
  }

  #forgetTopics(image: Image, before: Image, topics: ReadonlySet<string>): void {
    for (const topicId of topics) {
      const name = before.topics.byId(topicId)?.name
      if (name === undefined || image.topics.byId(topicId) !== undefined) continue
      for (const shard of this.#shards.all()) {
        shard.run((state) => ({ records: forgetTopic(state, name, topicId), answer: undefined }))
      }
    }
  }
}

/** A random (version 4) UUID in its usual form with dashes. */
function uuidText(bytes: Buffer): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]]
    .map(([from, to]) => hex.slice(from, to)).join('-')
}
