// What a server-side assignor is asked, and what every one of them is.

import type { Assignment } from '../assignment.ts'
import type { Hash } from '../java-order.ts'

export interface MemberSpec {
  readonly instanceId: string | null
  /** The topics among its subscription that exist. */
  readonly topicIds: ReadonlySet<string>
  /** How many topics it is subscribed to, existing or not. */
  readonly subscribedCount: number
  /** What it was assigned before. */
  readonly assignment: Assignment
}

export interface GroupSpec {
  /** By member id, in the order in which Kafka has them. */
  readonly members: ReadonlyMap<string, MemberSpec>
  /** All members are subscribed to the same topics. */
  readonly isHomogeneous: boolean
  /** Partitions that are somebody's already, be it one who is no member any more. */
  assignedPartitions(topicId: string): ReadonlyMap<number, unknown> | undefined
  /** Of a topic that somebody is subscribed to. */
  partitionCount(topicId: string): number
  /** Of a topic id: Java's. */
  readonly hashOfTopic: Hash<string>
}

export interface Assignor {
  readonly name: string
  /** Partitions of every member; a member that gets none may be missing. */
  assign(spec: GroupSpec): ReadonlyMap<string, Assignment>
}
