// The `quorum-state` file: the epoch, its leader and the vote given in it, as JSON: Kafka's
// QuorumStateData, in version 0 where the voters are as configured (kraft.version 0), else in 1.

import { join } from 'node:path'

import {
  CorruptCheckpointError, readTextIfThere, writeFileAtomically,
} from '../../storage/checkpoints.ts'
import type { Disk } from '../../storage/disk.ts'
import { directoryOf, type Quorum } from './quorum.ts'
import { NONE, type PersistedState } from './state.ts'

const FILE_NAME = 'quorum-state'

/** What was last written; the beginning of time without a file. Throws CorruptCheckpointError. */
export function readQuorumState(disk: Disk, directory: string): PersistedState {
  const path = join(directory, FILE_NAME)
  const text = readTextIfThere(disk, path)
  if (text === undefined) return { epoch: 0, leaderId: NONE, votedId: NONE }
  return parse(text, path)
}

function parse(text: string, path: string): PersistedState {
  const damaged = (why: string): Error => new CorruptCheckpointError(`${path} is damaged: ${why}`)
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    throw damaged('no JSON')
  }
  if (typeof data !== 'object' || data === null) throw damaged('no object')
  const number = (name: string): number => {
    const value = (data as Record<string, unknown>)[name]
    if (typeof value !== 'number' || !Number.isInteger(value)) throw damaged(`no number ${name}`)
    return value
  }
  const version = number('data_version')
  if (version !== 0 && version !== 1) throw damaged(`unknown version ${version}`)
  return { epoch: number('leaderEpoch'), leaderId: number('leaderId'), votedId: number('votedId') }
}

/** Durable when it returns. */
export function writeQuorumState(
  disk: Disk, directory: string, state: PersistedState, voters: readonly number[], quorum: Quorum,
): void {
  const { leaderId, epoch: leaderEpoch, votedId } = state
  const text = JSON.stringify(quorum.version === 0 ? {
    clusterId: '', leaderId, leaderEpoch, votedId,
    appliedOffset: 0, currentVoters: voters.map((voterId) => ({ voterId })), data_version: 0,
  } : {
    leaderId, leaderEpoch, votedId, votedDirectoryId: directoryOf(quorum, votedId), data_version: 1,
  })
  writeFileAtomically(disk, join(directory, FILE_NAME), Buffer.from(text))
}
