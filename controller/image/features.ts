// The finalized feature levels of the cluster, and the ranges that this version of Samsa supports.

import { Map as PersistentMap } from 'immutable'

export const METADATA_VERSION = 'metadata.version'
export const ELR_VERSION = 'eligible.leader.replicas.version'
export const TRANSACTION_VERSION = 'transaction.version'
/** Of the quorum's rules: no record of the metadata sets it, but one of the quorum (KIP-853). */
export const KRAFT_VERSION = 'kraft.version'

export interface SupportedFeature {
  readonly name: string
  readonly minSupportedVersion: number
  readonly maxSupportedVersion: number
  /** The level that formatting a directory sets. */
  readonly defaultLevel: number
}

/** Those of Kafka 4.4: `metadata.version` 33 is 4.4-IV2, 7 is 3.3-IV3. */
export const SUPPORTED_FEATURES: readonly SupportedFeature[] = [
  feature(METADATA_VERSION, 7, 33, 33),
  feature(ELR_VERSION, 0, 1, 1),
  feature('group.version', 0, 1, 1),
  feature(KRAFT_VERSION, 0, 1, 0),
  feature('share.version', 0, 2, 2),
  feature('streams.version', 0, 1, 1),
  feature(TRANSACTION_VERSION, 0, 2, 2),
]

function feature(
  name: string, minSupportedVersion: number, maxSupportedVersion: number, defaultLevel: number,
): SupportedFeature {
  return { name, minSupportedVersion, maxSupportedVersion, defaultLevel }
}

export class FeaturesImage {
  static readonly empty = new FeaturesImage(PersistentMap())
  /** Level by feature name; a feature at level 0 is not in it. */
  readonly levels: PersistentMap<string, number>

  constructor(levels: PersistentMap<string, number>) {
    this.levels = levels
  }

  level(name: string): number {
    return this.levels.get(name, 0)
  }

  /** KIP-966: partitions keep eligible leader replicas. */
  get isElrEnabled(): boolean {
    return this.level(ELR_VERSION) > 0
  }

  withLevel(name: string, level: number): FeaturesImage {
    return new FeaturesImage(level === 0 ? this.levels.delete(name) : this.levels.set(name, level))
  }
}
