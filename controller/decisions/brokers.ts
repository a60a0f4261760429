// Brokers come and go: registration, heartbeats, fencing, controlled shutdown (KIP-631).

import { ApiError, Errors } from '../../protocol/errors.ts'
import type { Broker, Endpoint, SupportedRange } from '../image/brokers.ts'
import { METADATA_VERSION } from '../image/features.ts'
import type { TopicIdPartition, TopicsImage } from '../image/topics.ts'
import { type NewRecord, record } from '../metadata-records.ts'
import { registerBrokerVersion } from '../record-versions.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { directoriesCordoned, directoriesLost } from './directories.ts'
import { leaderChanges } from './leaders.ts'

/** The fields of a BrokerRegistration request. */
export interface BrokerRegistration {
  readonly brokerId: number
  readonly clusterId: string
  readonly incarnationId: string
  readonly listeners: readonly Endpoint[]
  readonly features: readonly SupportedRange[]
  readonly rack: string | null
  readonly logDirs: readonly string[]
  /** The epoch before a clean shutdown, from the shutdown markers; −1 after an unclean one. */
  readonly previousBrokerEpoch: number
}

/** Registers a broker, fenced. Answers its epoch. `hasSession`: does an incarnation of it live? */
export function registerBroker(
  request: BrokerRegistration, hasSession: boolean,
): Decision<{ brokerEpoch: number }> {
  return (context) => {
    const { image, nextOffset } = context
    const { brokerId, incarnationId } = request
    const existing = image.brokers.get(brokerId)
    checkRegistration(context, request, existing, hasSession)
    const isSame = existing?.incarnationId === incarnationId
    const records: NewRecord[] = isSame ? [] : afterShutdown(context, request, existing)
    const brokerEpoch = isSame ? existing.epoch : nextOffset
    records.push(record('registerBroker', registerBrokerVersion(image.features), {
      brokerId, incarnationId, brokerEpoch,
      endPoints: request.listeners,
      features: request.features.map(({ name, minSupportedVersion, maxSupportedVersion }) =>
        ({ name, minSupportedVersion, maxSupportedVersion })),
      rack: request.rack,
      fenced: isSame ? existing.fenced : true,
      inControlledShutdown: isSame ? existing.inControlledShutdown : false,
      logDirs: request.logDirs,
    }))
    return { records, answer: { brokerEpoch } }
  }
}

/** The earlier incarnation leads no more; without a clean shutdown it may also have lost data. */
function afterShutdown(
  context: DecisionContext, request: BrokerRegistration, existing: Broker | undefined,
): NewRecord[] {
  const { brokerId, previousBrokerEpoch } = request
  const { features, topics } = context.image
  const wasClean = existing !== undefined && existing.epoch === previousBrokerEpoch
  if (features.isElrEnabled && !wasClean) {
    return leaderChanges(context, topics.withIsrOrElrMember(brokerId), { lostData: brokerId })
  }
  return leaderChanges(context, placesInIsr(context, brokerId), { leaving: brokerId })
}

function checkRegistration(
  { image, settings }: DecisionContext, request: BrokerRegistration,
  existing: Broker | undefined, hasSession: boolean,
): void {
  const { clusterId, brokerId, logDirs, features } = request
  if (clusterId !== settings.clusterId) {
    throw new ApiError(Errors.INCONSISTENT_CLUSTER_ID,
      `Expected cluster ID ${settings.clusterId}, but got cluster ID ${clusterId}`)
  }
  if (existing && hasSession && existing.incarnationId !== request.incarnationId) {
    throw new ApiError(Errors.DUPLICATE_BROKER_REGISTRATION,
      'Another broker is registered with that broker id. If the broker was recently restarted ' +
      "this should self-resolve once the heartbeat manager expires the broker's session.")
  }
  const invalid = (why: string): ApiError => new ApiError(Errors.INVALID_REGISTRATION, why)
  if (logDirs.length === 0) throw invalid('No directories specified in request')
  if (new Set(logDirs).size !== logDirs.length) throw invalid('Duplicate directory ID in request')
  for (const other of image.brokers.all()) {
    const shared = other.logDirs.find((directory) => logDirs.includes(directory))
    if (other.id === brokerId || shared === undefined) continue
    throw invalid(`Broker ${other.id} is already registered with directory ${shared}`)
  }
  if (!features.some(({ name }) => name === METADATA_VERSION)) {
    throw invalid("Request features do not contain 'metadata.version'")
  }
  for (const [name, level] of image.features.levels) {
    const range = features.find((feature) => feature.name === name)
    const { minSupportedVersion: min, maxSupportedVersion: max } = range ??
      { minSupportedVersion: 0, maxSupportedVersion: 0 }
    if (level >= min && level <= max) continue
    throw new ApiError(Errors.UNSUPPORTED_VERSION,
      'Unable to register because the broker does not support finalized version ' +
      `${level} of ${name}. The broker wants a version between ${min} and ${max}, inclusive.`)
  }
}

