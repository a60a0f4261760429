// What the controller is given: the settings of the quorum and of decisions, out of the
// configuration.

import type { ControllerOptions } from '../controller/controller.ts'
import type { Voter } from '../controller/raft/quorum.ts'
import type { Config } from './config.ts'
import { SETTINGS, SETTINGS_BY_NAME } from './config/table.ts'
import type { World } from './world/world.ts'

const LISTS: ReadonlyMap<string, string> = new Map(SETTINGS
  .filter(({ spec }) => spec.type === 'list')
  .map(({ name, spec }) => [name, spec.default ?? '']))

export function controllerOptions(
  config: Config, clusterId: string, { clock, disk, random, logger }: World,
  onFailure: (error: unknown) => void, voter?: Voter, reserve?: ControllerOptions['reserve'],
): ControllerOptions {
  const { nodeId, topicDefaults, metadataLogDir } = config
  return {
    metadataLogDir, disk, random, timers: clock, logger,
    settings: {
      nodeId, clusterId, topicDefaults, serverSettings: givenSettings(config), serverLists: LISTS,
      defaultPartitions: config.numPartitions,
      defaultReplicationFactor: config.defaultReplicationFactor,
    },
    // A quorum of one: others come with clusters.
    voters: [nodeId],
    ...voter === undefined ? {} : { voter },
    electionTimeoutMs: config.controllerQuorumElectionTimeoutMs,
    fetchTimeoutMs: config.controllerQuorumFetchTimeoutMs,
    retryBackoffMs: config.controllerQuorumRetryBackoffMs,
    segmentBytes: config.metadataLogSegmentBytes,
    snapshots: {
      maxBytesBetween: config.metadataLogMaxRecordBytesBetweenSnapshots,
      maxIntervalMs: config.metadataLogMaxSnapshotIntervalMs,
      retentionBytes: config.metadataMaxRetentionBytes,
      retentionMs: config.metadataMaxRetentionMs,
    },
    reserve, onFailure,
  }
}

/** What the server's properties say themselves, in text. */
function givenSettings(config: Config): Map<string, string> {
  return new Map([...SETTINGS_BY_NAME.keys()].flatMap((name) => {
    const text = config.given(name) ? config.get(name) : null
    return text === null ? [] : [[name, text]]
  }))
}
