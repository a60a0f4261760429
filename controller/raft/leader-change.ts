// The batch with which a leader's epoch begins in the log.

import { encodeMessage } from '../../protocol/compile.ts'
import { leaderChangeMessage } from '../../protocol/messages/records/leader-change.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { controlKey, ControlType } from '../../protocol/records/control.ts'
import { directoryOf, type Quorum } from './quorum.ts'

export function leaderChangeBatch({ baseOffset, epoch, timestamp, leaderId, ...votes }: {
  readonly baseOffset: number
  readonly epoch: number
  readonly timestamp: number
  readonly leaderId: number
  readonly voters: readonly number[]
  readonly grantingVoters: readonly number[]
  readonly quorum: Quorum
}): Buffer {
  // Voters have no directory ids where they are as configured.
  const version = votes.quorum.version === 0 ? 0 : 1
  const ids = (voters: readonly number[]) => voters.map((voterId) => (
    { voterId, voterDirectoryId: directoryOf(votes.quorum, voterId) }))
  const value = encodeMessage(leaderChangeMessage, version, {
    version, leaderId,
    voters: ids(votes.voters), grantingVoters: ids(votes.grantingVoters),
  })
  return buildBatch({
    baseOffset, leaderEpoch: epoch, isControl: true,
    records: [{ key: controlKey(ControlType.LEADER_CHANGE), value, timestamp }],
  })
}
