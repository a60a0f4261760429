// An image as the records that make it: what a snapshot holds.

import { lateRecord, type NewRecord, record, recordAgain } from '../metadata-records.ts'
import { partitionVersion, registerBrokerVersion } from '../record-versions.ts'
import { type FeaturesImage, METADATA_VERSION } from './features.ts'
import type { Image } from './image.ts'
import { type Partition, partitionsInOrder } from './topics.ts'

/** Records in the order in which Kafka writes its snapshots; replayed they give the image again. */
export function* recordsOfImage(image: Image): Generator<NewRecord> {
  yield* featureRecords(image)
  yield* clusterRecords(image)
  for (const topic of image.topics.all()) {
    yield record('topic', 0, { name: topic.name, topicId: topic.id })
    for (const [index, partition] of partitionsInOrder(topic)) {
      yield partitionRecord(image.features, topic.id, index, partition)
    }
  }
  for (const { type, name, settings } of image.configs.resources()) {
    for (const [key, value] of settings) {
      yield record('config', 0, { resourceType: type, resourceName: name, name: key, value })
    }
  }
  for (const one of image.clientData.records()) yield recordAgain(one)
  if (image.nextProducerId > 0) {
    yield record('producerIds', 0,
      { brokerId: -1, brokerEpoch: -1, nextProducerId: image.nextProducerId })
  }
}

export function partitionRecord(
  features: FeaturesImage, topicId: string, index: number, partition: Partition,
): NewRecord {
  return lateRecord('partition', () => {
    const { elr, lastKnownElr, ...fields } = partition
    return record('partition', partitionVersion(features), {
      ...fields, partitionId: index, topicId,
      ...(elr.length === 0 ? {} : { eligibleLeaderReplicas: elr }),
      ...(lastKnownElr.length === 0 ? {} : { lastKnownElr }),
    })
  })
}

function* featureRecords({ features }: Image): Generator<NewRecord> {
  // The metadata version first: it says how everything after it is to be read.
  const names = [...features.levels.keys()].sort((a, b) =>
    a === METADATA_VERSION ? -1 : b === METADATA_VERSION ? 1 : a < b ? -1 : 1)
  for (const name of names) {
    yield record('featureLevel', 0, { name, featureLevel: features.level(name) })
  }
}

function* clusterRecords({ brokers, features }: Image): Generator<NewRecord> {
  for (const broker of brokers.all()) {
    yield record('registerBroker', registerBrokerVersion(features), {
      brokerId: broker.id, incarnationId: broker.incarnationId, brokerEpoch: broker.epoch,
      endPoints: broker.endpoints, features: broker.features, rack: broker.rack,
      fenced: broker.fenced, inControlledShutdown: broker.inControlledShutdown,
      logDirs: broker.logDirs, cordonedLogDirs: broker.cordonedLogDirs,
    })
  }
  for (const { id, ...controller } of brokers.controllers.values()) {
    yield record('registerController', 0, {
      controllerId: id, incarnationId: controller.incarnationId,
      zkMigrationReady: controller.zkMigrationReady,
      endPoints: controller.endpoints, features: controller.features,
    })
  }
}
