// The group coordinator of a node: classic groups and offsets, on the shards that are led here.
//
// Errors are those that Kafka's GroupCoordinatorService gives; what a version can and cannot say is
// the handlers' business.

import type { Image } from '../../../controller/image/image.ts'
import { ApiError, errorName, Errors, type ErrorCode } from '../../../protocol/errors.ts'
import type {
  ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse,
} from '../../../protocol/messages/consumer-group-heartbeat.ts'
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
import type {
  TxnOffsetCommitRequest, TxnOffsetCommitResponse,
} from '../../../protocol/messages/txn-offset-commit.ts'
import type { Logger } from '../../../storage/ports.ts'
import { Later } from '../../server/later.ts'
import { coordinatorError } from '../errors.ts'
import { answered, failed, mapLater, promised } from '../map-later.ts'
import type { Decision, EndMark, TransactionalProducer } from '../shard.ts'
import type { Loads, Shards } from '../shards.ts'
import { joinError, type Left, syncError } from './answers.ts'
import { commitOffsets, commitTransactionalOffsets } from './commit.ts'
import type { GroupCounts } from './counts.ts'
import { deleteGroup, deleteOffsets, forgetTopic } from './delete.ts'
import {
  type DescribedGroup, describeGroup, likeness, type ListedGroup, listGroups,
} from './describe.ts'
import {
  type DescribedConsumerGroup, describeConsumerGroup,
} from './consumer/describe.ts'
import { consumerHeartbeat } from './consumer/heartbeat.ts'
import { checkHeartbeat } from './consumer/validate.ts'
import type { ConsumerSettings } from './consumer/world.ts'
import {
  type AskedTopic, checkFetch, fetchAllOffsets, type FetchedTopic, type Fetcher, fetchOffsets,
} from './fetch.ts'
import { heartbeat } from './heartbeat.ts'
import { joinGroup } from './join.ts'
import type { JoinContext } from './joining.ts'
import { leaveGroup } from './leave.ts'
import type { GroupsRecord } from './records.ts'
import type { GroupSettings, GroupsState } from './state.ts'
import { syncGroup } from './sync.ts'

/** The shards of groups on this node. */
export type GroupShards = Pick<Shards<GroupsRecord, GroupsState>,
  'start' | 'stop' | 'run' | 'runIn' | 'all' | 'partitionOf' | 'loads'>

export interface GroupCoordinatorOptions {
  readonly settings: GroupSettings
  readonly consumer: ConsumerSettings
  readonly logger: Logger
  readonly shards: GroupShards
  readonly counts: GroupCounts
  /** Creates `__consumer_offsets`; gives the error of the attempt. */
  createTopic(): Promise<ErrorCode>
  onNewTopics(): void
}

export class GroupCoordinator {
  readonly counts: GroupCounts
  readonly #settings: GroupSettings
  readonly #consumer: ConsumerSettings
  readonly #logger: Logger
  readonly #shards: GroupShards
  readonly #createTopic: () => Promise<ErrorCode>
  readonly #onNewTopics: () => void
  #creation: Promise<ErrorCode> | undefined

  constructor(options: GroupCoordinatorOptions) {
    const { settings, consumer, logger, shards, createTopic, onNewTopics } = options
    this.counts = options.counts
    this.#onNewTopics = onNewTopics
    this.#settings = settings
    this.#consumer = consumer
    this.#logger = logger
    this.#shards = shards
    this.#createTopic = createTopic
  }

