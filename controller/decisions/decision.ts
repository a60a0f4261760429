// What a decision is: a pure function from the image and a request to records and an answer.

import type { Image } from '../image/image.ts'
import type { NewRecord } from '../metadata-records.ts'
import type { Randomness } from '../ports.ts'

export interface DecisionSettings {
  readonly nodeId: number
  readonly clusterId: string
  /** `num.partitions` */
  readonly defaultPartitions: number
  /** `default.replication.factor` */
  readonly defaultReplicationFactor: number
  /** What the server's properties give, by Kafka's name: the layer below dynamic settings. */
  readonly serverSettings: ReadonlyMap<string, string>
  /** The server's settings that are lists, with Kafka's defaults. */
  readonly serverLists: ReadonlyMap<string, string>
  /** Topic config → the value that topics have here unless something else is set dynamically. */
  readonly topicDefaults: ReadonlyMap<string, string>
}

export interface DecisionContext {
  readonly image: Image
  /** The offset that the first record of the decision will have. */
  readonly nextOffset: number
  readonly settings: DecisionSettings
  readonly random: Randomness
  /** Of the metadata: its `kraft.version`, and whether its voters can be in the log. */
  readonly quorum: { readonly version: number, readonly canHaveVoters: boolean }
}

/** All records take effect, or none. */
export interface Decided<A> {
  readonly records: readonly NewRecord[]
  readonly answer: A
  /** The quorum goes by these rules from now on; left out: as before. */
  readonly quorumVersion?: number
}

/** An `ApiError` thrown is the answer to the request; nothing is written then. */
export type Decision<A> = (context: DecisionContext) => Decided<A>
