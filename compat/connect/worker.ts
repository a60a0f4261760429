// A distributed worker of Kafka Connect, which can be killed and started again, and its REST API.

import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../harness/broker.ts'
import { uniqueName } from '../harness/check.ts'
import { jarsOf } from '../harness/java.ts'
import { killed, start, until } from '../harness/process.ts'

const JAVA_FLAGS = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']
const START_PATIENCE_MS = 120_000
const MOST_SHOWN = 4000

export type ConnectorConfig = Readonly<Record<string, string>>

interface Status {
  readonly connector: { readonly state: string }
  readonly tasks: readonly { readonly state: string, readonly trace?: string }[]
}

export const installConnect = (): Promise<string> => jarsOf('connect', 'compat/connect/pom.xml')

export class Worker {
  readonly directory = mkdtempSync(join(tmpdir(), 'samsa-connect-'))
  /** Where it keeps what it knows. */
  readonly topics = {
    config: uniqueName('connect-configs'), offset: uniqueName('connect-offsets'),
    status: uniqueName('connect-status'),
  }
  readonly #address: string
  readonly #port: number
  #child: ChildProcess | undefined
  #printed = ''

  private constructor(address: string, port: number) {
    this.#address = address
    this.#port = port
    writeFileSync(this.#file, Object.entries(this.#settings())
      .map(([name, value]) => `${name}=${value}\n`).join(''))
  }

  /** Is not started yet. `address`: of the broker. */
  static async on(address: string): Promise<Worker> {
    return new Worker(address, await freePort())
  }

  get #file(): string {
    return join(this.directory, 'worker.properties')
  }

  #settings(): Record<string, string> {
    const topics = Object.entries(this.topics).flatMap(([kind, name]) => [
      [`${kind}.storage.topic`, name], [`${kind}.storage.replication.factor`, '1'],
    ])
    const converter = 'org.apache.kafka.connect.storage.StringConverter'
    return {
      'bootstrap.servers': this.#address, 'group.id': uniqueName('connect'),
      ...Object.fromEntries(topics),
      'key.converter': converter, 'value.converter': converter,
      'listeners': `http://127.0.0.1:${this.#port}`,
      // The connectors are on the class path.
      'plugin.discovery': 'service_load',
      // Every batch of a source is a transaction, with the offsets that it ends at.
      'exactly.once.source.support': 'enabled',
      'consumer.isolation.level': 'read_committed',
      'offset.flush.interval.ms': '500',
      'session.timeout.ms': '10000', 'scheduled.rebalance.max.delay.ms': '0',
    }
  }

  /** Resolves when its API answers. */
  async start(): Promise<void> {
    const main = 'org.apache.kafka.connect.cli.ConnectDistributed'
    const child = start('java', [...JAVA_FLAGS, '-cp', await installConnect(), main, this.#file])
    this.#child = child
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk) => { this.#printed += String(chunk) })
    }
    await until('a worker that answers', START_PATIENCE_MS, async () => {
      this.#failIfEnded()
      const answer = await fetch(`${this.#url}/connectors`).catch(() => undefined)
      return answer?.ok || undefined
    })
  }

  /** Creates it, or changes it. */
  async put(name: string, config: ConnectorConfig): Promise<void> {
    // While the worker finds its place in its group it answers 409: later.
    await until(`connector ${name} is taken`, START_PATIENCE_MS, async () => {
      const answer = await fetch(`${this.#url}/connectors/${name}/config`, {
        method: 'PUT', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(config),
      })
      if (answer.ok) return true
      if (answer.status !== 409) throw new Error(`${answer.status}: ${await answer.text()}`)
      return undefined
    }, 250)
  }

  /** Throws what a task that failed says. */
  async isRunning(name: string): Promise<boolean> {
    const answer = await fetch(`${this.#url}/connectors/${name}/status`)
    if (!answer.ok) return false
    const { connector, tasks } = await answer.json() as Status
    const failed = tasks.find(({ state }) => state === 'FAILED')
    if (failed) throw new Error(`a task of ${name} failed: ${failed.trace}`)
    return connector.state === 'RUNNING' && tasks.length > 0
      && tasks.every(({ state }) => state === 'RUNNING')
  }

  async remove(name: string): Promise<void> {
    const answer = await fetch(`${this.#url}/connectors/${name}`, { method: 'DELETE' })
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
  }

  get #url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get printed(): string {
    return this.#printed.slice(-MOST_SHOWN)
  }

  #failIfEnded(): void {
    const code = this.#child?.exitCode ?? null
    if (code !== null) throw new Error(`the worker ended with exit code ${code}\n${this.printed}`)
  }

  kill(): Promise<void> {
    return killed(this.#child)
  }

  async dispose(): Promise<void> {
    await this.kill()
    rmSync(this.directory, { recursive: true, force: true })
  }
}
