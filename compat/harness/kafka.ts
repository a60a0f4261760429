// Apache Kafka itself as a broker process, to compare with: one node, formatted, on a free port.

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { apiVersions } from '../../protocol/messages/api-versions.ts'
import { freePort } from './broker.ts'
import { jarsOf } from './install.ts'
import { run, until } from './process.ts'
import { ask } from './wire.ts'

export interface KafkaProcess {
  readonly address: string
  readonly pid: number
  dispose(): Promise<void>
}

const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg'

/**
 * Starts Apache Kafka with Samsa's development defaults and waits until it serves: the release of
 * the benches, or that of the class path.
 */
export async function startKafka(
  overrides: Readonly<Record<string, string>> = {}, classPath?: string,
): Promise<KafkaProcess> {
  const jars = classPath ?? await jarsOf('kafka-broker', 'bench/kafka/pom.xml')
  const directory = mkdtempSync(join(tmpdir(), 'samsa-kafka-'))
  const [port, controllerPort] = [await freePort(), await freePort()]
  const settings: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(directory, 'data'),
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    ...overrides,
  }
  const file = join(directory, 'server.properties')
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(file, lines.join(''))
  await formatForKafka(jars, file, CLUSTER_ID)
  const kafka = await runKafka({ jars, file, port, logFile: join(directory, 'server.log') })
  return {
    ...kafka,
    async dispose() {
      await kafka.stop('SIGKILL')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Formats the log directories of a `server.properties` by Kafka's own tool. */
export async function formatForKafka(
  jars: string, file: string, clusterId: string, options: readonly string[] = [],
): Promise<void> {
  const args = ['format', '-t', clusterId, '-c', file, ...options]
  await run('java', ['-cp', jars, 'kafka.tools.StorageTool', ...args])
}

export interface KafkaToRun {
  /** Class path. */
  readonly jars: string
  /** A `server.properties`, of directories that are formatted. */
  readonly file: string
  /** Of the listener for clients on 127.0.0.1. */
  readonly port: number
  /** Is written anew. */
  readonly logFile: string
  readonly flags?: readonly string[]
  /** For it to serve. */
  readonly timeoutMs?: number
}

export interface RunningKafka {
  readonly address: string
  readonly pid: number
  /** Ends the process with a signal and waits for its end; gives its exit code. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

/** Starts Kafka on what is there and waits until it serves. */
export async function runKafka(
  {
    jars, file, port, logFile, flags = ['-Xmx1G', '-Xms1G', '-XX:+UseG1GC'], timeoutMs = 60_000,
  }: KafkaToRun,
): Promise<RunningKafka> {
  const address = `127.0.0.1:${port}`
  const output = openSync(logFile, 'w')
  const child = spawn('java', [...flags, '-cp', jars, 'kafka.Kafka', file],
    { stdio: ['ignore', output, output] })
  closeSync(output)
  await until('Apache Kafka serving', timeoutMs, () => {
    if (child.exitCode !== null) throw new Error(`Kafka ended:\n${readFileSync(logFile, 'utf8')}`)
    return serves(address)
  }).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  return {
    address,
    pid: child.pid!,
    async stop(signal) {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit')
        child.kill(signal)
        await ended
      }
      return child.exitCode
    },
  }
}

/** Whether an ApiVersions request is answered: Kafka binds its port long before it serves. */
function serves(address: string): Promise<true | undefined> {
  return ask(address, apiVersions, 0, {}, { timeoutMs: 1000 }).then(() => true, () => undefined)
}
