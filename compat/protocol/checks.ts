// Our protocol held against Kafka's own definitions and classes. Needs no broker.

import { deepStrictEqual, notStrictEqual, strictEqual } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { Errors, isRetriable } from '../../protocol/errors.ts'
import type { Check, Suite } from '../harness/check.ts'
import { kafkaWrites, report, weWrite } from './exchange.ts'
import { differences } from './facts.ts'
import { GOLDEN_FILE, goldenText } from './golden.ts'
import { kafkaFacts } from './kafka-definitions.ts'
import { OUR_VERSIONS, ourFacts } from './our-definitions.ts'
import { classPath, withPeer } from './peer.ts'
import { recordChecks } from './record-checks.ts'

const EXCHANGE_TIMEOUT_MS = 300_000

const definitionsOf = async (release: 'current' | 'before') =>
  kafkaFacts(await withPeer(release, (peer) => peer.definitions()))

/** Another one in each run, unless SEED says which. */
const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)

function sayExchange(): void {
  console.log(`       100 values for each of ${OUR_VERSIONS.length} versions; SEED=${seed}`)
}

const checks: readonly Check[] = [
  {
    name: 'every field of every message is as Kafka 4.4.0 defines it',
    async run() {
      const kafka = await definitionsOf('current')
      const ours = ourFacts()
      const fields = kafka.reduce((sum, of) => sum + of.fields.size, 0)
      console.log(`       ${kafka.length} messages with ${fields} fields in Kafka's jars`)
      deepStrictEqual(differences(kafka, ours), [])
    },
  },
  {
    name: 'against Kafka 4.3.1, what changed since is reported, and nothing else',
    async run() {
      const before = await definitionsOf('before')
      const changed = differences(before, ourFacts())
      for (const line of changed) console.log(`       ${line}`)
      notStrictEqual(changed.length, 0)
      const current = await definitionsOf('current')
      deepStrictEqual([...changed].sort(), differences(before, current).sort())
    },
  },
  {
    name: 'every error has its number, its name and whether it is worth another try',
    async run() {
      const kafka = await withPeer('current', (peer) => peer.errors())
      const ours = Object.entries(Errors)
        .map(([name, code]) => `${code} ${name} ${isRetriable(code)}`)
      deepStrictEqual(ours.sort(), kafka.sort())
    },
  },
  {
    name: 'what Kafka writes, we read and write again',
    timeoutMs: EXCHANGE_TIMEOUT_MS,
    async run() {
      sayExchange()
      deepStrictEqual(report(await withPeer('current', (peer) => kafkaWrites(peer, seed))), [])
    },
  },
  {
    name: 'what we write, Kafka reads and writes again',
    timeoutMs: EXCHANGE_TIMEOUT_MS,
    async run() {
      sayExchange()
      deepStrictEqual(report(await withPeer('current', (peer) => weWrite(peer, seed))), [])
    },
  },
  {
    name: 'the samples of the tests are those that Kafka writes (GOLDEN=write makes them anew)',
    async run() {
      const text = await withPeer('current', goldenText)
      if (process.env['GOLDEN'] === 'write') writeFileSync(GOLDEN_FILE, text)
      strictEqual(readFileSync(GOLDEN_FILE, 'utf8'), text)
    },
  },
  ...recordChecks(seed),
]

export const protocolSuite: Suite = {
  name: 'protocol',
  client: 'Kafka 4.4.0 messages, records (Java)',
  checks,
  install: async () => {
    await classPath('current')
    await classPath('before')
  },
}
