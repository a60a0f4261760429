// A data directory with its `server.properties`, that Apache Kafka and Samsa take turns on.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type BrokerProcess, freePort } from '../harness/broker.ts'
import { javaProgram, SMALL_JVM } from '../harness/java.ts'
import { formatForKafka, kafkaAt, kafkaJars, type KafkaRelease } from '../harness/kafka.ts'
import { run, until } from '../harness/process.ts'
import { propertiesOf } from '../harness/properties.ts'
import { formatForSamsa, samsaAt } from '../harness/samsa.ts'

export type Side = 'kafka' | 'samsa'
export type End = 'SIGTERM' | 'SIGKILL'

const FOLDER = 'compat/exchange'
const SETTINGS = {
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.num.partitions': '4',
  'share.coordinator.state.topic.num.partitions': '4',
  // A snapshot of the metadata after every few changes, so that either reads the other's.
  'metadata.log.max.record.bytes.between.snapshots': '2000',
  // What DeleteRecords did is on the disk soon.
  'log.flush.start.offset.checkpoint.interval.ms': '500',
  // Kafka keeps ACLs only with an authorizer. Samsa says that it has no effect yet.
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
}

export async function installExchange(): Promise<string> {
  const sources = ['Clients', 'Fill', 'Show'].map((name) => `${FOLDER}/${name}.java`)
  // Clients are always the newest.
  return javaProgram('exchange-clients', await kafkaJars('4.4.0'), sources)
}

export class Place {
  /** Where the logs are; the first has the metadata too. */
  readonly dataDirectories: readonly string[]
  readonly address: string
  /** Records are given times from here on, in milliseconds. */
  readonly baseMs = Date.now() - 3_600_000
  readonly #classPath: string
  /** Class path of the broker. */
  readonly #jars: string
  readonly #directory: string
  readonly #brokers: Readonly<Record<Side, BrokerProcess>>
  #running: BrokerProcess | undefined

  private constructor(classPath: string, jars: string, port: number, controllerPort: number) {
    this.#classPath = classPath
    this.#jars = jars
    const directory = this.#directory = mkdtempSync(join(tmpdir(), 'samsa-exchange-'))
    this.dataDirectories = [join(directory, 'one'), join(directory, 'two')]
    const address = this.address = `127.0.0.1:${port}`
    const file = this.#file
    writeFileSync(file, propertiesOf(
      { port, controllerPort, dataDirectories: this.dataDirectories }, SETTINGS))
    this.#brokers = {
      samsa: samsaAt({ address, directory, args: [file] }),
      kafka: kafkaAt({ address, directory, jars, file, flags: SMALL_JVM }),
    }
  }

  static async make(release: KafkaRelease): Promise<Place> {
    const [classPath, jars] = [await installExchange(), await kafkaJars(release)]
    return new Place(classPath, jars, await freePort(), await freePort())
  }

  get #file(): string {
    return join(this.#directory, 'server.properties')
  }

  /** `metadataVersion`, such as `4.0`: that of the cluster, if it is not to be the newest. */
  async format(side: Side, metadataVersion?: string): Promise<void> {
    if (side === 'samsa') return formatForSamsa(this.#file)
    const release = metadataVersion === undefined ? [] : ['-r', metadataVersion]
    return formatForKafka(this.#jars, this.#file, release)
  }

  async start(side: Side): Promise<void> {
    this.#running = this.#brokers[side]
    await this.#running.start()
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

  /** What Samsa has logged so far. */
  log(): string {
    return this.#brokers.samsa.log()
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
    return (await run('java', [...SMALL_JVM, ...all], { timeoutMs: 150_000 })).stdout
  }

  async dispose(): Promise<void> {
    await this.#running?.stop('SIGKILL')
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
