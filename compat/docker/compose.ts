// The compose file of the project, and files that others wrote for `apache/kafka`.

import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { freePort } from '../harness/broker.ts'
import { uniqueName, type Check } from '../harness/check.ts'
import { ensureProgram } from '../harness/install.ts'
import { run } from '../harness/process.ts'
import { queriesOf } from '../metrics/dashboard.ts'
import { IMAGE, reads, roundTrip } from './container.ts'
import type { Engine } from './engine.ts'
import type { Machine } from './machine.ts'

type Variables = Readonly<Record<string, string>>

/** A project of compose: up, used, and down again with its volumes. */
export class Project {
  readonly #engine: Engine
  readonly #file: string
  readonly #name = uniqueName('samsacompat').replace(/-/g, '')
  readonly #variables: Variables

  constructor(engine: Engine, file: string, variables: Variables) {
    this.#engine = engine
    this.#file = file
    this.#variables = variables
  }

  async compose(...args: readonly string[]): Promise<string> {
    const [program, ...first] = await command(this.#engine)
    const { stdout } = await run(program!, [
      ...first, '-p', this.#name, '-f', this.#file, ...args,
    ], { env: { ...this.#engine.env, ...this.#variables }, timeoutMs: 120_000 })
    return stdout
  }

  async use(use: () => Promise<void>): Promise<void> {
    try {
      await this.compose('up', '-d', '--no-build')
      await use()
    } finally {
      await this.compose('down', '-v', '-t', '10')
    }
  }
}

/** The plug-in of newer engines, or the program that Debian has. */
async function command({ env }: Engine): Promise<readonly string[]> {
  const plugin = await run('docker', ['compose', 'version'], {
    env, allowedExitCodes: [0, 1, 125],
  })
  if (plugin.exitCode === 0) return ['docker', 'compose']
  await ensureProgram('docker-compose', 'docker-compose')
  return ['docker-compose']
}

export async function withFile(text: string, use: (file: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-compose-'))
  try {
    const file = join(directory, 'docker-compose.yml')
    writeFileSync(file, text)
    await use(file)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/**
 * As the documentation of Kafka's image has a node of its own: three listeners, one for clients on
 * the host, though at another port. Its variables may go on behind it.
 */
export const threeListeners = (port: number): string => `  broker:
    image: ${IMAGE}
    hostname: broker
    ports: ['127.0.0.1:${port}:9092']
    environment:
      KAFKA_NODE_ID: 1
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: >-
        CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT
      KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT_HOST://localhost:${port},PLAINTEXT://broker:19092'
      KAFKA_PROCESS_ROLES: 'broker,controller'
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@broker:29093'
      KAFKA_LISTENERS: 'CONTROLLER://:29093,PLAINTEXT_HOST://:9092,PLAINTEXT://:19092'
      KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT'
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER'`

const singleNode = (port: number): string => `
version: '2'
services:
${threeListeners(port)}
      CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw'
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: 1
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: 0
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: 1
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: 1
      KAFKA_LOG_DIRS: '/tmp/kraft-combined-logs'
`

const DASHBOARD = 'grafana/samsa.json'

/** Names in the queries of its panels. */
function metricsOfDashboard(): string[] {
  const queries = queriesOf(DASHBOARD).map(({ expression }) => expression)
  const names = queries.flatMap((query) => query.match(/\b(?:kafka|nodejs|process)_\w+/g) ?? [])
  return [...new Set(names)].sort()
}

/** A group that has committed where a topic begins, and reads no more. */
async function letLag(project: Project, topic: string): Promise<void> {
  await project.compose('exec', '-T', 'broker', '/opt/kafka/bin/kafka-consumer-groups.sh',
    '--bootstrap-server', 'broker:19092', '--reset-offsets', '--to-earliest', '--execute',
    '--group', 'slow', '--topic', topic)
}

export function composeChecks(machine: Machine): readonly Check[] {
  return [
    {
      name: 'the compose file of the project brings up a broker, whose data stays',
      timeoutMs: 180_000,
      async run() {
        const { engine } = machine
        const port = await freePort()
        await engine.docker(['tag', IMAGE, 'samsa'])
        const file = resolve('docker-compose.yml')
        const project = new Project(engine, file, { SAMSA_PORT: String(port) })
        await project.use(async () => {
          const topic = await roundTrip(`localhost:${port}`)
          const asked = ['exec', '-T', 'broker', 'samsa', 'topics', 'list', '-b', 'broker:19092']
          match(await project.compose(...asked), new RegExp(`^${topic}\\b`, 'm'))
          await project.compose('down')
          await project.compose('up', '-d', '--no-build')
          await reads(`localhost:${port}`, topic)
        })
      },
    },
    {
      name: 'its broker tells every metric that the dashboard for Grafana asks for',
      timeoutMs: 180_000,
      async run() {
        const port = await freePort()
        const file = resolve('docker-compose.yml')
        const project = new Project(machine.engine, file, { SAMSA_PORT: String(port) })
        await project.use(async () => {
          await letLag(project, await roundTrip(`localhost:${port}`))
          const target = /broker:\d+/.exec(readFileSync('docker/prometheus.yml', 'utf8'))![0]
          const ask = `fetch('http://${target}/metrics').then((answer) => answer.text())`
            + '.then((text) => console.log(text))'
          const wished = metricsOfDashboard()
          ok(wished.length > 40, `the dashboard asks for ${wished.length} metrics alone`)
          const metrics = await project.compose('exec', '-T', 'broker', 'node', '-e', ask)
          const told = new Set([...metrics.matchAll(/^(\w+)[{ ]/gm)].map(([, name]) => name))
          deepStrictEqual(wished.filter((name) => !told.has(name)), [])
        })
      },
    },
    {
      name: 'its profile adds Prometheus, and Grafana with the dashboard',
      async run() {
        const file = resolve('docker-compose.yml')
        const project = new Project(machine.engine, file, {})
        const config = await project.compose('--profile', 'metrics', 'config', '--services')
        deepStrictEqual(config.trim().split('\n').sort(), ['broker', 'grafana', 'prometheus'])
        // The places of the file agree with what is there: Grafana itself cannot be had everywhere.
        const text = readFileSync(file, 'utf8')
        const [, shown = ''] = /HOME_DASHBOARD_PATH: (\S+)/.exec(text)!
        const [, folder = '', mounted = ''] = /- \.\/(\S+):(\S*dashboards):ro/.exec(text)!
        strictEqual(join(folder, relative(mounted, shown)), DASHBOARD)
        match(readFileSync('docker/grafana/dashboards/provider.yml', 'utf8'),
          new RegExp(`path: ${mounted}$`, 'm'))
      },
    },
    {
      name: 'a compose file for apache/kafka works when the name of the image is another',
      timeoutMs: 180_000,
      async run() {
        const port = await freePort()
        await withFile(singleNode(port), async (file) => {
          await new Project(machine.engine, file, {}).use(async () => {
            await roundTrip(`localhost:${port}`)
          })
        })
      },
    },
  ]
}
