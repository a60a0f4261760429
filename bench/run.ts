// `npm run bench [-- name…]`: measures Samsa beside Apache Kafka in one run and prints ratios, and
// parts of it by themselves; all of that takes an hour.

import { benchDecompression } from './decompression.ts'
import { benchGroups } from './groups/index.ts'
import { benchKafka } from './kafka/index.ts'
import { benchLibrary } from './library.ts'
import { benchProtocol } from './protocol.ts'
import { benchStorage } from './storage/index.ts'

const BENCHES: Readonly<Record<string, () => Promise<void> | void>> = {
  protocol: benchProtocol, decompression: benchDecompression, groups: benchGroups,
  library: benchLibrary, storage: benchStorage, kafka: benchKafka,
}

async function main(names: readonly string[]): Promise<void> {
  for (const name of names.length === 0 ? Object.keys(BENCHES) : names) {
    const bench = BENCHES[name]
    if (bench === undefined) {
      console.error(`no bench is called ${name}; there are: ${Object.keys(BENCHES).join(', ')}`)
      process.exitCode = 2
      return
    }
    await bench()
  }
}

await main(process.argv.slice(2))
