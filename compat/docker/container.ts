// A container of the image, and clients of the broker in it.

import { strictEqual } from 'node:assert/strict'
import { Kafka, logLevel } from 'kafkajs'
import { uniqueName } from '../harness/check.ts'
import { type RunResult, until } from '../harness/process.ts'
import type { Engine } from './engine.ts'

export const IMAGE = 'samsa:compat'

export interface ContainerPlan {
  readonly variables?: Readonly<Record<string, string>>
  /** More of `docker run`: volumes, ports, health. */
  readonly options?: readonly string[]
  /** Instead of the image's own command. */
  readonly command?: readonly string[]
}

export class Container {
  readonly name: string
  readonly #engine: Engine

  private constructor(engine: Engine, name: string) {
    this.#engine = engine
    this.name = name
  }

  /** Not yet started. */
  static async create(engine: Engine, plan: ContainerPlan = {}): Promise<Container> {
    const { variables = {}, options = [], command = [] } = plan
    const container = new Container(engine, uniqueName('samsa-compat'))
    const given = Object.entries(variables).flatMap(([name, value]) => ['-e', `${name}=${value}`])
    await engine.docker([
      'create', '--name', container.name, ...given, ...options, IMAGE, ...command,
    ])
    return container
  }

  /** Started, which is not yet ready. */
  static async run(engine: Engine, plan: ContainerPlan = {}): Promise<Container> {
    const container = await Container.create(engine, plan)
    await container.start()
    return container
  }

  /** Starts one, hands it over when it is ready, and removes it with its own volumes. */
  static async use(
    engine: Engine, plan: ContainerPlan, use: (container: Container) => Promise<void>,
  ): Promise<void> {
    const container = await Container.run(engine, plan)
    try {
      await container.ready()
      await use(container)
    } finally {
      await container.remove()
    }
  }

  async start(): Promise<void> {
    await this.#engine.docker(['start', this.name])
  }

  async ready(): Promise<void> {
    await until('the ready line', 30_000, async () => {
      const log = await this.log()
      if (/^Samsa \S+ ready in \d+ ms: /m.test(log)) return true
      if (!await this.inspect('{{.State.Running}}').then((text) => text === 'true')) {
        throw new Error(`the container ended\n${log}`)
      }
      return undefined
    }, 100)
  }

  async log(): Promise<string> {
    const { stdout, stderr } = await this.#engine.docker(['logs', this.name])
    return stdout + stderr
  }

  async inspect(format: string): Promise<string> {
    return (await this.#engine.docker(['inspect', '--format', format, this.name])).stdout.trim()
  }

  async exec(...command: readonly string[]): Promise<string> {
    return (await this.#engine.docker(['exec', this.name, ...command])).stdout.trim()
  }

  /** With its streams apart, and an exit code of 1 for a failure. */
  async execWith(input: string, ...command: readonly string[]): Promise<RunResult> {
    return this.#engine.docker(['exec', '-i', this.name, ...command], {
      input, allowedExitCodes: [0, 1],
    })
  }

  async health(status: 'healthy' | 'unhealthy', timeoutMs: number): Promise<void> {
    await until(`the container ${status}`, timeoutMs, async () => (
      await this.inspect('{{.State.Health.Status}}') === status || undefined), 200)
  }

  /** Resolves with the exit code when it has ended by itself. */
  async end(): Promise<number> {
    const { stdout } = await this.#engine.docker(['wait', this.name], { timeoutMs: 30_000 })
    return Number(stdout.trim())
  }

  /** As `docker stop` does it; gives the exit code. */
  async stop(): Promise<number> {
    await this.#engine.docker(['stop', '--time', '20', this.name])
    return Number(await this.inspect('{{.State.ExitCode}}'))
  }

  /** To its first process; false where it is not running yet. */
  async signal(signal: 'SIGTERM'): Promise<boolean> {
    const { exitCode } = await this.#engine.docker(['kill', '--signal', signal, this.name], {
      allowedExitCodes: [0, 1],
    })
    return exitCode === 0
  }

  /** Of this machine, not of the container. */
  async brokerPid(): Promise<number> {
    const { stdout } = await this.#engine.docker(['top', this.name, '-eo', 'pid,args'])
    const found = /^ *(\d+) +node .*samsa start/m.exec(stdout)
    if (found === null) throw new Error(`no broker runs in the container:\n${stdout}`)
    return Number(found[1])
  }

  async kill(): Promise<void> {
    await this.#engine.docker(['kill', this.name])
  }

  async remove(): Promise<void> {
    await this.#engine.docker(['rm', '-f', '-v', this.name])
  }
}

const kafkaAt = (address: string): Kafka => new Kafka({
  clientId: 'docker', brokers: [address], logLevel: logLevel.NOTHING,
  retry: { retries: 20, initialRetryTime: 50, maxRetryTime: 500 },
})

const VALUES = ['one', 'two', 'three']

/** kafkajs sends records to a new topic, and gets them back as a member of a group. */
export async function roundTrip(address: string): Promise<string> {
  const topic = uniqueName('docker')
  const producer = kafkaAt(address).producer()
  await producer.connect()
  await producer.send({ topic, messages: VALUES.map((value) => ({ value })) })
  await producer.disconnect()
  await reads(address, topic)
  return topic
}

/** The records of `roundTrip` are there. */
export async function reads(address: string, topic: string): Promise<void> {
  // Its end waits for the fetch that is under way.
  const consumer = kafkaAt(address)
    .consumer({ groupId: uniqueName('docker'), maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const got: string[] = []
  await consumer.run({ eachMessage: async ({ message }) => { got.push(String(message.value)) } })
  await until('the records', 20_000, () => got.length >= VALUES.length || undefined)
  await consumer.disconnect()
  strictEqual(got.join(), VALUES.join())
}
