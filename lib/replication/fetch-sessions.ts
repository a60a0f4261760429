// Fetch sessions (KIP-227): what a consumer fetches is remembered, so that its requests name only
// what changed, and the answers only what is new.

import { ApiError, Errors } from '../../protocol/errors.ts'
import type { FetchRequest, FetchResponse } from '../../protocol/messages/fetch.ts'
import type { Clock } from '../world/clock.ts'
import type { Random } from '../world/random.ts'

type AskedTopic = FetchRequest['topics'][number]
export type AskedPartition = AskedTopic['partitions'][number]
export type FetchedPartition = FetchResponse['responses'][number]['partitions'][number]

export interface FetchSessionsOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly random: Pick<Random, 'integer'>
  /** `max.incremental.fetch.session.cache.slots`; 0: there are no sessions. */
  readonly maxSessions: number
}

/** A partition that is fetched, as the request, or the session, says. */
export interface FetchTarget {
  /** Empty where the request goes by topic ids. */
  readonly topic: string
  /** The name that a topic id stood for when it was found: a session keeps it. */
  topicName: string | undefined
  readonly topicId: string
  asked: AskedPartition
  /** What the client was told last; −1: nothing that holds. */
  highWatermark: number
  logStartOffset: number
}

/** What one request fetches, and what of the outcome its answer tells. */
export interface FetchContext {
  readonly targets: Iterable<FetchTarget>
  readonly size: number
  /** Of the answer; 0 without a session. */
  readonly sessionId: number
  /** Differs from what it was, once the session has had another request; 0 without a session. */
  readonly epoch: number
  /** Whether the answer must tell of the partition; notes what it tells. */
  tells(target: FetchTarget, fetched: FetchedPartition): boolean
}

const NO_SESSION = 0
const FIRST_EPOCH = 0
const FINAL_EPOCH = -1
const MAX_ID = 0x7fffffff
/** A session unused for so long may be replaced by any other; one that old, by a larger one. */
const EVICTION_MS = 120_000
const FIRST_VERSION_WITH_IDS = 13

type Targets = Map<string, FetchTarget>

class Session implements FetchContext {
  readonly sessionId: number
  readonly usesTopicIds: boolean
  readonly targetsByKey: Targets
  epoch = 1
  readonly #createdMs: number
  lastUsedMs: number
  /** It had lived long enough to be replaced when it was last used. */
  isOld = false

  constructor(id: number, usesTopicIds: boolean, targets: Targets, nowMs: number) {
    this.sessionId = id
    this.usesTopicIds = usesTopicIds
    this.targetsByKey = targets
    this.#createdMs = nowMs
    this.lastUsedMs = nowMs
  }

  used(nowMs: number): void {
    this.lastUsedMs = nowMs
    this.isOld = nowMs - this.#createdMs > EVICTION_MS
    this.epoch = this.epoch === MAX_ID ? 1 : this.epoch + 1
  }

  get targets(): Iterable<FetchTarget> {
    return this.targetsByKey.values()
  }

  get size(): number {
    return this.targetsByKey.size
  }

  tells(target: FetchTarget, fetched: FetchedPartition): boolean {
    const hasRecords = (fetched.records?.length ?? 0) > 0
    // The next request begins with those that had nothing this time.
    if (hasRecords) this.#moveToEnd(target)
    return note(target, fetched) || hasRecords
  }

  #moveToEnd(target: FetchTarget): void {
    const key = keyOf(target.topic, target.topicId, target.asked.partition)
    if (!this.targetsByKey.delete(key)) return
    this.targetsByKey.set(key, target)
  }
}

/** Notes what the client is told. True when that differs from what it knows, or is an error. */
function note(target: FetchTarget, fetched: FetchedPartition): boolean {
  const { highWatermark, logStartOffset = -1, errorCode } = fetched
  const isNew = target.highWatermark !== highWatermark || target.logStartOffset !== logStartOffset
  const isFailed = errorCode !== Errors.NONE
  // When the error is over, that has to be told too.
  target.highWatermark = isFailed ? -1 : highWatermark
  target.logStartOffset = logStartOffset
  return isNew || isFailed || fetched.divergingEpoch !== undefined
}

/** Everything the request names is fetched, and told of. */
function whole(targets: Targets, sessionId: number): FetchContext {
  return {
    targets: targets.values(), size: targets.size, sessionId, epoch: 0,
    tells(target, fetched) {
      note(target, fetched)
      return true
    },
  }
}

