// The state of a migration from ZooKeeper (KIP-866): in a KRaft cluster there is none, but logs of
// clusters that were migrated by Kafka 3 still tell of one.

import { int8, message } from '../../protocol/schema.ts'

export const zkMigrationStateRecord = message({
  name: 'ZkMigrationStateRecord', versions: [0, 0], flexibleSince: 0,
  fields: {
    zkMigrationState: int8,
  },
})
