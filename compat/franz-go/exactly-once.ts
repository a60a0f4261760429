// Two members of a group that copy in transactions (`GroupTransactSession`), one of which is killed
// and then the broker, and then the other: every record of the input is in the output once.

import { deepStrictEqual } from 'node:assert/strict'
import { type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Kafka, logLevel } from 'kafkajs'
import type { RunningBroker } from '../harness/broker.ts'
import { uniqueName } from '../harness/check.ts'
import { run, start, until } from '../harness/process.ts'

export type Protocol = 'classic' | 'consumer'

const PARTITION_COUNT = 4
const RECORDS_PER_PARTITION = 1500
const ALL = PARTITION_COUNT * RECORDS_PER_PARTITION
/** Behind everything else in each partition of the output. */
const LAST = 'the last one'
/** Only for giving up. */
const PATIENCE_MS = 300_000

const clientOf = (address: string) => new Kafka({
  clientId: 'etl', brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 30 },
})

/** A member that is started anew when it ends, as it would be by whoever runs it. */
class Copier {
  /** Records in transactions that it knows to be committed. */
  count = 0
  readonly #command: string
  readonly #args: readonly string[]
  #child: ChildProcess | undefined
  #isOver = false

  constructor(command: string, args: readonly string[]) {
    this.#command = command
    this.#args = args
    this.#start()
  }

  /** The next one has its transactional id. */
  kill(): void {
    this.#child!.kill('SIGKILL')
  }

  async end(): Promise<void> {
    this.#isOver = true
    const child = this.#child!
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    const killer = setTimeout(() => child.kill('SIGKILL'), 30_000)
    await ended
    clearTimeout(killer)
  }

  #start(): void {
    const child = start(this.#command, this.#args)
    this.#child = child
    child.stderr!.resume()
    createInterface({ input: child.stdout! }).on('line', (line) => { this.count += Number(line) })
    child.on('exit', () => { if (!this.#isOver) this.#start() })
  }
}

export async function copyExactlyOnce(
  broker: RunningBroker, program: string, protocol: Protocol,
): Promise<void> {
  const { address } = broker
  const [input, output, group] = [uniqueName('etl-in'), uniqueName('etl-out'), uniqueName('etl')]
  await fill(address, input, output)
  const copiers = ['a', 'b'].map((name) =>
    new Copier(program, ['etl', address, `${group}-${name}`, group, input, output, protocol]))
  const copied = (part: number) => until(`${part * 100} % copied`, PATIENCE_MS, () =>
    copiers.reduce((sum, { count }) => sum + count, 0) >= part * ALL || undefined)
  try {
    await copied(0.2)
    copiers[0]!.kill()
    await copied(0.4)
    await broker.stop('SIGKILL')
    await broker.start()
    await copied(0.6)
    copiers[1]!.kill()
    await allCommitted(address, group, input)
  } finally {
    await Promise.all(copiers.map((copier) => copier.end()))
  }
  deepStrictEqual(await readCommitted(program, address, output), expected())
}

const partitions = Array.from({ length: PARTITION_COUNT }, (_, partition) => partition)
const values = Array.from({ length: RECORDS_PER_PARTITION }, (_, i) => `record ${i}`)

function expected(): string[][] {
  return partitions.map((partition) => [...values.map((value) => `${partition} ${value}`), LAST])
}

async function fill(address: string, input: string, output: string): Promise<void> {
  const [admin, producer] = [clientOf(address).admin(), clientOf(address).producer()]
  await Promise.all([admin.connect(), producer.connect()])
  const topics = [input, output].map((topic) => ({ topic, numPartitions: PARTITION_COUNT }))
  await admin.createTopics({ topics })
  const messages = partitions.flatMap((partition) =>
    values.map((value) => ({ partition, value: `${partition} ${value}` })))
  await producer.send({ topic: input, messages })
  await Promise.all([admin.disconnect(), producer.disconnect()])
}

/** Committed offsets count with their transactions: so does the output. */
async function allCommitted(address: string, groupId: string, topic: string): Promise<void> {
  const admin = clientOf(address).admin()
  await admin.connect()
  try {
    await until('all of the input committed', PATIENCE_MS, async () => {
      const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] })
      const sum = committed!.partitions
        .reduce((total, { offset }) => total + Math.max(0, Number(offset)), 0)
      return sum === ALL || undefined
    })
  } finally {
    await admin.disconnect()
  }
}

/** By partition, up to and including the record that is written now. */
async function readCommitted(program: string, address: string, topic: string): Promise<string[][]> {
  const producer = clientOf(address).producer()
  await producer.connect()
  await producer.send({ topic, messages: partitions.map((partition) =>
    ({ partition, value: LAST })) })
  await producer.disconnect()
  const { stdout } = await run(program,
    ['committed', address, topic, String(PARTITION_COUNT), LAST], { timeoutMs: PATIENCE_MS })
  const read: string[][] = partitions.map(() => [])
  for (const line of stdout.trimEnd().split('\n')) {
    const [, partition, value] = /^(\d+) (.*)$/.exec(line)!
    read[Number(partition)]!.push(value!)
  }
  return read
}
