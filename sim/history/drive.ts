// One run: a broker, workers in all roles, faults for a while; then all comes to its end, and the
// history is held against the rules.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { until } from '../../compat/harness/process.ts'
import { Wire } from '../../compat/harness/wire.ts'
import { Dice } from '../storage/dice.ts'
import { SESSION_MS, startBroker, TRANSACTION_PARTITIONS } from './broker.ts'
import { checkRun, type Verdict } from './check.ts'
import {
  type FinalPartition, readEnds, readOffsets, readPartition, takeOver, type WrittenEnd,
} from './final-read.ts'
import { Fleet, type Slot } from './fleet.ts'
import { type Fault, Nemesis, type Weights } from './nemesis.ts'
import type { Programs } from './programs.ts'

export interface DriveOptions {
  readonly seed: number
  readonly seconds: number
  /** What Node runs as the broker. */
  readonly broker: readonly string[]
  readonly programs: Programs
  readonly faults?: Weights
  /** How long nothing may move at the end before it is called stuck. */
  readonly patienceMs?: number
  /** The directory of the run is left where it is. */
  readonly isKept?: boolean
}

export interface Drive {
  readonly verdicts: readonly Verdict[]
  readonly faults: ReadonlyMap<Fault, number>
  readonly workers: number
  /** How many transactions were to end, by client, version and outcome. */
  readonly ends: ReadonlyMap<string, number>
  readonly directory: string
}

const TOPICS = ['plain', 'transactional', 'copied'] as const
const PARTITIONS = 3
const SIGNALS = ['SIGINT', 'SIGTERM'] as const
const WARM_UP_LIMIT_MS = 300_000
const PATIENCE_MS = 120_000
const POLL_MS = 200

const GROUPS = ['kafkajs', 'librdkafka', 'modern'] as const
const COPIERS = 'copiers'

/** Everybody who works, by the dice where there is a choice. */
function slots(dice: Dice): Slot[] {
  const into = (topic: string) => ({ topic, partitions: PARTITIONS })
  const member = (group: string, assignor: string) => (
    { group, topics: TOPICS, assignor, sessionMs: SESSION_MS })
  // Two protocols in one group: it goes over to the newer one, and back when only the older stays.
  const [one, other] = dice.pick([
    ['range', 'range'], ['cooperative-sticky', 'cooperative-sticky'],
    ['range', 'consumer'], ['cooperative-sticky', 'consumer'],
  ] as const)
  const named = (instance: string) => (dice.chance(0.5) ? { instance } : {})
  const copier = dice.pick(['range', 'cooperative-sticky', 'consumer', 'consumer'])
  const copying = {
    ...member(COPIERS, copier), topics: ['transactional'], ...into('copied'),
  }
  const slot = (
    name: string, client: Slot['client'], role: Slot['role'], options: Slot['options'],
  ): Slot => ({ name, client, role, options })
  return [
    slot('p1', 'kafkajs', 'produce', into('plain')),
    slot('p2', 'librdkafka', 'produce', into('plain')),
    slot('t1', 'kafkajs', 'transact', { ...into('transactional'), tid: 't1' }),
    slot('t2', 'librdkafka', 'transact', { ...into('transactional'), tid: 't2' }),
    slot('t3', 'java', 'transact', { ...into('transactional'), tid: 't3' }),
    slot('c1', 'librdkafka', 'copy', { ...copying, tid: 'c1' }),
    slot('c2', 'librdkafka', 'copy', { ...copying, tid: 'c2' }),
    slot('c3', 'java', 'copy', { ...copying, tid: 'c3' }),
    slot('j1', 'kafkajs', 'consume', member('kafkajs', '')),
    slot('j2', 'kafkajs', 'consume', member('kafkajs', '')),
    slot('r1', 'librdkafka', 'consume', member('librdkafka', one)),
    slot('r2', 'librdkafka', 'consume', { ...member('librdkafka', other), ...named('r2') }),
    slot('m1', 'librdkafka', 'consume', member('modern', 'consumer')),
    slot('m2', 'librdkafka', 'consume', member('modern', 'consumer')),
    slot('m3', 'librdkafka', 'consume', { ...member('modern', 'consumer'), ...named('m3') }),
  ]
}

