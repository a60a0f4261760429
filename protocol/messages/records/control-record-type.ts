// The key of every control record after its version: what the record is (KIP-98, KIP-595).

import { type Decoded, int16, message } from '../../schema.ts'

export const controlRecordTypeSchema = message({
  name: 'ControlRecordTypeSchema', versions: [0, 0],
  fields: {
    type: int16,
  },
})

export interface ControlRecordTypeSchema extends Decoded<typeof controlRecordTypeSchema> {}
