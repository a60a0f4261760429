// A quota of users, client ids or addresses, set or removed (KIP-546).

import { array, bool, float64, message, string } from '../../protocol/schema.ts'

export const clientQuotaRecord = message({
  name: 'ClientQuotaRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    entity: array({
      entityType: string,
      entityName: string.nullable(),
    }),
    key: string,
    value: float64,
    remove: bool,
  },
})
