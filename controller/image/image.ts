// The image: all cluster metadata at one offset of the metadata log, immutable. A record folded in
// gives a new image that shares what the record does not touch.

import type { MetadataRecord } from '../metadata-records.ts'
import { BrokersImage, type Broker } from './brokers.ts'
import { ClientDataImage } from './client-data.ts'
import { ConfigsImage, ConfigType } from './configs.ts'
import { FeaturesImage } from './features.ts'
import { type Partition, TopicsImage } from './topics.ts'

export interface Image {
  readonly features: FeaturesImage
  readonly brokers: BrokersImage
  readonly topics: TopicsImage
  readonly configs: ConfigsImage
  readonly clientData: ClientDataImage
  /** The first producer id that no broker was given yet. */
  readonly nextProducerId: number
}

export const EMPTY_IMAGE: Image = {
  features: FeaturesImage.empty,
  brokers: BrokersImage.empty,
  topics: TopicsImage.empty,
  configs: ConfigsImage.empty,
  clientData: ClientDataImage.empty,
  nextProducerId: 0,
}

/** What changed from one published image to the next. */
export interface ImageDelta {
  readonly before: Image
  /** Ids of topics created, changed or deleted: compare `before` and after. */
  readonly topics: ReadonlySet<string>
  /** Resources whose settings changed, as `type:name`. */
  readonly configs: ReadonlySet<string>
  readonly brokers: ReadonlySet<number>
  readonly features: boolean
  /** The image comes from loading the log, not from a change. */
  readonly isSnapshot: boolean
}

/** Collects what a run of records touches. */
export class DeltaCollector {
  readonly topics = new Set<string>()
  readonly configs = new Set<string>()
  readonly brokers = new Set<number>()
  features = false

  add(record: MetadataRecord, before: Pick<Image, 'topics'>): void {
    switch (record.type) {
      case 'topic': case 'partition': case 'partitionChange':
        this.topics.add(record.data.topicId)
        break
      case 'removeTopic': {
        const topic = before.topics.byId(record.data.topicId)
        if (topic) this.configs.add(`${ConfigType.TOPIC}:${topic.name}`)
        this.topics.add(record.data.topicId)
        break
      }
      case 'config':
        this.configs.add(`${record.data.resourceType}:${record.data.resourceName}`)
        break
      case 'registerBroker': case 'unregisterBroker': case 'brokerRegistrationChange':
        this.brokers.add(record.data.brokerId)
        break
      case 'fenceBroker': case 'unfenceBroker':
        this.brokers.add(record.data.id)
        break
      case 'featureLevel':
        this.features = true
        break
      default:
    }
  }

  merge(other: DeltaCollector): void {
    for (const id of other.topics) this.topics.add(id)
    for (const key of other.configs) this.configs.add(key)
    for (const id of other.brokers) this.brokers.add(id)
    this.features ||= other.features
  }

  delta(before: Image): ImageDelta {
    const { topics, configs, brokers, features } = this
    return { before, topics, configs, brokers, features, isSnapshot: false }
  }
}

/**
 * The image with one record folded in. Throws when the record contradicts the image: a corrupt log.
 */
export function applyRecord(image: Image, record: MetadataRecord): Image {
  switch (record.type) {
    case 'featureLevel': {
      const { name, featureLevel } = record.data
      return { ...image, features: image.features.withLevel(name, featureLevel) }
    }
    case 'topic': {
      const { name, topicId } = record.data
      return { ...image, topics: image.topics.withTopic(name, topicId) }
    }
    case 'removeTopic': return removeTopic(image, record.data.topicId)
    case 'partition': {
      const { topicId, partitionId } = record.data
      const partition = partitionOf(record.data)
      return { ...image, topics: image.topics.withPartition(topicId, partitionId, partition) }
    }
    case 'partitionChange': return changePartition(image, record.data)
    case 'clearElr': return clearElr(image, record.data.topicName)
    case 'config': {
      const { resourceType, resourceName, name, value } = record.data
      return { ...image, configs: image.configs.withValue(resourceType, resourceName, name, value) }
    }
    case 'producerIds': return { ...image, nextProducerId: record.data.nextProducerId }
    case 'noOp': case 'zkMigration':
    case 'beginTransaction': case 'endTransaction': case 'abortTransaction':
      return image
    default: {
      const clientData = image.clientData.with(record)
      if (clientData) return { ...image, clientData }
      return { ...image, brokers: withRegistration(image.brokers, record) }
    }
  }
}

function removeTopic(image: Image, topicId: string): Image {
  const topic = image.topics.byId(topicId)
  if (!topic) throw new Error(`removal of topic ${topicId}, which does not exist`)
  return {
    ...image,
    topics: image.topics.withoutTopic(topicId),
    configs: image.configs.withoutResource(ConfigType.TOPIC, topic.name),
  }
}

type PartitionData = Extract<MetadataRecord, { type: 'partition' }>['data']
type PartitionChangeData = Extract<MetadataRecord, { type: 'partitionChange' }>['data']

