// The settings of classic groups and their offsets, out of the node's configuration.

import type { Config } from '../../config.ts'
import type { GroupSettings } from './state.ts'

const MINUTE_MS = 60_000

export function groupSettings(config: Config): GroupSettings {
  return {
    initialRebalanceDelayMs: config.groupInitialRebalanceDelayMs,
    minSessionTimeoutMs: config.groupMinSessionTimeoutMs,
    maxSessionTimeoutMs: config.groupMaxSessionTimeoutMs,
    maxSize: config.groupMaxSize,
    offsetMetadataMaxBytes: config.offsetMetadataMaxBytes,
    offsetsRetentionMs: config.offsetsRetentionMinutes * MINUTE_MS,
    offsetsRetentionCheckIntervalMs: config.offsetsRetentionCheckIntervalMs,
  }
}