export interface BrokerHeartbeat {
  readonly brokerId: number
  readonly brokerEpoch: number
  /** How far the broker has applied the metadata log. */
  readonly currentMetadataOffset: number
  readonly wantFence: boolean
  readonly wantShutDown: boolean
  /** Ids of log directories that failed. */
  readonly offlineLogDirs?: readonly string[]
  /** Ids of log directories that take no new replicas; left out: it does not tell. */
  readonly cordonedLogDirs?: readonly string[]
}

export interface HeartbeatAnswer {
  readonly isCaughtUp: boolean
  readonly isFenced: boolean
  readonly inControlledShutdown: boolean
  readonly shouldShutDown: boolean
}

/**
 * Unfences a broker that has caught up with its own registration, fences one that wishes it, and
 * leads one that shuts down through it: leaderships first, then the end.
 */
export function brokerHeartbeat(request: BrokerHeartbeat): Decision<HeartbeatAnswer> {
  return (context) => {
    const { image } = context
    const broker = image.brokers.get(request.brokerId)
    checkEpoch(broker, request)
    const isCaughtUp = request.currentMetadataOffset >= broker.epoch
    const state = nextState(context, broker, request, isCaughtUp)
    const records = state.isFenced && !broker.fenced ? fencing(context, broker)
      : !state.isFenced && broker.fenced ? unfencing(context, broker)
      : state.inControlledShutdown && !broker.inControlledShutdown
        ? enteringShutdown(context, broker)
      : []
    const lost = directoriesLost(context, broker, request.offlineLogDirs ?? [])
    const cordoned = directoriesCordoned(context, broker, request.cordonedLogDirs ?? null)
    return { records: [...lost, ...cordoned, ...records], answer: { isCaughtUp, ...state } }
  }
}

function checkEpoch(
  broker: Broker | undefined, { brokerId, brokerEpoch }: BrokerHeartbeat,
): asserts broker is Broker {
  if (!broker) {
    throw new ApiError(
      Errors.STALE_BROKER_EPOCH, `No broker registration found for broker id ${brokerId}`)
  }
  if (broker.epoch !== brokerEpoch) {
    throw new ApiError(Errors.STALE_BROKER_EPOCH,
      `Expected broker epoch ${broker.epoch}, but got broker epoch ${brokerEpoch}`)
  }
}

function nextState(
  { image }: DecisionContext, broker: Broker, request: BrokerHeartbeat, isCaughtUp: boolean,
): Omit<HeartbeatAnswer, 'isCaughtUp'> {
  const stay = {
    isFenced: broker.fenced, inControlledShutdown: broker.inControlledShutdown,
    shouldShutDown: false,
  }
  const fenced = { isFenced: true, inControlledShutdown: false, shouldShutDown: false }
  if (broker.fenced) {
    if (request.wantShutDown) return { ...fenced, shouldShutDown: true }
    return request.wantFence || !isCaughtUp ? fenced : { ...fenced, isFenced: false }
  }
  if (broker.inControlledShutdown || request.wantShutDown) {
    if (leads(image.topics, broker.id)) {
      return { isFenced: false, inControlledShutdown: true, shouldShutDown: false }
    }
    return { ...fenced, shouldShutDown: true }
  }
  return request.wantFence ? fenced : stay
}

function leads(topics: TopicsImage, brokerId: number): boolean {
  return topics.withIsrOrElrMember(brokerId).some(({ topicId, index }) =>
    topics.byId(topicId)?.partitions.get(index)?.leader === brokerId)
}

function placesInIsr({ image: { topics } }: DecisionContext, id: number): TopicIdPartition[] {
  return topics.withIsrOrElrMember(id).filter(({ topicId, index }) =>
    topics.byId(topicId)?.partitions.get(index)?.isr.includes(id) === true)
}

/** A broker that asked for it, or has nothing left to do in its shutdown. */
function fencing(context: DecisionContext, broker: Broker): NewRecord[] {
  return [
    ...leaderChanges(context, placesInIsr(context, broker.id), { leaving: broker.id }),
    record('brokerRegistrationChange', 0,
      { brokerId: broker.id, brokerEpoch: broker.epoch, fenced: 1 }),
  ]
}

function unfencing(context: DecisionContext, broker: Broker): NewRecord[] {
  return [
    record('brokerRegistrationChange', 0,
      { brokerId: broker.id, brokerEpoch: broker.epoch, fenced: -1 }),
    ...leaderChanges(context, context.image.topics.withoutLeader(), { joining: broker.id }),
  ]
}

function enteringShutdown(context: DecisionContext, broker: Broker): NewRecord[] {
  return [
    record('brokerRegistrationChange', 1,
      { brokerId: broker.id, brokerEpoch: broker.epoch, inControlledShutdown: 1 }),
    ...leaderChanges(context, placesInIsr(context, broker.id), { leaving: broker.id }),
  ]
}
