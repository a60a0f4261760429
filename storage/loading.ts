// Loads what the files of a log hold, before there is a log. In steps: it may have to be recovered.

import { claimDirectory } from './checkpoints.ts'
import type { LogConfig } from './config.ts'
import { forgetRefusal, noteRefusal, REFUSED_FILE } from './damage.ts'
import { LEADER_EPOCH_FILE, LeaderEpochs } from './epochs.ts'
import { fileNamesIn } from './log-files.ts'
import type { LogOptions } from './log-options.ts'
import { ProducerState } from './producers.ts'
import { keep, loadSegments } from './recovery.ts'
import type { Segments } from './segments.ts'
import { SnapshotFiles } from './snapshot-files.ts'

export interface LoadedLog {
  readonly segments: Segments
  readonly producers: ProducerState
  readonly epochs: LeaderEpochs
  readonly snapshots: SnapshotFiles
  /** Below it everything is on the device. */
  readonly recoveryPoint: number
}

/** Makes the directory where there is none. Throws what the disk says, and for what is damaged. */
export function* loadLog(options: LogOptions, config: LogConfig): Generator<void, LoadedLog> {
  const { disk, directory, topicPartition: { topic, partition }, logger, nowMs } = options
  const { startOffset = 0, recoveryPoint } = options
  claimDirectory(disk, directory, topic, options)
  const { isNew = false } = options
  const names = isNew ? [] : fileNamesIn(disk, directory)
  const wasRefused = names.includes(REFUSED_FILE)
  const isClean = options.isClean === true || wasRefused
  const name = `${topic}-${partition}`
  const producers = new ProducerState(name)
  const snapshots = new SnapshotFiles(disk, directory, names, logger)
  const epochs = new LeaderEpochs(disk, `${directory}/${LEADER_EPOCH_FILE}`)
  let hasRoom = true
  const onNoRoom = (): void => {
    hasRoom = false
    options.room?.filled()
  }
  try {
    const segments = yield* loadSegments({
      disk, directory, names, name, logger, nowMs, isNew, isClean, recoveryPoint, startOffset,
      config, epochs, producers, snapshots, onNoRoom,
    })
    if (wasRefused) forgetRefusal(disk, directory)
    const { nextOffset } = segments.active
    return {
      segments, producers, epochs, snapshots,
      recoveryPoint: hasRoom ? nextOffset : Math.min(recoveryPoint ?? 0, nextOffset),
    }
  } catch (error) {
    // Why the log is refused matters more than that there is no room to note it.
    if (isClean) keep(() => noteRefusal(disk, directory, error), { onNoRoom })
    throw error
  }
}

/** Takes all steps at once. */
export function lastOf<T>(steps: Generator<void, T>): T {
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}
