// The quorum as its own log has it (KIP-853): the version of its rules, and from version 1 on who
// votes. In version 0 voters are as configured, and the log says nothing of them.

import { decodeMessage, encodeMessage } from '../../protocol/compile.ts'
import {
  kRaftVersionRecord, type VotersRecord, votersRecord,
} from '../../protocol/messages/records/quorum.ts'
import { type Batch, buildBatch } from '../../protocol/records/batch.ts'
import { controlKey, ControlType, controlTypeOf } from '../../protocol/records/control.ts'
import { recordsOf } from '../../protocol/records/record.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'

export type Voter = VotersRecord['voters'][number]

export interface Quorum {
  /** The level of the feature `kraft.version`. */
  readonly version: number
  /** Empty in version 0. */
  readonly voters: readonly Voter[]
}

export const CONFIGURED_QUORUM: Quorum = { version: 0, voters: [] }

const RECORD_VERSION = 0

interface ControlRecord {
  readonly key: Buffer
  readonly value: Buffer
}

/** What the log, or a snapshot, says of the quorum; nothing in version 0. */
export function quorumRecords({ version, voters }: Quorum): ControlRecord[] {
  if (version === 0) return []
  return [
    {
      key: controlKey(ControlType.KRAFT_VERSION),
      value: encodeMessage(kRaftVersionRecord, RECORD_VERSION,
        { version: RECORD_VERSION, kRaftVersion: version }),
    },
    {
      key: controlKey(ControlType.KRAFT_VOTERS),
      value: encodeMessage(votersRecord, RECORD_VERSION,
        { version: RECORD_VERSION, voters: [...voters] }),
    },
  ]
}

/** The id of the voter's metadata directory; that of none where it is not known. */
export function directoryOf({ voters }: Quorum, voterId: number): string {
  return voters.find((voter) => voter.voterId === voterId)?.voterDirectoryId ?? ZERO_UUID
}

/** The batch with which a quorum becomes another one. */
export function quorumBatch(
  quorum: Quorum, { baseOffset, leaderEpoch, timestamp }:
  { readonly baseOffset: number, readonly leaderEpoch: number, readonly timestamp: number },
): Buffer {
  const records = quorumRecords(quorum).map((record) => ({ ...record, timestamp }))
  return buildBatch({ baseOffset, leaderEpoch, isControl: true, records })
}

/** The quorum after a batch of the log, or of a snapshot. */
export function quorumAfter(quorum: Quorum, batch: Batch): Quorum {
  if (!batch.isControl) return quorum
  let after = quorum
  for (const { key, value } of recordsOf(batch)) {
    const type = controlTypeOf(key)
    if (value === null) continue
    if (type === ControlType.KRAFT_VERSION) {
      const { kRaftVersion } = decodeMessage(kRaftVersionRecord, RECORD_VERSION, value)
      after = { ...after, version: kRaftVersion }
    } else if (type === ControlType.KRAFT_VOTERS) {
      after = { ...after, voters: decodeMessage(votersRecord, RECORD_VERSION, value).voters }
    }
  }
  return after
}