export function partitionOf(data: PartitionData): Partition {
  return {
    replicas: data.replicas,
    directories: data.directories,
    isr: data.isr,
    removingReplicas: data.removingReplicas,
    addingReplicas: data.addingReplicas,
    leader: data.leader,
    leaderRecoveryState: data.leaderRecoveryState,
    leaderEpoch: data.leaderEpoch,
    partitionEpoch: data.partitionEpoch,
    elr: data.eligibleLeaderReplicas ?? [],
    lastKnownElr: data.lastKnownElr ?? [],
  }
}

/** "The leader did not change": a leader given, even the same one, is a new leader epoch. */
const NO_LEADER_CHANGE = -2

export function changedPartition(before: Partition, change: PartitionChangeData): Partition {
  const isElection = change.leader !== NO_LEADER_CHANGE
  return {
    replicas: change.replicas ?? before.replicas,
    directories: change.directories ?? before.directories,
    isr: change.isr ?? before.isr,
    removingReplicas: change.removingReplicas ?? before.removingReplicas,
    addingReplicas: change.addingReplicas ?? before.addingReplicas,
    leader: isElection ? change.leader : before.leader,
    leaderRecoveryState: change.leaderRecoveryState === -1
      ? before.leaderRecoveryState : change.leaderRecoveryState,
    leaderEpoch: before.leaderEpoch + (isElection ? 1 : 0),
    partitionEpoch: before.partitionEpoch + 1,
    elr: change.eligibleLeaderReplicas ?? before.elr,
    lastKnownElr: change.lastKnownElr ?? before.lastKnownElr,
  }
}

function changePartition(image: Image, change: PartitionChangeData): Image {
  const { topicId, partitionId } = change
  const before = image.topics.byId(topicId)?.partitions.get(partitionId)
  if (!before) throw new Error(`change of ${topicId}-${partitionId}, which does not exist`)
  const after = changedPartition(before, change)
  return { ...image, topics: image.topics.withPartition(topicId, partitionId, after) }
}

function clearElr(image: Image, topicName: string): Image {
  let { topics } = image
  const cleared = topicName === '' ? [...topics.all()] : [topics.byName(topicName)]
  for (const topic of cleared) {
    if (!topic) throw new Error(`eligible leaders of topic ${topicName}, which does not exist`)
    for (const [index, partition] of topic.partitions) {
      if (partition.elr.length === 0 && partition.lastKnownElr.length === 0) continue
      topics = topics.withPartition(topic.id, index, { ...partition, elr: [], lastKnownElr: [] })
    }
  }
  return { ...image, topics }
}

function withRegistration(brokers: BrokersImage, record: MetadataRecord): BrokersImage {
  switch (record.type) {
    case 'registerBroker': {
      const { brokerId, brokerEpoch, endPoints, ...rest } = record.data
      return brokers.withBroker({
        id: brokerId, epoch: brokerEpoch, endpoints: endPoints,
        incarnationId: rest.incarnationId, features: rest.features, rack: rest.rack,
        fenced: rest.fenced, inControlledShutdown: rest.inControlledShutdown,
        logDirs: rest.logDirs, cordonedLogDirs: rest.cordonedLogDirs,
      })
    }
    case 'unregisterBroker': return brokers.withoutBroker(record.data.brokerId)
    case 'fenceBroker':
      return changeBroker(brokers, record.data.id, record.data.epoch, { fenced: true })
    case 'unfenceBroker':
      return changeBroker(brokers, record.data.id, record.data.epoch, { fenced: false })
    case 'brokerRegistrationChange': {
      const { brokerId, brokerEpoch, fenced, inControlledShutdown, logDirs } = record.data
      const { cordonedLogDirs } = record.data
      return changeBroker(brokers, brokerId, brokerEpoch, {
        ...(fenced === 0 ? {} : { fenced: fenced > 0 }),
        ...(inControlledShutdown === 0 ? {} : { inControlledShutdown: true }),
        ...(logDirs.length === 0 ? {} : { logDirs }),
        ...(cordonedLogDirs === null ? {} : { cordonedLogDirs }),
      })
    }
    case 'registerController': {
      const { controllerId, incarnationId, zkMigrationReady, endPoints, features } = record.data
      return brokers.withController({
        id: controllerId, incarnationId, zkMigrationReady, endpoints: endPoints, features,
      })
    }
    case 'unregisterController': return brokers.withoutController(record.data.controllerId)
    default: throw new Error(`a record of type ${record.type} has no place in the image`)
  }
}

function changeBroker(
  brokers: BrokersImage, id: number, epoch: number, change: Partial<Broker>,
): BrokersImage {
  const broker = brokers.get(id)
  if (broker?.epoch !== epoch) throw new Error(`change of broker ${id} at unknown epoch ${epoch}`)
  return brokers.withBroker({ ...broker, ...change })
}
