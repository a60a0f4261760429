// Copying in transactions while brokers and copiers are killed: every record of the input is in the
// output once, in its order, and no reader ever saw anything else.

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { Kafka, logLevel } from 'kafkajs'
import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import type { RunningBroker } from '../harness/broker.ts'
import { uniqueName, type Check, type Suite } from '../harness/check.ts'
import { until } from '../harness/process.ts'
import { ask } from '../harness/wire.ts'
import { toolCommand } from '../java/tools.ts'
import { installCopiers, startCopier, type Copier, type CopierOptions } from './copier.ts'
import { followCommitted, type Reader } from './reader.ts'

interface Plan {
  readonly partitionCount: number
  readonly recordsPerPartition: number
  readonly copiers: readonly Pick<CopierOptions, 'release' | 'partition' | 'flags'>[]
  /** How much is copied when the broker is killed, as parts of all. */
  readonly brokerKills: readonly number[]
  /** The same for the first copier, whose place a new one with its transactional id takes. */
  readonly copierKill: number
}

type Place = Pick<CopierOptions, 'address' | 'input' | 'output' | 'group'>

const clientOf = (address: string): Kafka => new Kafka({
  clientId: 'copying', brokers: [address], logLevel: logLevel.NOTHING,
})

const valueOf = (partition: number, index: number): string => `${partition}-${index}`

async function copyUnderKills(broker: RunningBroker, plan: Plan): Promise<void> {
  const { address } = broker
  const place: Place = {
    address, input: uniqueName('input'), output: uniqueName('output'), group: uniqueName('copiers'),
  }
  await makeTopics(place, plan)
  const [command, args] = await toolCommand('kafka-console-consumer', [
    '--bootstrap-server', address, '--topic', place.output, '--from-beginning',
    '--isolation-level', 'read_committed',
    ...['print.partition=true', 'print.offset=true']
      .flatMap((property) => ['--formatter-property', property])])
  const reader = followCommitted(command, args)
  const crew = new Crew(place, plan)
  try {
    await crew.start()
    await kill(broker, crew, plan)
    await crew.done()
    const count = plan.partitionCount * plan.recordsPerPartition
    await until('all of the output read', 60_000, () => reader.count >= count || undefined)
    await isExact(broker, place, plan, reader)
  } finally {
    crew.dispose()
    await reader.stop()
  }
}

async function makeTopics(
  { address, input, output }: Place, { partitionCount, recordsPerPartition }: Plan,
): Promise<void> {
  const kafka = clientOf(address)
  const [admin, producer] = [kafka.admin(), kafka.producer()]
  await Promise.all([admin.connect(), producer.connect()])
  await admin.createTopics({
    topics: [input, output].map((topic) => ({ topic, numPartitions: partitionCount })),
  })
  for (let partition = 0; partition < partitionCount; partition++) {
    const messages = Array.from({ length: recordsPerPartition }, (_, i) => (
      { partition, value: valueOf(partition, i) }))
    await producer.send({ topic: input, messages })
  }
  await Promise.all([admin.disconnect(), producer.disconnect()])
}

/** The copiers that run, and those that were killed. */
class Crew {
  readonly #place: Place
  readonly #plan: Plan
  readonly #running: Copier[] = []
  #copiedByKilled = 0

  constructor(place: Place, plan: Plan) {
    this.#place = place
    this.#plan = plan
  }

  async start(): Promise<void> {
    for (const index of this.#plan.copiers.keys()) await this.#startOne(index)
  }

  async #startOne(index: number): Promise<void> {
    this.#running[index] = await startCopier({
      ...this.#plan.copiers[index]!, ...this.#place,
      transactionalId: `${this.#place.group}-${index}`,
    })
  }

  async replaceFirst(): Promise<void> {
    const [first] = this.#running
    first!.kill()
    await until('the end of a copier', 20_000, () => first!.end)
    this.#copiedByKilled += first!.copied
    await endTransactionOf(this.#place.address, first!.transactionalId)
    await this.#startOne(0)
  }

  /** Waits until so much of the input is copied. */
  async reach(part: number): Promise<void> {
    const total = this.#plan.partitionCount * this.#plan.recordsPerPartition
    await until(`${part} of the input copied`, 100_000, () => {
      this.#failWhereOneFailed()
      const copied = this.#running.reduce((sum, copier) => sum + copier.copied, 0)
      return copied + this.#copiedByKilled >= total * part || undefined
    }, 5)
  }

  async done(): Promise<void> {
    await until('the end of all copiers', 100_000, () => {
      this.#failWhereOneFailed()
      return this.#running.every(({ end }) => end !== undefined) || undefined
    })
  }

  #failWhereOneFailed(): void {
    for (const { end, transactionalId, stderr } of this.#running) {
      if (end === undefined || end === 'exit code 0') continue
      throw new Error(`${transactionalId}: ${end}\n${stderr.slice(-3000)}`)
    }
  }

  dispose(): void {
    for (const copier of this.#running) copier.kill()
  }
}

