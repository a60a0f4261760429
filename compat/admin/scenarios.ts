// What Kafka's Admin client sees of settings, of changes of dynamic ones, and of new topics and
// partitions is what it sees of Apache Kafka: `Scenarios.java` says it line by line, and what it
// said of Kafka stands in `scenarios/`.
//
// With `--against` and `RECORD=1` it is written anew, from a fresh Kafka, node 1, the defaults.

import { deepStrictEqual } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import type { Check } from '../harness/check.ts'
import { javaProgram, SMALL_JVM } from '../harness/java.ts'
import { run } from '../harness/process.ts'
import { startSamsa } from '../harness/samsa.ts'
import { installTools } from '../java/tools.ts'

const PARTS = ['described', 'dynamic', 'topics']
const MAX_TOLD = 30

export const installScenarios = async (): Promise<string> =>
  javaProgram('admin-scenarios', await installTools(), ['compat/admin/Scenarios.java'])

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
    const command = [...SMALL_JVM, '-cp', await installScenarios(), 'Scenarios', fresh.address]
    try {
      for (const part of PARTS) {
        const { stdout: printed } = await run('java', [...command, part], { timeoutMs: 150_000 })
        const file = `compat/admin/scenarios/${part}.txt`
        if (process.env['RECORD'] === '1') writeFileSync(file, printed)
        else deepStrictEqual(differences(readFileSync(file, 'utf8'), printed), [])
      }
    } finally {
      if (!isForeign) await fresh.dispose()
    }
  },
}
