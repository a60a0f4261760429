// Samsa as its user starts it: the build in `dist`, on loopback.

import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BrokerProcess, freePort, type RunningBroker } from './broker.ts'
import { run } from './process.ts'
import { CLUSTER_ID } from './properties.ts'

const READY = /^Samsa \S+ ready in \d+ ms: /m
const OUTPUT_NAME = 'samsa.out'

export interface SamsaPlan {
  /** host:port, where its settings have it listen. */
  readonly address: string
  /** For what it prints and logs, and for its data, unless its settings say otherwise. */
  readonly directory: string
  /** Of `samsa start`. */
  readonly args: readonly string[]
  /** What Node runs, behind flags of its own: `dist/main.js` when it is left out. */
  readonly command?: readonly string[] | undefined
  readonly timeoutMs?: number
  readonly pollMs?: number
}

/** Is not started yet. */
export function samsaAt(plan: SamsaPlan): BrokerProcess {
  const {
    address, directory, args, command = ['dist/main.js'], timeoutMs = 30_000, pollMs = 20,
  } = plan
  return new BrokerProcess({
    name: 'Samsa', address, directory, timeoutMs, pollMs,
    command: process.execPath, args: [...command, 'start', ...args],
    logName: 'samsa.log', outputName: OUTPUT_NAME,
    isServing: () => READY.test(readFileSync(join(directory, OUTPUT_NAME), 'utf8')),
  })
}

/** Starts it on a free port and a fresh directory, with settings beside these. */
export async function startSamsa(
  overrides: Readonly<Record<string, string>> = {}, { pollMs = 20 } = {},
): Promise<RunningBroker> {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-compat-'))
  const address = `127.0.0.1:${await freePort()}`
  const args = placed(address, directory, overrides)
  const broker = samsaAt({ address, directory, args, pollMs })
  await broker.start()
  return broker
}

/** Arguments that have it listen there and keep its data there, unless settings say otherwise. */
export function placed(
  address: string, directory: string, settings: Readonly<Record<string, string>> = {},
): string[] {
  return overriding({
    listeners: `PLAINTEXT://${address}`, 'log.dirs': join(directory, 'data'), ...settings,
  })
}

export function overriding(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['--override', `${name}=${value}`])
}

/** Formats the log directories of a `server.properties`. */
export async function formatForSamsa(file: string): Promise<void> {
  await run(process.execPath, ['dist/main.js', 'format', file, '--cluster-id', CLUSTER_ID])
}