/**
 * A copier of one partition asks for its offset before its producer ends what was open, and gets
 * none while the open transaction has one: it would wait until the transaction times out.
 */
async function endTransactionOf(address: string, transactionalId: string): Promise<void> {
  await until(`the end of the transaction of ${transactionalId}`, 60_000, async () => {
    const { errorCode } = await ask(address, initProducerId, 4,
      { transactionalId, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 })
    return errorCode === 0 || undefined
  })
}

async function kill(
  broker: RunningBroker, crew: Crew, { brokerKills, copierKill }: Plan,
): Promise<void> {
  const acts = [
    ...brokerKills.map((at) => ({ at, act: () => restart(broker) })),
    { at: copierKill, act: () => crew.replaceFirst() },
  ].sort((a, b) => a.at - b.at)
  for (const { at, act } of acts) {
    await crew.reach(at)
    await act()
  }
}

async function restart(broker: RunningBroker): Promise<void> {
  await broker.stop('SIGKILL')
  await broker.start()
}

async function isExact(
  broker: RunningBroker, { address, output, input, group }: Place, plan: Plan, reader: Reader,
): Promise<void> {
  const { partitionCount, recordsPerPartition } = plan
  for (let partition = 0; partition < partitionCount; partition++) {
    const expected = Array.from({ length: recordsPerPartition }, (_, i) => valueOf(partition, i))
    deepStrictEqual(reader.valuesOf(partition), expected)
  }
  strictEqual(reader.changed, undefined)
  const aborted = abortedIn(broker, output)
  ok(aborted >= 10, `only ${aborted} transactions were aborted`)
  const admin = clientOf(address).admin()
  await admin.connect()
  const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [input] })
  await admin.disconnect()
  deepStrictEqual(offsets?.partitions.map(({ offset }) => offset),
    Array.from({ length: partitionCount }, () => String(recordsPerPartition)))
}

const TRANSACTION_INDEX_ENTRY_BYTES = 34

/** How many aborted transactions the indexes of a topic know. */
function abortedIn({ dataDirectory }: RunningBroker, topic: string): number {
  const names = readdirSync(dataDirectory, { recursive: true }) as string[]
  const indexes = names.filter((name) => name.startsWith(`${topic}-`) && name.endsWith('.txnindex'))
  const sizes = indexes.map((name) => statSync(join(dataDirectory, name)).size)
  return sizes.reduce((sum, size) => sum + size, 0) / TRANSACTION_INDEX_ENTRY_BYTES
}

const check = (name: string, plan: Plan): Check => ({
  name, timeoutMs: 300_000, run: (broker) => copyUnderKills(broker, plan),
})

const checks: readonly Check[] = [
  check('a group of copiers, one with an older client; the broker killed 4 times, a copier once', {
    partitionCount: 4,
    recordsPerPartition: 3000,
    copiers: (['newest', 'newest', 'older'] as const)
      .map((release) => ({ release, flags: ['--use-group-metadata'] })),
    brokerKills: [0.1, 0.25, 0.4, 0.7],
    copierKill: 0.5,
  }),
  check('a copier for each partition, without group metadata; broker and copier killed', {
    partitionCount: 2,
    recordsPerPartition: 4000,
    copiers: [
      { release: 'older', partition: 0, flags: [] },
      { release: 'newest', partition: 1, flags: [] },
    ],
    brokerKills: [0.15, 0.5],
    copierKill: 0.3,
  }),
]

export const transactionsSuite: Suite = {
  name: 'transactions',
  client: 'TransactionalMessageCopier 4.3.1, 3.9.1',
  checks,
  install: installCopiers,
}
