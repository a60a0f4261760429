// UpdateFeatures: the levels of the cluster's features go up or down, all that a request names or
// none (KIP-584, KIP-778, KIP-1022).

import { ApiError, Errors } from '../../protocol/errors.ts'
import { ConfigType } from '../image/configs.ts'
import {
  ELR_VERSION, KRAFT_VERSION, METADATA_VERSION, SUPPORTED_FEATURES,
} from '../image/features.ts'
import { type NewRecord, record } from '../metadata-records.ts'
import type { Decision, DecisionContext } from './decision.ts'

export interface FeatureUpdate {
  readonly feature: string
  readonly level: number
  /** Undefined: one that nobody knows. */
  readonly kind: 'upgrade' | 'safeDowngrade' | 'unsafeDowngrade' | undefined
}

interface Range {
  readonly minSupportedVersion: number
  readonly maxSupportedVersion: number
}

const MIN_INSYNC_REPLICAS = 'min.insync.replicas'
const NOT_SUPPORTED: Range = { minSupportedVersion: 0, maxSupportedVersion: 0 }
/**
 * The levels of `metadata.version` that brought other records: none of them can be left downwards.
 */
const WITH_OTHER_RECORDS: readonly number[] = [7, 8, 11, 13, 14, 15, 17, 23, 30, 32, 33]
/** 3.7-IV0: controllers register, and say what they support. */
const CONTROLLER_REGISTRATION = 15
/** 4.0-IV1: what eligible leader replicas need. */
const LEAST_WITH_ELR = 23

/** Throws INVALID_UPDATE_VERSION for the first update that cannot be. */
export function updateFeatures(
  updates: readonly FeatureUpdate[], validateOnly: boolean,
): Decision<void> {
  return (context) => {
    const levels = new Map(updates.map(({ feature, level }) => [feature, level]))
    const records = updates.map((update) => updateRecord(context, update, levels))
    const isElrWanted = (levels.get(ELR_VERSION) ?? 0) > 0
    const quorumVersion = updates.find(({ feature }) => feature === KRAFT_VERSION)?.level
    return {
      ...validateOnly || quorumVersion === undefined ? {} : { quorumVersion },
      records: validateOnly ? []
        : isElrWanted ? [...minIsrRecords(context), ...records] : records,
      answer: undefined,
    }
  }
}

function invalid(update: FeatureUpdate, why: string): ApiError {
  return new ApiError(Errors.INVALID_UPDATE_VERSION,
    `Invalid update version ${update.level} for feature ${update.feature}. ${why}`)
}

function updateRecord(
  context: DecisionContext, update: FeatureUpdate, levels: ReadonlyMap<string, number>,
): NewRecord {
  const { feature, level, kind } = update
  if (kind === undefined) {
    throw invalid(update, 'The controller does not support the given upgrade type.')
  }
  if (level < 0) throw invalid(update, 'A feature version cannot be less than 0.')
  const unsupported = whyUnsupported(context, feature, level)
  if (unsupported !== undefined) throw invalid(update, unsupported)
  const current = feature === KRAFT_VERSION
    ? context.quorum.version : context.image.features.level(feature)
  if (level < current && kind === 'upgrade') {
    throw invalid(update, "Can't downgrade the version of this feature without setting the " +
      'upgrade type to either safe or unsafe downgrade.')
  }
  if (level > current && kind !== 'upgrade') {
    throw invalid(update, "Can't downgrade to a newer version.")
  }
  if (feature === METADATA_VERSION) checkDowngrade(update, current)
  else if (feature === KRAFT_VERSION) return kraftVersionRecord(context, update)
  else checkKnown(context, update, levels)
  return record('featureLevel', 0, { name: feature, featureLevel: level })
}

function whyUnsupported(
  { image, settings }: DecisionContext, feature: string, level: number,
): string | undefined {
  const rangeIn = (features: readonly (Range & { readonly name: string })[]): Range =>
    features.find(({ name }) => name === feature) ?? NOT_SUPPORTED
  const nodes: [who: string, range: Range][] =
    [[`Local controller ${settings.nodeId}`, rangeIn(SUPPORTED_FEATURES)]]
  for (const broker of image.brokers.all()) {
    nodes.push([`Broker ${broker.id}`, rangeIn(broker.features)])
  }
  if (image.features.level(METADATA_VERSION) >= CONTROLLER_REGISTRATION) {
    for (const { id, features } of image.brokers.controllers.values()) {
      if (id !== settings.nodeId) nodes.push([`Controller ${id}`, rangeIn(features)])
    }
  }
  for (const [who, { minSupportedVersion: min, maxSupportedVersion: max }] of nodes) {
    if (level >= min && level <= max) continue
    if (max === 0) return `${who} does not support this feature.`
    return `${who} only supports versions ${min === max ? min : `${min}-${max}`}`
  }
  return undefined
}

function checkDowngrade({ level, kind }: FeatureUpdate, current: number): void {
  const isLossy = WITH_OTHER_RECORDS.some((other) => other > level && other <= current)
  if (!isLossy) return
  const why = kind === 'unsafeDowngrade'
    ? 'Unsafe metadata downgrade is not supported in this version.'
    : 'Refusing to perform the requested downgrade because it might delete metadata information.'
  throw new ApiError(Errors.INVALID_UPDATE_VERSION,
    `Unsupported metadata.version downgrade from ${current} to ${level}. ${why}`)
}

/** The quorum is told of in records of its own (KIP-853). There is no way back. */
function kraftVersionRecord({ quorum }: DecisionContext, update: FeatureUpdate): NewRecord {
  const { level } = update
  if (level === quorum.version) return record('noOp', 0, {})
  if (level < quorum.version) {
    throw invalid(update, "Can't downgrade the version of this feature.")
  }
  if (quorum.canHaveVoters) return record('noOp', 0, {})
  throw new ApiError(Errors.INVALID_UPDATE_VERSION,
    `Invalid upgrade of ${KRAFT_VERSION} to ${level} because not all of the voters support it`)
}

function checkKnown(
  { image }: DecisionContext, update: FeatureUpdate, levels: ReadonlyMap<string, number>,
): void {
  const { feature, level } = update
  if (!SUPPORTED_FEATURES.some(({ name }) => name === feature)) {
    throw invalid(update, `Feature ${feature} not found.`)
  }
  const metadataVersion = levels.get(METADATA_VERSION) ?? image.features.level(METADATA_VERSION)
  if (feature === ELR_VERSION && level > 0 && metadataVersion < LEAST_WITH_ELR) {
    throw invalid(update, `${feature} could not be set to ${level} because it depends on ` +
      `${METADATA_VERSION} level ${LEAST_WITH_ELR}`)
  }
}

/** With ELR the minimum is the same on every broker, and said in the metadata (KIP-966). */
function minIsrRecords({ image, settings }: DecisionContext): NewRecord[] {
  const records: NewRecord[] = []
  const set = (resourceName: string, value: string | null): void => {
    records.push(record('config', 0,
      { resourceType: ConfigType.BROKER, resourceName, name: MIN_INSYNC_REPLICAS, value }))
  }
  if (!image.configs.of(ConfigType.BROKER, '').has(MIN_INSYNC_REPLICAS)) {
    set('', settings.topicDefaults.get(MIN_INSYNC_REPLICAS) ?? '1')
  }
  for (const { type, name, settings: own } of image.configs.resources()) {
    const isOfOne = type === ConfigType.BROKER && name !== ''
    if (isOfOne && own.has(MIN_INSYNC_REPLICAS)) set(name, null)
  }
  return records
}
