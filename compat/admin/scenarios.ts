// What Kafka's Admin client sees of settings, of changes of dynamic ones, and of new topics and
// partitions is what it sees of Apache Kafka: `Scenarios.java` and `Reconfigurations.java` say it
// line by line, and what they said of Kafka stands in `scenarios/`.
//
// With `--against` and `RECORD=1` it is written anew, from a fresh Kafka, node 1, the defaults.

import { deepStrictEqual } from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type RunningBroker } from '../harness/broker.ts'
import type { Check } from '../harness/check.ts'
import { javaProgram, SMALL_JVM } from '../harness/java.ts'
import { run } from '../harness/process.ts'
import { placed, samsaAt, startSamsa } from '../harness/samsa.ts'
import { installTools } from '../java/tools.ts'

const PARTS = ['described', 'dynamic', 'topics']
const CHANGES = 'reconfigurations'
const MAX_TOLD = 30

export const installScenarios = async (): Promise<string> =>
  javaProgram('admin-scenarios', await installTools(),
    ['compat/admin/Scenarios.java', 'compat/admin/Reconfigurations.java'])

/** Where a line of the one has no equal at its place in the other. */
function differences(wished: string, printed: string): string[] {
  const [was, is] = [wished.split('\n'), printed.split('\n')]
  const places = Array.from({ length: Math.max(was.length, is.length) }, (_, i) => i)
  return places.filter((i) => was[i] !== is[i])
    .flatMap((i) => [`- ${was[i]}`, `+ ${is[i]}`]).slice(0, MAX_TOLD)
}

const isForeign = process.argv.some((argument) => argument.startsWith('--against'))

/** What a program prints, against what is recorded, or in its place. */
async function compare(part: string, command: readonly string[]): Promise<void> {
  const { stdout: printed } = await run('java', [...SMALL_JVM, '-cp', ...command],
    { timeoutMs: 150_000 })
  const file = `compat/admin/scenarios/${part}.txt`
  if (process.env['RECORD'] === '1') writeFileSync(file, printed)
  else deepStrictEqual(differences(readFileSync(file, 'utf8'), printed), [])
}

export const scenarios: Check = {
  name: 'settings, their changes, new topics and partitions are those of Kafka',
  timeoutMs: 300_000,
  run: async (broker) => {
    // The other checks leave settings behind.
    const fresh = isForeign ? broker : await startSamsa()
    const program = [await installScenarios(), 'Scenarios', fresh.address]
    try {
      for (const part of PARTS) await compare(part, [...program, part])
    } finally {
      if (!isForeign) await fresh.dispose()
    }
  },
}

/** With listeners as Kafka has to have them: one for clients and one for the controller. */
async function startWithBoth(): Promise<RunningBroker> {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-listeners-'))
  const address = `127.0.0.1:${await freePort()}`
  const args = placed(address, directory, {
    listeners: `PLAINTEXT://${address},CONTROLLER://127.0.0.1:${await freePort()}`,
    'advertised.listeners': `PLAINTEXT://${address}`, 'controller.listener.names': 'CONTROLLER',
  })
  const broker = samsaAt({ address, directory, args })
  await broker.start()
  return broker
}

export const reconfigurations: Check = {
  name: 'listeners, classes, threads and retention become only what they may become in Kafka',
  run: async (broker) => {
    const fresh = isForeign ? broker : await startWithBoth()
    try {
      await compare(CHANGES, [await installScenarios(), 'Reconfigurations', fresh.address])
    } finally {
      if (!isForeign) await fresh.dispose()
    }
  },
}
