// The two brokers of the benches of groups: Samsa, and the Kafka that it is held against. Either
// can be ended and started again on its directory.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startSamsa } from '../../compat/harness/broker.ts'
import { jarsOf } from '../../compat/harness/install.ts'
import { formatForKafka, runKafka } from '../../compat/harness/kafka.ts'
import { sleep, until } from '../../compat/harness/process.ts'
import { Wire } from '../../compat/harness/wire.ts'
import { findCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { createTopic } from '../requests.ts'

export type Side = 'Samsa' | 'Kafka'
export const SIDES: readonly Side[] = ['Samsa', 'Kafka']

export interface Contender {
  readonly side: Side
  readonly address: string
  /** Processor time that the process has used so far. */
  cpuMs(): number
  /** Ends it in order, and starts it on what it wrote; gives the times of that. */
  restart(): Promise<Restarted>
  dispose(): Promise<void>
}

export interface Restarted {
  /** On the clock of `performance.now`. */
  readonly spawnedMs: number
  readonly readyMs: number
}

const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg'
const JAVA_FLAGS = ['-Xmx1G', '-Xms1G', '-XX:+UseG1GC']
const COORDINATOR_KINDS = { group: 0, transaction: 1 } as const
/** Of what Linux counts processor time in. */
const TICK_MS = 10

const COMMON = { 'group.initial.rebalance.delay.ms': '0' }

export function start(
  side: Side, overrides: Readonly<Record<string, string>> = {},
): Promise<Contender> {
  const settings = { ...COMMON, ...overrides }
  return side === 'Samsa' ? startSamsaHere(settings) : startKafkaHere(settings)
}

async function startSamsaHere(settings: Readonly<Record<string, string>>): Promise<Contender> {
  const broker = await startSamsa(settings, { pollMs: 2 })
  return {
    side: 'Samsa', address: broker.address,
    cpuMs: () => cpuMsOf(broker.pid),
    async restart() {
      await broker.stop()
      const spawnedMs = performance.now()
      await broker.start()
      return { spawnedMs, readyMs: performance.now() }
    },
    dispose: () => broker.dispose(),
  }
}

async function startKafkaHere(overrides: Readonly<Record<string, string>>): Promise<Contender> {
  const jars = await jarsOf('exchange', 'compat/exchange/pom.xml')
  const directory = mkdtempSync(join(tmpdir(), 'samsa-bench-'))
  const [port, controllerPort] = [await freePort(), await freePort()]
  const settings = {
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
    ...overrides,
  }
  const file = join(directory, 'server.properties')
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(file, lines.join(''))
  const remove = () => rmSync(directory, { recursive: true, force: true })
  const run = () => runKafka(
    { jars, file, port, logFile: join(directory, 'server.log'), flags: JAVA_FLAGS })
  let kafka = await formatForKafka(jars, file, CLUSTER_ID).then(run).catch((error: unknown) => {
    remove()
    throw error
  })
  return {
    side: 'Kafka', address: kafka.address,
    cpuMs: () => cpuMsOf(kafka.pid),
    async restart() {
      await kafka.stop('SIGTERM')
      const spawnedMs = performance.now()
      kafka = await run()
      return { spawnedMs, readyMs: performance.now() }
    },
    async dispose() {
      await kafka.stop('SIGKILL')
      remove()
    },
  }
}

function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name of the program, in brackets, may hold blanks; user and system time are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

/** Creates a topic and that of the coordinators, and waits until one of these answers. */
export async function setUp(
  { address }: Contender, topic: string, numPartitions: number,
  kind: keyof typeof COORDINATOR_KINDS,
): Promise<void> {
  const wire = await Wire.connect(address)
  await createTopic(wire, topic, numPartitions)
  await until(`a coordinator of ${kind}s`, 120_000, async () => {
    const { coordinators } = await wire.ask(findCoordinator, 6,
      { keyType: COORDINATOR_KINDS[kind], coordinatorKeys: ['bench'] })
    return coordinators[0]!.errorCode === 0 || undefined
  })
  wire.close()
  await sleep(1000) // its partitions may be loading still
}
