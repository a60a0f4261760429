// Fetch (key 1): reads the records of partitions, or waits until there are some.
//
// An answer is given at once if the client does not want to wait, if there is as much as it asks
// for, or if a partition cannot be read; else when enough was written, or the time is up. Records
// are read into pooled buffers, which go back when the answer has left; those of a large answer
// only when what comes before them has left, or never, where the system sends them from their file.
//
// Versions: 4 has transactions (KIP-98), 5 the start of the log, 7 sessions (KIP-227), 9 and 12
// leader epochs (KIP-320, KIP-595), 10 zstd (KIP-110), 13 topic ids (KIP-516), 15 tells replicas
// apart by their epoch (KIP-903), 16 tells who leads (KIP-951), 17 directories (KIP-853), 18 the
// high watermark that a follower knows (KIP-1166).

import { ApiError, type ErrorCode, Errors } from '../../protocol/errors.ts'
import { fetch, type FetchRequest, type FetchResponse } from '../../protocol/messages/fetch.ts'
import { CurrentLeaders } from '../replication/current-leader.ts'
import type { FetchContext, FetchedPartition, FetchTarget } from '../replication/fetch-sessions.ts'
import type { Partition } from '../replication/partition.ts'
import {
  failedRead, isFollower, type Reader, readPartition,
} from '../replication/partition-read.ts'
import { DelayedFetch } from '../replication/waiting.ts'
import { handler, Later, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

interface AnsweredTopic {
  readonly topic: string
  readonly topicId: string
  readonly partitions: FetchedPartition[]
}

const NO_SESSION = 0
/** What goes beyond it is read when it is sent. */
const AT_ONCE_BYTES = 2 * 1024 * 1024
const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
const ZSTD_SINCE = 10
const TOPIC_IDS_SINCE = 13
const REPLICA_STATE_SINCE = 15
const LEADERS_SINCE = 16
/** Earlier clients take KAFKA_STORAGE_ERROR for one that does not go away. */
const STORAGE_ERROR_SINCE = 6

const SESSION_ERRORS: ReadonlySet<number> = new Set([
  Errors.FETCH_SESSION_ID_NOT_FOUND, Errors.INVALID_FETCH_SESSION_EPOCH,
  Errors.FETCH_SESSION_TOPIC_ID_ERROR,
])
/** The client asked somebody who does not lead the partition (any more). */
const LEADER_ERRORS: ReadonlySet<number> = new Set([
  Errors.NOT_LEADER_OR_FOLLOWER, Errors.FENCED_LEADER_EPOCH,
])

export const fetchHandler = handler(fetch, handleFetch, {
  errorAnswer: refused, answersRecords: true,
})

function handleFetch(
  request: FetchRequest, context: RequestContext, services: Services,
): FetchResponse | Later<FetchResponse> {
  if (request.isolationLevel !== READ_UNCOMMITTED && request.isolationLevel !== READ_COMMITTED) {
    throw new ApiError(Errors.UNKNOWN_SERVER_ERROR)
  }
  const session = services.fetchSessions.begin(request, context.apiVersion)
  return new Fetch(request, context, services, session).run()
}

/** The answer to a request that fails as a whole. */
function refused(request: FetchRequest, apiVersion: number, errorCode: ErrorCode): FetchResponse {
  if (SESSION_ERRORS.has(errorCode)) return { errorCode, sessionId: NO_SESSION, responses: [] }
  const { sessionId, topics } = request
  // With topic ids the error of the whole is enough.
  const responses = apiVersion >= TOPIC_IDS_SINCE ? [] : topics.map(({ topic, partitions }) => ({
    topic, partitions: partitions.map(({ partition }) => failedRead(partition, errorCode, [])),
  }))
  return { errorCode, sessionId, responses }
}

/** A partition of the request: where it is read, or why it cannot be. */
interface Place {
  readonly target: FetchTarget
  readonly topic: string
  readonly partition: Partition | undefined
  readonly errorCode: ErrorCode
}

/** One request under way. */
class Fetch {
  readonly #context: RequestContext
  readonly #services: Services
  readonly #session: FetchContext
  readonly #sessionEpoch: number
  readonly #reader: Reader
  readonly #maxBytes: number
  readonly #minBytes: number
  readonly #maxWaitMs: number
  readonly #places: Place[] = []
  /** Partitions that do not exist: told of last, and no reason not to wait for the others. */
  readonly #missing: Place[] = []
  /** What was read of each place. */
  #fetched: FetchedPartition[] = []
  #releases: (() => void)[] = []
  #sizeBytes = 0
  /** What this answer may hold; less than was asked for where the node has little memory left. */
  #roomBytes = 0
  /** Something was found that the client should hear of without delay. */
  #isUrgent = false

  constructor(
    request: FetchRequest, context: RequestContext, services: Services, session: FetchContext,
  ) {
    this.#context = context
    this.#services = services
    this.#session = session
    this.#sessionEpoch = session.epoch
    const replicaId = context.apiVersion >= REPLICA_STATE_SINCE
      ? request.replicaState.replicaId : request.replicaId
    this.#reader = { replicaId, isCommittedOnly: request.isolationLevel === READ_COMMITTED }
    // A follower's share is up to its own settings.
    this.#maxBytes = isFollower(this.#reader)
      ? request.maxBytes : Math.min(request.maxBytes, services.config.fetchMaxBytes)
    this.#minBytes = Math.min(request.minBytes, this.#maxBytes)
    this.#maxWaitMs = request.maxWaitMs
  }

  run(): FetchResponse | Later<FetchResponse> {
    for (const target of this.#session.targets) this.#find(target)
    this.#readAll()
    const isEnough = this.#places.length === 0 || this.#sizeBytes >= this.#minBytes
    return isEnough || this.#isUrgent || this.#maxWaitMs <= 0 ? this.#answer() : this.#wait()
  }

  #find(target: FetchTarget): void {
    const { partitions, controller } = this.#services
    const { topic, topicId, asked: { partition: index } } = target
    const goesById = this.#context.apiVersion >= TOPIC_IDS_SINCE
    const partition = goesById ? partitions.getById(topicId, index) : partitions.get(topic, index)
    if (partition !== undefined) {
      partition.traffic.read()
      target.topicName = partition.topic
      this.#places.push({ target, topic: partition.topic, partition, errorCode: Errors.NONE })
      return
    }
    const name = goesById
      ? target.topicName ?? controller.image.topics.byId(topicId)?.name : topic
    if (name === undefined) {
      const errorCode = Errors.UNKNOWN_TOPIC_ID
      this.#missing.push({ target, topic, partition, errorCode })
      return
    }
    const errorCode = partitions.errorOfAbsent(name, index)
    const isMissing = errorCode === Errors.UNKNOWN_TOPIC_OR_PARTITION
    const places = isMissing ? this.#missing : this.#places
    places.push({ target, topic: name, partition, errorCode })
  }

  #readAll(): void {
    this.#fetched = []
    this.#sizeBytes = 0
    this.#roomBytes = Math.min(this.#maxBytes, this.#context.answerRoomBytes)
    for (const place of this.#places) {
      const fetched = this.#read(place)
      if (fetched.errorCode !== Errors.NONE || fetched.divergingEpoch !== undefined) {
        this.#isUrgent = true
      }
      this.#sizeBytes += fetched.records?.length ?? 0
      this.#fetched.push(fetched)
    }
  }

  #read({ target: { asked }, partition, errorCode }: Place): FetchedPartition {
    if (partition === undefined) return this.#failed(asked.partition, errorCode)
    const leftBytes = Math.max(0, this.#roomBytes - this.#sizeBytes)
    const maxBytes = Math.min(asked.partitionMaxBytes, leftBytes)
    try {
      const { fetched, release } = readPartition(partition, asked, this.#reader, {
        maxBytes,
        minOneBatch: this.#sizeBytes === 0 && this.#context.answerRoomBytes > 0,
        mayBeLate: this.#sizeBytes + maxBytes > AT_ONCE_BYTES ? 'all'
          : this.#context.sendsFiles ? 'those in files' : 'none',
      })
      const isUnreadable = this.#context.apiVersion < ZSTD_SINCE
        && partition.log.config.compressionType === 'zstd'
      if (isUnreadable) {
        release()
        return failedRead(asked.partition, Errors.UNSUPPORTED_COMPRESSION_TYPE, [])
      }
      this.#releases.push(release)
      return fetched
    } catch (error) {
      if (!(error instanceof ApiError) || error.code === Errors.CORRUPT_MESSAGE) {
        partition.traffic.unreadable()
      }
      if (error instanceof ApiError) return this.#failed(asked.partition, error.code)
      this.#release()
      throw error
    }
  }

  #failed(index: number, errorCode: ErrorCode): FetchedPartition {
    const isTooNew = errorCode === Errors.KAFKA_STORAGE_ERROR
      && this.#context.apiVersion < STORAGE_ERROR_SINCE
    return failedRead(index, isTooNew ? Errors.NOT_LEADER_OR_FOLLOWER : errorCode, null)
  }

  #wait(): Later<FetchResponse> {
    this.#release()
    const later = new Later<FetchResponse>()
    const watched = this.#places.flatMap(({ target: { asked }, partition }) =>
      partition === undefined ? [] : [{ partition, asked }])
    const wait = new DelayedFetch({
      clock: this.#services.clock, watched, reader: this.#reader,
      minBytes: this.#minBytes, maxWaitMs: this.#maxWaitMs,
      done: () => this.#complete(later),
    })
    // Kafka lets it wait to its end; here it would hold the connection, and watch for nobody.
    this.#context.onClosed(() => {
      if (wait.abandon()) later.complete(this.#answerNothing())
    })
    return later
  }

  #answerNothing(): FetchResponse {
    return { errorCode: Errors.NONE, sessionId: this.#session.sessionId, responses: [] }
  }

  #complete(later: Later<FetchResponse>): void {
    try {
      this.#readAll()
      later.complete(this.#answer())
    } catch (error) {
      later.fail(error)
    }
  }

  #answer(): FetchResponse {
    const { sessionId, epoch } = this.#session
    if (epoch !== this.#sessionEpoch) {
      // The client has asked anew meanwhile: this answer would confuse what it knows.
      this.#release()
      return { errorCode: Errors.INVALID_FETCH_SESSION_EPOCH, sessionId, responses: [] }
    }
    if (this.#sizeBytes > 0) this.#context.onSent(() => this.#release())
    const leaders = new CurrentLeaders(this.#services.controller.image, this.#context.listenerName)
    const responses: AnsweredTopic[] = []
    this.#places.forEach((place, i) => this.#tell(place, this.#fetched[i]!, leaders, responses))
    for (const place of this.#missing) {
      const fetched = failedRead(place.target.asked.partition, place.errorCode, [])
      this.#tell(place, fetched, leaders, responses)
    }
    // Followers know where the others are.
    const nodeEndpoints = isFollower(this.#reader) ? [] : leaders.endpoints
    return { errorCode: Errors.NONE, sessionId, responses, nodeEndpoints }
  }

  /** Adds the partition to the answer, if there is something to tell. */
  #tell(
    { target, topic: name, partition }: Place, fetched: FetchedPartition,
    leaders: CurrentLeaders, responses: AnsweredTopic[],
  ): void {
    if (!this.#session.tells(target, fetched)) return
    const sizeBytes = fetched.records?.length ?? 0
    if (sizeBytes > 0 && !isFollower(this.#reader)) partition?.traffic.sent(sizeBytes)
    const isElsewhere = this.#context.apiVersion >= LEADERS_SINCE
      && LEADER_ERRORS.has(fetched.errorCode)
    const told = isElsewhere
      ? { ...fetched, currentLeader: leaders.of(name, fetched.partitionIndex) } : fetched
    const { topic, topicId } = target
    const last = responses.at(-1)
    if (last?.topic === topic && last.topicId === topicId) last.partitions.push(told)
    else responses.push({ topic, topicId, partitions: [told] })
  }

  #release(): void {
    for (const release of this.#releases) release()
    this.#releases = []
  }
}
