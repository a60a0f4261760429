// What consumer groups need from their node.

import type { TopicsImage } from '../../../../controller/image/topics.ts'
import type { Assignor } from './assignors/spec.ts'
import type { RackOf, TopicHashes } from './metadata-hash.ts'
import type { RegexEngine } from './regex-engine.ts'

/** `group.consumer.migration.policy`. */
export interface MigrationPolicy {
  /** Live groups of the classic protocol may become consumer groups. */
  readonly mayUpgrade: boolean
  /** Live consumer groups whose last consumer leaves may become classic ones. */
  readonly mayDowngrade: boolean
}

/** What a group may have for itself. */
export interface PerGroup {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly assignmentIntervalMs: number
}

export interface ConsumerSettings {
  /** The first is the one for groups that ask for none. */
  readonly assignors: readonly Assignor[]
  readonly maxSize: number
  /** Of classic groups: what a consumer group may become. */
  readonly classicMaxSize: number
  readonly migration: MigrationPolicy
  readonly regexRefreshIntervalMs: number
  of(groupId: string): PerGroup
}

/** The topics of the cluster as they are now. */
export interface TopicsMetadata {
  readonly topics: TopicsImage
  /** Offset of the metadata log. */
  readonly version: number
  /** That at which the newest topic came. */
  readonly newTopicsVersion: number
  readonly rackOf: RackOf
}

export interface ConsumerWorld {
  readonly consumer: ConsumerSettings
  readonly regexes: RegexEngine
  readonly topicHashes: TopicHashes
  metadata(): TopicsMetadata
  /** A new member id, in Kafka's form of a UUID. */
  memberId(): string
}
