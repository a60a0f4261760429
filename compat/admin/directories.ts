// Partitions move between log directories while they are written and the broker is killed: at the
// end they are where they were to be, with every record that was acknowledged.

import { deepStrictEqual, match, ok } from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel, type Producer } from 'kafkajs'
import type { RunningBroker } from '../harness/broker.ts'
import type { Check } from '../harness/check.ts'
import { sleep, until } from '../harness/process.ts'
import { startSamsa } from '../harness/samsa.ts'
import { type Tool, type ToolSession, withTools } from '../java/tools.ts'

const TOPIC = 'moved'
const PARTITIONS = [0, 1]
const PRELOADED = 120
const PRELOADED_BYTES = 50_000
/** A piece takes longer at it than the check looks on. */
const RATE = 200_000
const ROUNDS = 8

interface Described {
  readonly partition: string
  readonly offsetLag: number
  readonly isFuture: boolean
}

class Mover {
  readonly #broker: RunningBroker
  readonly #tools: ToolSession
  readonly #directory: string

  constructor(broker: RunningBroker, tools: ToolSession, directory: string) {
    this.#broker = broker
    this.#tools = tools
    this.#directory = directory
  }

  async #run(tool: Tool, ...args: string[]): Promise<string> {
    const server = ['--bootstrap-server', this.#broker.address]
    const { exitCode, output } = await this.#tools.run(tool, [...args, ...server])
    deepStrictEqual({ exitCode, output }, { exitCode: 0, output })
    return output
  }

  async create(): Promise<void> {
    await this.#run('kafka-topics', '--create', '--topic', TOPIC,
      '--partitions', String(PARTITIONS.length))
  }

  pathOf(name: string): string {
    return join(this.#directory, name)
  }

  #planFor(name: string): string {
    const file = this.pathOf(`to-${name}.json`)
    writeFileSync(file, JSON.stringify({
      version: 1,
      partitions: PARTITIONS.map((partition) => (
        { topic: TOPIC, partition, replicas: [1], log_dirs: [this.pathOf(name)] })),
    }))
    return file
  }

  async execute(name: string, ...more: string[]): Promise<void> {
    const text = await this.#run('kafka-reassign-partitions', '--execute',
      '--reassignment-json-file', this.#planFor(name), ...more)
    match(text, /Successfully started moving log directory to \S+ for replica moved-0 with/)
  }

  async verify(name: string): Promise<string> {
    return this.#run('kafka-reassign-partitions', '--verify',
      '--reassignment-json-file', this.#planFor(name))
  }

  async setRate(bytesPerSecond: number): Promise<void> {
    await this.#run('kafka-configs', '--alter', '--entity-type', 'brokers', '--entity-name', '1',
      '--add-config', `replica.alter.log.dirs.io.max.bytes.per.second=${bytesPerSecond}`)
  }

  async replicasIn(name: string): Promise<Described[]> {
    const text = await this.#run('kafka-log-dirs', '--describe', '--topic-list', TOPIC)
    const { brokers: [{ logDirs }] } = JSON.parse(/^\{.*$/m.exec(text)![0]) as {
      brokers: [{ logDirs: { logDir: string, partitions: Described[] }[] }]
    }
    return logDirs.find(({ logDir }) => logDir === this.pathOf(name))!.partitions
  }
}

/** Sends one record after the other; what was not acknowledged may be there, or not. */
class Writer {
  readonly acknowledged: string[][] = PARTITIONS.map(() => [])
  readonly #producer: Producer
  #isOver = false
  #next = 0

  constructor(kafka: Kafka) {
    this.#producer = kafka.producer({ retry: { retries: 0 }, maxInFlightRequests: 1 })
  }

  async send(partition: number, paddingBytes = 0): Promise<void> {
    const value = `${this.#next++}`
    try {
      await this.#producer.send({
        topic: TOPIC, acks: -1, timeout: 5000,
        messages: [{ partition, value: value.padEnd(paddingBytes, ' ') }],
      })
      this.acknowledged[partition]!.push(value)
    } catch {
      await sleep(50)
      await this.#producer.connect().catch(() => {})
    }
  }

  async run(): Promise<void> {
    while (!this.#isOver) {
      for (const partition of PARTITIONS) await this.send(partition)
    }
    await this.#producer.disconnect()
  }

  async connect(): Promise<void> {
    await this.#producer.connect()
  }

  end(): void {
    this.#isOver = true
  }
}