export async function drive(options: DriveOptions): Promise<Drive> {
  const { seed, seconds, programs, faults, isKept = false } = options
  const directory = mkdtempSync(join(tmpdir(), 'samsa-history-'))
  const dice = new Dice(seed)
  const broker = await startBroker(options.broker, directory)
  const fleet = new Fleet({ seed, address: broker.address, directory, programs })
  const abandon = () => {
    fleet.kill()
    void broker.stop('SIGKILL').then(() => process.exit(1))
  }
  for (const signal of SIGNALS) process.on(signal, abandon)
  try {
    await createTopics(broker.address)
    const all = slots(dice)
    for (const slot of all) fleet.start(slot)
    await until('everybody at work', WARM_UP_LIMIT_MS, () => fleet.isWarm || undefined)
    const nemesis = new Nemesis(dice, broker, fleet, faults)
    await nemesis.run(seconds * 1000)
    const end = new End(await Wire.connect(broker.address), fleet, options.patienceMs)
    const atTheEnd = await end.come(all)
    const verdicts = checkRun({ histories: fleet.histories(), ...atTheEnd })
    return {
      verdicts, faults: nemesis.counts, workers: fleet.size, directory,
      ends: countEnds(atTheEnd.ends, all),
    }
  } finally {
    for (const signal of SIGNALS) process.off(signal, abandon)
    fleet.kill()
    await broker.stop('SIGKILL')
    if (!isKept) rmSync(directory, { recursive: true, force: true })
  }
}

function countEnds(ends: readonly WrittenEnd[], all: readonly Slot[]): Map<string, number> {
  const clients = new Map(all.map(({ options, client }) => [options['tid'], client]))
  const counts = new Map<string, number>()
  for (const { tid, version, isCommitted } of ends) {
    const what = `${clients.get(tid)} ${isCommitted ? 'commit' : 'abort'} of version ${version}`
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  return new Map([...counts].sort())
}

async function createTopics(address: string): Promise<void> {
  const admin = new Kafka({
    clientId: 'history', brokers: [address], logLevel: logLevel.NOTHING,
  }).admin()
  await admin.connect()
  await admin.createTopics({
    topics: TOPICS.map((topic) => ({ topic, numPartitions: PARTITIONS, replicationFactor: 1 })),
    waitForLeaders: true,
  })
  await admin.disconnect()
}

/** How a run comes to its end when nothing is in its way any more. */
class End {
  readonly #wire: Wire
  readonly #fleet: Fleet
  readonly #patienceMs: number
  readonly #stuck: string[] = []

  constructor(wire: Wire, fleet: Fleet, patienceMs = PATIENCE_MS) {
    this.#wire = wire
    this.#fleet = fleet
    this.#patienceMs = patienceMs
  }

  async come(all: readonly Slot[]) {
    await this.#fleet.stop(['produce', 'transact'])
    await this.#takeOver(all.filter(({ role }) => role === 'transact'))
    await this.#drained(COPIERS, ['transactional'])
    await this.#fleet.stop(['copy'])
    await this.#takeOver(all.filter(({ role }) => role === 'copy'))
    for (const group of GROUPS) await this.#drained(group, TOPICS)
    await this.#fleet.stop(['consume'])
    const partitions = await this.#read(TOPICS)
    const offsets = new Map()
    for (const group of [...GROUPS, COPIERS]) {
      offsets.set(group, (await readOffsets(this.#wire, group, this.#patienceMs)).offsets)
    }
    const ends = await readEnds(this.#wire, TRANSACTION_PARTITIONS)
    this.#wire.close()
    return { partitions, offsets, ends, stuck: this.#stuck }
  }

  async #takeOver(slots: readonly Slot[]): Promise<void> {
    for (const { options } of slots) {
      const tid = String(options['tid'])
      if (await takeOver(this.#wire, tid)) continue
      this.#stuck.push(`the transaction of ${tid} does not end`)
    }
  }

  /** As long as something moves there is patience, however slow the machine. */
  async #drained(group: string, topics: readonly string[]): Promise<void> {
    const ends = (await this.#read(topics)).map(({ topic, partition, committed }) => (
      [topic, partition, (committed.at(-1)?.offset ?? -1) + 1] as const))
    let movedMs = performance.now()
    let sumBefore = -1
    for (;;) {
      const { offsets, isStable } = await readOffsets(this.#wire, group, this.#patienceMs)
      if (!isStable) {
        this.#stuck.push(`${group} has offsets of a transaction that does not end`)
        return
      }
      const at = (topic: string, partition: number) => offsets
        .find(([itsTopic, its]) => itsTopic === topic && its === partition)?.[2] ?? 0
      const behind = ends.filter(([topic, partition, end]) => at(topic, partition) < end)
      if (behind.length === 0) return
      const sum = offsets.reduce((total, [, , offset]) => total + offset, 0)
      if (sum !== sumBefore) movedMs = performance.now()
      sumBefore = sum
      if (performance.now() - movedMs > this.#patienceMs) {
        const where = behind.map(([topic, partition, end]) => (
          `${topic}-${partition} at ${at(topic, partition)} of ${end}`))
        this.#stuck.push(`${group} does not move on: ${where.join(', ')}`)
        return
      }
      await sleep(POLL_MS)
    }
  }

  async #read(topics: readonly string[]): Promise<FinalPartition[]> {
    const partitions: FinalPartition[] = []
    for (const topic of topics) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        partitions.push(await readPartition(this.#wire, topic, partition))
      }
    }
    return partitions
  }
}
