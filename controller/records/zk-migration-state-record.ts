// The state of a migration from ZooKeeper; in a KRaft cluster there is none.

import { int8, message } from '../../protocol/schema.ts'

export const zkMigrationStateRecord = message({
  name: 'ZkMigrationStateRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    zkMigrationState: int8,
  },
})
