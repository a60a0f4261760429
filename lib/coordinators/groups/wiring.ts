// The group coordinator of a node: shards on the partitions of `__consumer_offsets`.

import type { Controller } from '../../../controller/controller.ts'
import { CODECS } from '../../../protocol/records/compression.ts'
import type { Logger } from '../../../storage/ports.ts'
import type { Config } from '../../config.ts'
import type { Partitions } from '../../replication/partitions.ts'
import type { Clock } from '../../world/clock.ts'
import type { Random } from '../../world/random.ts'
import type { Turn } from '../../world/turn.ts'
import {
  createInternalTopic, GROUP_METADATA_TOPIC, groupMetadataTopic,
} from '../internal-topic.ts'
import { LoadQueue } from '../load-queue.ts'
import { partitionLog } from '../partition-log.ts'
import { Shard } from '../shard.ts'
import { Shards } from '../shards.ts'
import { TopicHashes } from './consumer/metadata-hash.ts'
import { re2Engine } from './consumer/regex-engine.ts'
import { consumerSettings } from './consumer/settings.ts'
import type { TopicsMetadata } from './consumer/world.ts'
import { GroupCoordinator } from './coordinator.ts'
import { GroupCounts } from './counts.ts'
import { groupsHooks } from './lifetime.ts'
import { groupsCodec, type GroupsRecord } from './records.ts'
import { groupSettings } from './settings.ts'
import { GroupsState, type GroupsWorld } from './state.ts'

export interface GroupWiring {
  readonly config: Config
  readonly clock: Clock
  readonly turn: Turn
  readonly random: Random
  readonly logger: Logger
  readonly controller: Controller
  readonly partitions: Partitions
}

/** Not started: see `GroupCoordinator.start`. */
export function groupCoordinator(wiring: GroupWiring): GroupCoordinator {
  const { config, clock, turn, random, logger, controller, partitions } = wiring
  const topic = groupMetadataTopic(config)
  const codec = CODECS[config.offsetsTopicCompressionCodec] ?? 'none'
  const settings = groupSettings(config)
  const consumer = consumerSettings(config, () => controller.image)
  const regexes = re2Engine()
  const topicsSeen = new TopicsSeen(controller)
  const counts = new GroupCounts()
  const world: GroupsWorld = {
    settings, consumer, regexes, logger, counts,
    topicHashes: new TopicHashes(),
    metadata: () => topicsSeen.metadata(),
    nowMs: () => clock.nowMs(),
    uuid: () => uuidText(random.uuid()),
    memberId: () => random.uuid(),
  }
  const loads = new LoadQueue(clock)
  const shards = new Shards<GroupsRecord, GroupsState>({
    topic: topic.name, partitionCount: topic.partitionCount, controller, partitions,
    loadTimesMs: loads.timesMs,
    open: (partition) => new Shard<GroupsRecord, GroupsState>({
      name: `${GROUP_METADATA_TOPIC}-${partition.index}`,
      log: partitionLog(partition, codec),
      codec: groupsCodec, clock, loads, logger,
      onStorage: (fn) => turn.onStorage(fn),
      createState: (shard) => new GroupsState(world, shard, groupsHooks),
    }),
  })
  return new GroupCoordinator({
    settings, consumer, logger, shards, counts,
    onNewTopics: () => topicsSeen.noteNewTopics(),
    createTopic: () => createInternalTopic(controller, topic),
  })
}

/** The topics of the cluster, and when the newest of them came. */
class TopicsSeen {
  readonly #controller: Controller
  #newTopicsVersion: number | undefined

  constructor(controller: Controller) {
    this.#controller = controller
  }

  noteNewTopics(): void {
    this.#newTopicsVersion = this.#controller.appliedOffset
  }

  metadata(): TopicsMetadata {
    const { image, appliedOffset: version } = this.#controller
    // What came before a start may be new to what was written before that.
    this.#newTopicsVersion ??= version
    return {
      topics: image.topics, version, newTopicsVersion: this.#newTopicsVersion,
      rackOf: (brokerId) => image.brokers.get(brokerId)?.rack ?? undefined,
    }
  }
}

/** A UUID in its usual form with dashes. */
function uuidText(uuid: string): string {
  const hex = Buffer.from(uuid, 'base64url').toString('hex')
  return [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]]
    .map(([from, to]) => hex.slice(from, to)).join('-')
}