export class FetchSessions {
  /** Sessions that had to make room for others, since the start. */
  evictions = 0
  readonly #options: FetchSessionsOptions
  /** The one used longest ago comes first. */
  readonly #sessions = new Map<number, Session>()

  constructor(options: FetchSessionsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#sessions.size
  }

  /** What all of them fetch, a partition as often as it is in one. */
  get partitionCount(): number {
    let count = 0
    for (const { size } of this.#sessions.values()) count += size
    return count
  }

  /**
   * Throws FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR,
   * which concern the whole request.
   */
  begin(request: FetchRequest, apiVersion: number): FetchContext {
    const { sessionId, sessionEpoch } = request
    const usesTopicIds = apiVersion >= FIRST_VERSION_WITH_IDS
    if (sessionEpoch === FINAL_EPOCH || sessionEpoch === FIRST_EPOCH) {
      // Starting over ends what was.
      if (sessionId !== NO_SESSION) this.#sessions.delete(sessionId)
      const targets = targetsOf(request)
      if (sessionEpoch === FINAL_EPOCH) return whole(targets, NO_SESSION)
      return whole(targets, this.#create(targets, usesTopicIds)?.sessionId ?? NO_SESSION)
    }
    return this.#continue(request, usesTopicIds)
  }

  #continue(request: FetchRequest, usesTopicIds: boolean): FetchContext {
    const { sessionId, sessionEpoch } = request
    const session = this.#sessions.get(sessionId)
    if (session === undefined) throw new ApiError(Errors.FETCH_SESSION_ID_NOT_FOUND)
    if (session.epoch !== sessionEpoch) throw new ApiError(Errors.INVALID_FETCH_SESSION_EPOCH)
    if (session.usesTopicIds !== usesTopicIds) {
      throw new ApiError(Errors.FETCH_SESSION_TOPIC_ID_ERROR)
    }
    update(session.targetsByKey, request)
    this.#sessions.delete(sessionId)
    // Nothing is left to fetch: the session is over.
    if (session.size === 0) return whole(targetsOf(request), NO_SESSION)
    this.#sessions.set(sessionId, session)
    session.used(this.#options.clock.monotonicMs())
    return session
  }

  /** Undefined when there is no room for it: the client fetches without a session then. */
  #create(targets: Targets, usesTopicIds: boolean): Session | undefined {
    const nowMs = this.#options.clock.monotonicMs()
    if (this.#sessions.size >= this.#options.maxSessions && !this.#evict(targets.size, nowMs)) {
      return undefined
    }
    const session = new Session(this.#newId(), usesTopicIds, targets, nowMs)
    this.#sessions.set(session.sessionId, session)
    return session
  }

  /** Makes room: the one unused for too long goes, else the smallest old one that is smaller. */
  #evict(size: number, nowMs: number): boolean {
    const [oldest] = this.#sessions.values()
    if (oldest === undefined) return false
    let victim: Session | undefined
    if (nowMs - oldest.lastUsedMs > EVICTION_MS) victim = oldest
    else {
      for (const session of this.#sessions.values()) {
        if (session.isOld && session.size < (victim?.size ?? size)) victim = session
      }
    }
    if (victim === undefined) return false
    this.evictions++
    return this.#sessions.delete(victim.sessionId)
  }

  #newId(): number {
    for (;;) {
      const id = 1 + this.#options.random.integer(MAX_ID)
      if (!this.#sessions.has(id)) return id
    }
  }
}

function keyOf(topic: string, topicId: string, index: number): string {
  return `${index}:${topic === '' ? topicId : topic}`
}

function newTarget(topic: string, topicId: string, asked: AskedPartition): FetchTarget {
  return { topic, topicName: undefined, topicId, asked, highWatermark: -1, logStartOffset: -1 }
}

function targetsOf(request: FetchRequest): Targets {
  const targets: Targets = new Map()
  update(targets, request)
  return targets
}

/** Takes in what a request adds, changes and forgets. */
function update(targets: Targets, { topics, forgottenTopicsData }: FetchRequest): void {
  for (const { topic, topicId, partitions } of topics) {
    for (const asked of partitions) {
      const key = keyOf(topic, topicId, asked.partition)
      const target = targets.get(key)
      if (target !== undefined) target.asked = asked
      else targets.set(key, newTarget(topic, topicId, asked))
    }
  }
  for (const { topic, topicId, partitions } of forgottenTopicsData) {
    for (const index of partitions) targets.delete(keyOf(topic, topicId, index))
  }
}
