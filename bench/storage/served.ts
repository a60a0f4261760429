// What a client with small produces feels of the work that a broker does beside it.

import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { run, sleep, until } from '../../compat/harness/process.ts'
import { Wire } from '../../compat/harness/wire.ts'
import { deleteRecords } from '../../protocol/messages/delete-records.ts'
import { deleteTopics } from '../../protocol/messages/delete-topics.ts'
import {
  incrementalAlterConfigs,
} from '../../protocol/messages/incremental-alter-configs.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { createTopic, produceBatch } from '../requests.ts'
import { Broker } from './broker.ts'
import { batchOf, MB, unnumber, withDirectory } from './logs.ts'

const GOAL_MS = 20
const PARTITIONS = 10_000
const PAUSE_MS = 1
const QUIET_MS = 5000
const PATIENCE_MS = 180_000
const SMALL_BYTES = 200
const HUGE_BYTES = 2048 * MB
const AGED_BYTES = 300 * MB
const COMPACTED_BYTES = 200 * MB
const KEYS = 500_000
const SETTINGS = {
  'log.retention.check.interval.ms': '1000', 'log.segment.delete.delay.ms': '1000',
  'log.cleaner.enable': 'false', 'log.cleaner.dedupe.buffer.size': String(64 * MB),
}

export async function benchServed(): Promise<void> {
  console.log('\na client that produces one small batch after the other, with what else the broker '
    + `does, in ms (goal: the event loop stands still for ${GOAL_MS} at most; own: without what it `
    + 'waited for a processor)')
  await withDirectory(async (path) => {
    const broker = await Broker.in(path, SETTINGS)
    await broker.start()
    await fillTopics(broker.address)
    await measureAll(broker, WORKS)
    await broker.stop()
    await broker.start({ 'log.cleaner.enable': 'true' })
    await measureAll(broker, [CLEANING])
    await broker.stop('SIGKILL')
  })
}

async function measureAll(broker: Broker, works: readonly Work[]): Promise<void> {
  const other = await Wire.connect(broker.address)
  for (const work of works) await measure(broker, other, work)
  other.close()
}

/** Something that the broker does while the steady client is served. */
interface Work {
  readonly name: string
  /** Resolves when the broker is through with it. */
  readonly run: (other: Wire, broker: Broker) => Promise<void>
}

async function measure(broker: Broker, other: Wire, work: Work): Promise<void> {
  const steady = new SteadyProducer(await Wire.connect(broker.address))
  await broker.standstill()
  steady.start()
  const startedMs = performance.now()
  await work.run(other, broker)
  const elapsedMs = performance.now() - startedMs
  const trips = await steady.stop()
  const { delayMs, ownMs, computedMs } = await broker.standstill()
  const at = (part: number) => trips[Math.min(trips.length - 1, Math.floor(trips.length * part))]!
  console.log([
    work.name.padEnd(34), `${(elapsedMs / 1000).toFixed(1).padStart(5)} s`,
    ...([['p50', 0.5], ['p99', 0.99], ['p99.9', 0.999], ['max', 1]] as const)
      .map(([label, part]) => `${label} ${at(part).toFixed(1).padStart(5)}`),
    `loop ${delayMs.toFixed(0).padStart(3)} ms`,
    `own ${ownMs.toFixed(1).padStart(5)}  computed ${computedMs.toFixed(1).padStart(5)}`,
  ].join('  '))
}

/** One batch after the other, with a short rest between. */
class SteadyProducer {
  readonly #wire: Wire
  readonly #tripsMs: number[] = []
  #isOver = false
  #running: Promise<void> = Promise.resolve()

  constructor(wire: Wire) {
    this.#wire = wire
  }

  start(): void {
    this.#running = this.#run()
  }

  async #run(): Promise<void> {
    const batch = batchOf(SMALL_BYTES, SMALL_BYTES)
    while (!this.#isOver) {
      const startedMs = performance.now()
      await produceBatch(this.#wire, 'steady', 0, unnumber(batch))
      this.#tripsMs.push(performance.now() - startedMs)
      await sleep(PAUSE_MS)
    }
  }

  /** Gives how long its requests took, ascending. */
  async stop(): Promise<number[]> {
    this.#isOver = true
    await this.#running
    this.#wire.close()
    return this.#tripsMs.sort((a, b) => a - b)
  }
}

async function fillTopics(address: string): Promise<void> {
  const wire = await Wire.connect(address)
  const segmentBytes = String(MB)
  await createTopic(wire, 'steady', 1)
  await createTopic(wire, 'huge', 1, { 'segment.bytes': String(1024 * MB) })
  await createTopic(wire, 'aged', 1, { 'segment.bytes': segmentBytes })
  await createTopic(wire, 'given-up', 1, { 'segment.bytes': segmentBytes })
  await createTopic(wire, 'rolling', 1, { 'segment.bytes': segmentBytes })
  await createTopic(wire, 'synced', 1, { 'flush.messages': '1', 'flush.ms': '100' })
  await createTopic(wire, 'compacted', 1, {
    'cleanup.policy': 'compact', 'segment.bytes': String(32 * MB),
    'min.cleanable.dirty.ratio': '0.01',
  })
  const plain = batchOf(1_000_000, 1024)
  await fillTopic(wire, 'huge', HUGE_BYTES, () => unnumber(plain))
  await fillTopic(wire, 'aged', AGED_BYTES, () => unnumber(plain))
  await fillTopic(wire, 'given-up', AGED_BYTES, () => unnumber(plain))
  let seed = 0
  await fillTopic(wire, 'compacted', COMPACTED_BYTES, () => keyedBatch(seed++))
  wire.close()
  // What the system has to write out is no work of the broker's.
  await run('sync', [], { timeoutMs: PATIENCE_MS })
}