  /** Begins to follow the metadata, and so to load what is led here. */
  start(): void {
    this.#shards.start((image, before, topics) => {
      const isNew = (id: string) =>
        before.topics.byId(id) === undefined && image.topics.byId(id) !== undefined
      if ([...topics].some(isNew)) this.#onNewTopics()
      this.#forgetTopics(image, before, topics)
    })
  }

  /** Members that wait are told to look for another coordinator. */
  stop(): void {
    this.#shards.stop()
  }

  /** The partition of `__consumer_offsets` that keeps the group. */
  partitionOf(groupId: string): number {
    return this.#shards.partitionOf(groupId)
  }

  /** Creates `__consumer_offsets`; gives the error of the attempt. One attempt at a time. */
  createTopic(): Promise<ErrorCode> {
    this.#creation ??= this.#createTopic().finally(() => { this.#creation = undefined })
    return this.#creation
  }

  joinGroup(request: JoinGroupRequest, context: JoinContext): Later<JoinGroupResponse> {
    const { groupId, memberId, sessionTimeoutMs } = request
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#settings
    const answer = new Later<JoinGroupResponse>()
    if (groupId === '') {
      answer.complete(joinError(memberId, Errors.INVALID_GROUP_ID))
    } else if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      answer.complete(joinError(memberId, Errors.INVALID_SESSION_TIMEOUT))
    } else {
      const join = (state: GroupsState) => joinGroup(state, {
        request, context, answer: (response) => {
          this.#tellRefusal(state, groupId, response.errorCode)
          answer.complete(response)
        },
      })
      this.#run(groupId, (state) => ({ ...join(state), answer: undefined }))
        .settle(() => {}, (error) => answer.complete(joinError('', this.#codeOf(error))))
    }
    return answer
  }

  syncGroup(request: SyncGroupRequest): Later<SyncGroupResponse> {
    const answer = new Later<SyncGroupResponse>()
    const complete = (response: SyncGroupResponse) => answer.complete(response)
    if (request.groupId === '') complete(syncError(Errors.INVALID_GROUP_ID))
    else {
      const sync = (state: GroupsState) => syncGroup(state, request, (response) => {
        this.#tellRefusal(state, request.groupId, response.errorCode)
        complete(response)
      })
      this.#run(request.groupId, (state) => ({ ...sync(state), answer: undefined }))
        .settle(() => {}, (error) => complete(syncError(this.#codeOf(error))))
    }
    return answer
  }

  heartbeat(request: HeartbeatRequest): Later<HeartbeatResponse> {
    if (request.groupId === '') {
      return answered<HeartbeatResponse>({ errorCode: Errors.INVALID_GROUP_ID })
    }
    const code = this.#run(request.groupId, (state) => {
      const answer = heartbeat(state, request)
      this.#tellRefusal(state, request.groupId, answer)
      return { records: [], answer }
    })
    return mapLater<ErrorCode, HeartbeatResponse>(code, (errorCode) => ({ errorCode }), (error) => {
      const errorCode = this.#codeOf(error)
      // Members must not give up because their group is being loaded.
      const isLoading = errorCode === Errors.COORDINATOR_LOAD_IN_PROGRESS
      return { errorCode: isLoading ? Errors.NONE : errorCode }
    })
  }

  leaveGroup(
    groupId: string, members: LeaveGroupRequest['members'],
  ): Later<LeaveGroupResponse> {
    if (groupId === '') {
      return answered<LeaveGroupResponse>({ errorCode: Errors.INVALID_GROUP_ID, members: [] })
    }
    const left = this.#run(groupId, (state) => {
      const { writes, left } = leaveGroup(state, groupId, members)
      return { ...writes, answer: left }
    })
    const answer = (members: Left[]) => ({ errorCode: Errors.NONE, members })
    return mapLater<Left[], LeaveGroupResponse>(left, answer, (error) => {
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

  /** As `commitOffsets`, in the transaction of a producer that has been let in. */
  commitTransactionalOffsets(
    request: TxnOffsetCommitRequest, apiVersion: number, producer: TransactionalProducer,
  ): Later<TxnOffsetCommitResponse> {
    return this.#asked(request.groupId,
      (state) => ({ ...commitTransactionalOffsets(state, request, apiVersion), producer }))
  }

  /** Writes the mark; the offsets of the transaction count from now on, or never. */
  completeTransaction(partition: number, mark: EndMark): Later<undefined> {
    return this.#shards.runIn(partition, () => ({ records: [], mark, answer: undefined }))
  }

  /**
   * Null topics: all. Stable: see `fetchOffsets` of fetch.ts. Fails with the `ApiError` that holds
   * for the group.
   */
  fetchOffsets(
    groupId: string, topics: readonly AskedTopic[] | null, isStable: boolean, fetcher?: Fetcher,
  ): Later<FetchedTopic[]> {
    return this.#asked(groupId, (state) => {
      checkFetch(state, groupId, fetcher)
      const answer = topics === null
        ? fetchAllOffsets(state, groupId, isStable)
        : fetchOffsets(state, groupId, topics, isStable)
      return { records: [], answer }
    })
  }

  /** Fails with the `ApiError` that the member gets. */
  consumerHeartbeat(
    request: ConsumerGroupHeartbeatRequest, context: JoinContext,
  ): Later<ConsumerGroupHeartbeatResponse> {
    const { clientId, clientHost, apiVersion } = context
    try {
      checkHeartbeat(request, apiVersion, this.#consumer.assignors)
    } catch (error) {
      const answer = new Later<ConsumerGroupHeartbeatResponse>()
      answer.fail(error)
      return answer
    }
    return this.#asked(request.groupId, (state) =>
      consumerHeartbeat(state, { request, clientId, clientHost }))
  }

  describeConsumerGroup(groupId: string): Later<DescribedConsumerGroup> {
    return this.#asked(groupId,
      (state) => ({ records: [], answer: describeConsumerGroup(state, groupId) }))
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

  get loads(): Loads {
    return this.#shards.loads
  }

  /** Of the shards that are loaded: to be looked at, and no more. */
  * states(): Generator<GroupsState> {
    for (const { state } of this.#shards.all()) if (state !== undefined) yield state
  }

  deleteGroup(groupId: string): Later<undefined> {
    return this.#asked(groupId,
      (state) => ({ records: deleteGroup(state, groupId), answer: undefined }))
  }

  #run<A>(
    groupId: string, decide: (state: GroupsState) => Decision<GroupsRecord, A>,
  ): Later<A> {
    return this.#shards.run(groupId, (state) => {
      try {
        return decide(state)
      } catch (error) {
        if (error instanceof ApiError) this.#tellRefusal(state, groupId, error.code, error.message)
        throw error
      }
    })
  }

  /** What the group is like that refuses something; the request is told of where it is answered. */
  #tellRefusal(state: GroupsState, groupId: string, code: number, why?: string): void {
    if (this.#logger.isDebug !== true || code === Errors.NONE) return
    this.#logger.debug('A group refuses a request',
      { group: groupId, error: errorName(code), why, ...likeness(state.groups.get(groupId)) })
  }

  /** As `#run`; what fails becomes an error that clients understand. */
  #asked<A>(
    groupId: string, decide: (state: GroupsState) => Decision<GroupsRecord, A>,
  ): Later<A> {
    const later = new Later<A>()
    this.#run(groupId, decide).settle((answer) => later.complete(answer), (error) => {
      const code = this.#codeOf(error)
      const isOfTheGroup = error instanceof ApiError && error.code === code
      later.fail(isOfTheGroup ? error : new ApiError(code))
    })
    return later
  }

  #codeOf(error: unknown): ErrorCode {
    if (!(error instanceof ApiError)) this.#logger.error('group request failed', { error })
    return coordinatorError(error)
  }

  #forgetTopics(image: Image, before: Image, topics: ReadonlySet<string>): void {
    for (const topicId of topics) {
      const name = before.topics.byId(topicId)?.name
      if (name === undefined || image.topics.byId(topicId) !== undefined) continue
      for (const shard of this.#shards.all()) {
        shard.runUnasked(`forgetting the offsets of deleted topic ${name}`, (state) => (
          { records: forgetTopic(state, name, topicId), isAtomic: false }))
      }
    }
  }
}
