// What Kafka's Admin client sees of settings, of changes of dynamic ones, and of new topics and
// partitions is what it sees of Apache Kafka: `Scenarios.java` says it line by line, and what it
// said of Kafka stands in `scenarios/`.
//
// With `--against` and `RECORD=1` it is written anew, from a fresh Kafka, node 1, the defaults.

import { deepStrictEqual } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { startSamsa } from '../harness/samsa.ts'
import type { Check } from '../harness/check.ts'
import { ToolsJvm } from './jvm.ts'

const PARTS = ['described', 'dynamic', 'topics']
const MAX_TOLD = 30

/** Where a line of the one has no equal at its place in the other. */
function differences(wished: string, printed: string): string[] {
  const [was, is] = [wished.split('\n'), printed.split('\n')]
  const places = Array.from({ length: Math.max(was.length, is.length) }, (_, i) => i)
  return places.filter((i) => was[i] !== is[i])
    .flatMap((i) => [`- ${was[i]}`, `+ ${is[i]}`]).slice(0, MAX_TOLD)
}

export const scenarios: Check = {
  name: 'settings, their changes, new topics and partitions are those of Kafka',
  timeoutMs: 300_000,
  run: async (broker) => {
    const isForeign = process.argv.some((argument) => argument.startsWith('--against'))
    // The other checks leave settings behind.
    const fresh = isForeign ? broker : await startSamsa()
    const jvm = await ToolsJvm.start()
    try {
      for (const part of PARTS) {
        const { text } = await jvm.run('scenarios', [fresh.address, part])
        const printed = text.split('\n').filter((line) => !/SLF4J|StatusLogger/.test(line))
          .join('\n')
        const file = `compat/admin/scenarios/${part}.txt`
        if (process.env['RECORD'] === '1') writeFileSync(file, printed)
        else deepStrictEqual(differences(readFileSync(file, 'utf8'), printed), [])
      }
    } finally {
      jvm.close()
      if (!isForeign) await fresh.dispose()
    }
  },
}
