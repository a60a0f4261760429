// In which versions records are written: by the cluster's `metadata.version`, so that the oldest
// Kafka that the cluster may be handed to reads them (KIP-584, KIP-778).

import { type FeaturesImage, METADATA_VERSION } from './image/features.ts'

/** 3.4-IV0: brokers may come from ZooKeeper. */
const MIGRATION = 8
/** 3.6-IV1: transactions of metadata (KIP-868). */
const TRANSACTIONS = 13
/** 3.7-IV2: the log directory of each replica (KIP-858). */
const DIRECTORIES = 17
/** 4.0-IV1: eligible leader replicas (KIP-966). */
const ELIGIBLE_LEADERS = 23
/** 4.3-IV0: log directories that take no new replicas (KIP-1066). */
const CORDONED_DIRECTORIES = 30

/** That of PartitionRecord, and of PartitionChangeRecord. */
export function partitionVersion(features: FeaturesImage): 0 | 1 | 2 {
  const level = features.level(METADATA_VERSION)
  return level >= ELIGIBLE_LEADERS ? 2 : level >= DIRECTORIES ? 1 : 0
}

export function registerBrokerVersion(features: FeaturesImage): 1 | 2 | 3 | 4 {
  const level = features.level(METADATA_VERSION)
  if (level >= CORDONED_DIRECTORIES) return 4
  return level >= DIRECTORIES ? 3 : level >= MIGRATION ? 2 : 1
}

/** Whether brokers may tell of directories that take no new replicas. */
export function supportsCordoning(features: FeaturesImage): boolean {
  return features.level(METADATA_VERSION) >= CORDONED_DIRECTORIES
}

export function hasTransactions(metadataVersion: number): boolean {
  return metadataVersion >= TRANSACTIONS
}
