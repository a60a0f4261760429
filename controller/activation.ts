// What a controller writes first when it becomes active: the bootstrap records into an empty log,
// or the end of a transaction that its predecessor left open.

import { ConfigType } from './image/configs.ts'
import { ELR_VERSION, METADATA_VERSION, SUPPORTED_FEATURES } from './image/features.ts'
import type { Image } from './image/image.ts'
import { readRecord, record } from './metadata-records.ts'
import { hasTransactions } from './record-versions.ts'
import type { DecisionSettings } from './decisions/decision.ts'

/**
 * The records that formatting a directory puts into the first snapshot: the feature levels, by
 * name.
 */
export function bootstrapRecords(): Buffer[] {
  const ofName = (name: string): Buffer => {
    const level = SUPPORTED_FEATURES.find((feature) => feature.name === name)!.defaultLevel
    return record('featureLevel', 0, { name, featureLevel: level }).bytes
  }
  const others = SUPPORTED_FEATURES
    .filter(({ name, defaultLevel }) => name !== METADATA_VERSION && defaultLevel > 0)
    .map(({ name }) => name).sort()
  return [METADATA_VERSION, ...others].map(ofName)
}

export function activationRecords({ image, isInTransaction, bootstrap, settings }: {
  readonly image: Image
  readonly isInTransaction: boolean
  readonly bootstrap: readonly Buffer[]
  readonly settings: DecisionSettings
}): Buffer[] {
  const abort = isInTransaction
    ? [record('abortTransaction', 0, { reason: 'Controller failover' }).bytes] : []
  if (image.features.level(METADATA_VERSION) > 0) return abort
  const levels = new Map(bootstrap.map(readRecord).flatMap(({ type, data }) => (
    type === 'featureLevel' ? [[data.name, data.featureLevel]] : []
  )))
  const isElrEnabled = (levels.get(ELR_VERSION) ?? 0) > 0
  // With ELR the cluster's minimum is explicit, so that it is the same on every broker (KIP-966).
  const minIsr = isElrEnabled ? [record('config', 0, {
    resourceType: ConfigType.BROKER, resourceName: '', name: 'min.insync.replicas',
    value: settings.topicDefaults.get('min.insync.replicas') ?? '1',
  }).bytes] : []
  if (!hasTransactions(levels.get(METADATA_VERSION) ?? 0)) return [...bootstrap, ...minIsr]
  return [
    ...abort,
    record('beginTransaction', 0, { name: 'Bootstrap records' }).bytes,
    ...bootstrap, ...minIsr,
    record('endTransaction', 0, {}).bytes,
  ]
}
