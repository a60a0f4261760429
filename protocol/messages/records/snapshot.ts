// The control records that frame a snapshot (KIP-630).

import { type Decoded, int16, int64, message } from '../../schema.ts'

export const snapshotHeaderRecord = message({
  name: 'SnapshotHeaderRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    version: int16,
    lastContainedLogTimestamp: int64,
  },
})

export interface SnapshotHeaderRecord extends Decoded<typeof snapshotHeaderRecord> {}

export const snapshotFooterRecord = message({
  name: 'SnapshotFooterRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    version: int16,
  },
})

export interface SnapshotFooterRecord extends Decoded<typeof snapshotFooterRecord> {}
