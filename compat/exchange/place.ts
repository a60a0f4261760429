// A data directory with its `server.properties`, that Apache Kafka and Samsa take turns on.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort, samsaOn, type RunningBroker } from '../harness/broker.ts'
import { jarsOf, javaProgram } from '../harness/install.ts'
import { formatForKafka, runKafka } from '../harness/kafka.ts'
import { run, until } from '../harness/process.ts'

export type Side = 'kafka' | 'samsa'
export type End = 'SIGTERM' | 'SIGKILL'
export type Release = keyof typeof RELEASES

const FOLDER = 'compat/exchange'
/** Of the broker; clients are always the newest. */
const RELEASES = {
  '4.4.0': { name: 'exchange', pom: `${FOLDER}/pom.xml` },
  '4.3.1': { name: 'kafka-broker', pom: 'bench/kafka/pom.xml' },
} as const
const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg'
const JAVA_FLAGS = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** Both brokers read the same file; what it does not say has the same default in both. */
function properties(directories: readonly string[], port: number, controllerPort: number): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'listeners': `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': directories.join(),
    'offsets.topic.num.partitions': '4',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // A snapshot of the metadata after every few changes, so that either reads the other's.
    'metadata.log.max.record.bytes.between.snapshots': '2000',
    // What DeleteRecords did is on the disk soon.
    'log.flush.start.offset.checkpoint.interval.ms': '500',
    // Kafka keeps ACLs only with an authorizer. Samsa says that it has no effect yet.
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
  }).map(([name, value]) => `${name}=${value}\n`).join('')
}

export async function installExchange(): Promise<string> {
  const jars = await brokerJars('4.4.0')
  const sources = ['Clients', 'Fill', 'Show'].map((name) => `${FOLDER}/${name}.java`)
  return javaProgram('exchange-clients', jars, sources)
}

const brokerJars = (release: Release): Promise<string> =>
  jarsOf(RELEASES[release].name, RELEASES[release].pom)

export class Place {
  /** Where the logs are; the first has the metadata too. */
  readonly dataDirectories: readonly string[]
  readonly address: string
  /** Records are given times from here on, in milliseconds. */
  readonly baseMs = Date.now() - 3_600_000
  readonly #classPath: string
  /** Class path of the broker. */
  readonly #broker: string
  readonly #directory: string
  readonly #port: number
  readonly #samsa: RunningBroker
  #running: { stop(signal: End): Promise<number | null> } | undefined

  private constructor(
    classPath: string, broker: string, port: number, controllerPort: number,
  ) {
    this.#classPath = classPath
    this.#broker = broker
    this.#directory = mkdtempSync(join(tmpdir(), 'samsa-exchange-'))
    this.dataDirectories = [join(this.#directory, 'one'), join(this.#directory, 'two')]
    this.#port = port
    this.address = `127.0.0.1:${port}`
    writeFileSync(this.#file, properties(this.dataDirectories, port, controllerPort))
    this.#samsa = samsaOn(this.#file, this.address, this.#directory)
  }

  static async make(release: Release): Promise<Place> {
    const [classPath, broker] = [await installExchange(), await brokerJars(release)]
    return new Place(classPath, broker, await freePort(), await freePort())
  }

  get #file(): string {
    return join(this.#directory, 'server.properties')
  }

  /** `metadataVersion`, such as `4.0`: that of the cluster, if it is not to be the newest. */
  async format(side: Side, metadataVersion?: string): Promise<void> {
    if (side === 'kafka') {
      const release = metadataVersion === undefined ? [] : ['-r', metadataVersion]
      return formatForKafka(this.#broker, this.#file, CLUSTER_ID, release)
    }
    await run(process.execPath,
      ['dist/main.js', 'format', this.#file, '--cluster-id', CLUSTER_ID])
  }

  async start(side: Side): Promise<void> {
    if (side === 'samsa') {
      await this.#samsa.start()
      this.#running = this.#samsa
      return
    }
    this.#running = await runKafka({
      jars: this.#broker, file: this.#file, port: this.#port, flags: JAVA_FLAGS,
      logFile: join(this.#directory, 'kafka.log'),
    })
  }

  /** Throws when it does not end as it should. */
  async end(signal: End): Promise<void> {
    const code = await this.#running?.stop(signal)
    this.#running = undefined
    // Java ends with 143 when it was asked to.
    if (signal === 'SIGTERM' && code !== 0 && code !== 143) {
      throw new Error(`the broker ended with exit code ${code}\n${this.log()}`)
    }
  }

  /** Waits until a DeleteRecords is in a checkpoint: neither broker answers later for that. */
  async startOffsetsAreKept(): Promise<void> {
    const files = this.dataDirectories.map((path) => join(path, 'log-start-offset-checkpoint'))
    await until('the start of a log in its checkpoint', 60_000, () => (
      files.some((file) => existsSync(file) && /^shortened 0 57$/m.test(readFileSync(file, 'utf8')))
        || undefined
    ), 200)
  }

  /** What Samsa wrote to standard error so far. */
  log(): string {
    return existsSync(join(this.#directory, 'stderr')) ? this.#samsa.log() : ''
  }

  /** Creates things, see `Fill.java`. */
  async fill(...args: readonly string[]): Promise<void> {
    await this.#java('Fill', args)
  }

  /** What clients see, see `Show.java`. */
  async show(...args: readonly string[]): Promise<string[]> {
    return (await this.#java('Show', args)).trimEnd().split('\n')
  }

  async #java(program: string, args: readonly string[]): Promise<string> {
    const all = ['-cp', this.#classPath, program, this.address, String(this.baseMs), ...args]
    return (await run('java', [...JAVA_FLAGS, ...all], { timeoutMs: 150_000 })).stdout
  }

  async dispose(): Promise<void> {
    await this.#running?.stop('SIGKILL')
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
