// One setting of a resource; a null value deletes it.

import { int8, message, string } from '../../protocol/schema.ts'

export const configRecord = message({
  name: 'ConfigRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    resourceType: int8,
    resourceName: string,
    name: string,
    value: string.nullable(),
  },
})
