// The batch with which a leader's epoch begins in the log.

import { encodeMessage } from '../../protocol/compile.ts'
import { leaderChangeMessage } from '../../protocol/messages/records/leader-change.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { controlKey, ControlType } from '../../protocol/records/control.ts'

/** Voters without directory ids. Kafka reads no other, whatever the kraft.version. */
const VERSION = 0

export function leaderChangeBatch({ baseOffset, epoch, timestamp, leaderId, ...votes }: {
  readonly baseOffset: number
  readonly epoch: number
  readonly timestamp: number
  readonly leaderId: number
  readonly voters: readonly number[]
  readonly grantingVoters: readonly number[]
}): Buffer {
  const ids = (voters: readonly number[]) => voters.map((voterId) => ({ voterId }))
  const value = encodeMessage(leaderChangeMessage, VERSION, {
    version: VERSION, leaderId,
    voters: ids(votes.voters), grantingVoters: ids(votes.grantingVoters),
  })
  return buildBatch({
    baseOffset, leaderEpoch: epoch, isControl: true,
    records: [{ key: controlKey(ControlType.LEADER_CHANGE), value, timestamp }],
  })
}
