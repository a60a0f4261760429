// `npm run bench -- storage`: the storage beside the bare system and beside Apache Kafka, and what
// it lets clients feel. `PARTS=appends,reads` names parts of it.

import { benchAppends, benchReads } from './append-and-read.ts'
import { benchLookups } from './lookups.ts'
import { benchManyPartitions } from './many-partitions.ts'
import { benchRecovery } from './recovery.ts'
import { benchSavePoints } from './save-points.ts'
import { benchServed } from './served.ts'

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  appends: benchAppends, reads: benchReads, lookups: benchLookups,
  partitions: benchManyPartitions, recovery: benchRecovery, saves: benchSavePoints,
  served: benchServed,
}

export async function benchStorage(): Promise<void> {
  const names = process.env['PARTS']?.split(',') ?? Object.keys(PARTS)
  for (const name of names) {
    const part = PARTS[name]
    if (part === undefined) {
      throw new Error(`no part is called ${name}; there are: ${Object.keys(PARTS).join(', ')}`)
    }
    await part()
  }
}
