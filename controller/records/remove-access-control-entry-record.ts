// An access control entry is removed.

import { message, uuid } from '../../protocol/schema.ts'

export const removeAccessControlEntryRecord = message({
  name: 'RemoveAccessControlEntryRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    id: uuid,
  },
})