async function fillTopic(
  wire: Wire, topic: string, sizeBytes: number, batch: () => Buffer,
): Promise<void> {
  for (let filled = 0; filled < sizeBytes;) {
    const records = batch()
    await produceBatch(wire, topic, 0, records)
    filled += records.length
  }
}

/** 100 KB of records of 100 bytes; keys come again and again. */
function keyedBatch(seed: number): Buffer {
  const value = Buffer.alloc(80, 'value ')
  return buildBatch({
    timestampMs: Date.now(),
    records: Array.from({ length: 1000 }, (_, i) => ({
      key: Buffer.from(`key ${Math.imul(seed * 1000 + i, 2654435761) >>> 0}`.slice(0, 12)
        + (seed * 7919 + i) % KEYS),
      value, headers: [],
    })),
  })
}

const WORKS: readonly Work[] = [
  { name: 'nothing else', run: () => sleep(QUIET_MS) },
  {
    name: 'rolling every 1 MB', run: (other) => (
      fillTopic(other, 'rolling', 200 * MB, () => batchOf(64 * 1024, 1024))),
  },
  {
    name: 'flush.messages=1', run: async (other) => {
      const endMs = performance.now() + QUIET_MS
      while (performance.now() < endMs) {
        await produceBatch(other, 'synced', 0, batchOf(64 * 1024, 1024))
      }
    },
  },
  {
    name: `creating ${PARTITIONS} partitions`, run: async (other, broker) => {
      await createTopic(other, 'large', PARTITIONS)
      await until('the last partition', PATIENCE_MS, () => (
        existsSync(join(broker.dataDirectory, `large-${PARTITIONS - 1}`)) || undefined), 20)
    },
  },
  { name: `${PARTITIONS} idle partitions`, run: () => sleep(2 * QUIET_MS) },
  {
    name: `deleting ${PARTITIONS} partitions`, run: async (other, broker) => {
      await deleteTopic(other, 'large')
      await gone(broker, /^large/)
    },
  },
  {
    name: 'deleting two segments of 1 GB', run: async (other, broker) => {
      await deleteTopic(other, 'huge')
      await gone(broker, /^huge/)
    },
  },
  {
    name: 'retention of 300 segments', run: async (other, broker) => {
      await alterTopic(other, 'aged', 'retention.ms', '1')
      await fewFiles(broker, 'aged-0')
    },
  },
  {
    name: 'DeleteRecords of 300 segments', run: async (other, broker) => {
      const { topics } = await other.ask(deleteRecords, 2, {
        topics: [{ name: 'given-up', partitions: [{ partitionIndex: 0, offset: -1 }] }],
        timeoutMs: PATIENCE_MS,
      })
      const { errorCode } = topics[0]!.partitions[0]!
      if (errorCode !== 0) throw new Error(`DeleteRecords fails with ${errorCode}`)
      await fewFiles(broker, 'given-up-0')
    },
  },
]

const CLEANING: Work = {
  name: `cleaning ${COMPACTED_BYTES / MB} MB`, run: async (_, broker) => {
    await until('the cleaning', PATIENCE_MS, () => (
      /cleaned a log.*compacted/.test(broker.log()) || undefined), 100)
    await sleep(2000)
  },
}

async function deleteTopic(wire: Wire, name: string): Promise<void> {
  const { responses } = await wire.ask(deleteTopics, 5, {
    topicNames: [name], timeoutMs: PATIENCE_MS,
  })
  const { errorCode } = responses[0]!
  if (errorCode !== 0) throw new Error(`deleting ${name} fails with ${errorCode}`)
}

async function alterTopic(
  wire: Wire, topic: string, name: string, value: string,
): Promise<void> {
  const { responses } = await wire.ask(incrementalAlterConfigs, 1, {
    resources: [{
      resourceType: 2, resourceName: topic, configs: [{ name, configOperation: 0, value }],
    }],
    validateOnly: false,
  })
  const { errorCode, errorMessage } = responses[0]!
  if (errorCode !== 0) throw new Error(`${topic}: ${errorMessage}`)
}

/** Waits until no directory has such a name. */
function gone(broker: Broker, name: RegExp): Promise<true> {
  return until(`${name} gone`, PATIENCE_MS, async () => {
    const names = await readdir(broker.dataDirectory)
    return !names.some((one) => name.test(one)) || undefined
  }, 500)
}

/** Waits until hardly more than the active segment is left. */
function fewFiles(broker: Broker, partition: string): Promise<true> {
  return until(`few files of ${partition}`, PATIENCE_MS, async () => {
    const names = await readdir(join(broker.dataDirectory, partition))
    return names.length < 20 || undefined
  }, 200)
}