async function readAll(kafka: Kafka, counts: readonly number[]): Promise<string[][]> {
  const values: string[][] = PARTITIONS.map(() => [])
  const consumer = kafka.consumer({ groupId: 'reader' })
  await consumer.connect()
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      values[partition]!.push(String(message.value).trim())
    },
  })
  await until('all records', 60_000, () => (
    values.every(({ length }, i) => length >= counts[i]!) || undefined))
  await consumer.disconnect()
  return values
}

function kafkaOf({ address }: RunningBroker): Kafka {
  return new Kafka({
    brokers: [address], logLevel: logLevel.NOTHING, connectionTimeout: 1000,
    retry: { retries: 20, initialRetryTime: 50, maxRetryTime: 500 },
  })
}

async function moveThroughKills(broker: RunningBroker, mover: Mover): Promise<void> {
  const kafka = kafkaOf(broker)
  const writer = new Writer(kafka)
  await mover.create()
  await writer.connect()
  for (let i = 0; i < PRELOADED; i++) {
    for (const partition of PARTITIONS) await writer.send(partition, PRELOADED_BYTES)
  }
  const writing = writer.run()
  let [from, to] = ['a', 'b']
  // They are spread over both at first.
  await mover.execute(from)
  await settled(mover, from)
  await mover.execute(to, '--replica-alter-log-dirs-throttle', String(RATE))
  await sleep(1000)
  const behind = (await mover.replicasIn(to)).filter(({ isFuture }) => isFuture)
  ok(behind.length > 0 && behind.every(({ offsetLag }) => offsetLag > 0), JSON.stringify(behind))
  await restart(broker)
  await until('the move to go on', 10_000, async () => (
    (await mover.replicasIn(to)).some(({ isFuture }) => isFuture) || undefined))
  await mover.setRate(1e9)
  await settled(mover, to)
  for (let round = 0; round < ROUNDS; round++) {
    [from, to] = [to, from]
    await mover.execute(to)
    await sleep(round * 7)
    await restart(broker)
    await mover.execute(to)
    await settled(mover, to)
  }
  writer.end()
  await writing
  const values = await readAll(kafka, writer.acknowledged.map(({ length }) => length))
  for (const partition of PARTITIONS) {
    const acknowledged = new Set(writer.acknowledged[partition])
    deepStrictEqual(values[partition]!.filter((value) => acknowledged.has(value)),
      writer.acknowledged[partition])
  }
  // A kill in the middle of an exchange leaves two: the one with less is set aside, not deleted.
  const left = (name: string) => readdirSync(mover.pathOf(name))
    .filter((file) => file.startsWith(TOPIC) && !/-(delete|stray)$/.test(file)).sort()
  deepStrictEqual([left(to), left(from)], [PARTITIONS.map((i) => `${TOPIC}-${i}`), []])
}

async function restart(broker: RunningBroker): Promise<void> {
  await broker.stop('SIGKILL')
  await broker.start()
}

async function settled(mover: Mover, name: string): Promise<void> {
  await until(`the logs in ${name}`, 30_000, async () => {
    const replicas = await mover.replicasIn(name)
    const isThere = replicas.length === PARTITIONS.length
      && replicas.every(({ isFuture }) => !isFuture)
    return isThere || undefined
  })
  const text = await mover.verify(name)
  for (const partition of PARTITIONS) {
    match(text, new RegExp(`Reassignment of replica ${TOPIC}-${partition}-1 completed success`))
  }
}

export const directories: Check = {
  name: 'kafka-reassign-partitions moves logs between directories, through kills',
  timeoutMs: 240_000,
  run: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'samsa-moves-'))
    const broker = await startSamsa({
      'log.dirs': `${join(directory, 'a')},${join(directory, 'b')}`,
    })
    try {
      await withTools((tools) => moveThroughKills(broker, new Mover(broker, tools, directory)))
    } finally {
      await broker.dispose()
      rmSync(directory, { recursive: true })
    }
  },
}
