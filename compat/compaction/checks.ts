// The same log, cleaned by Apache Kafka and by Samsa several times over: readers see the same. And
// they do not, where Samsa's cleaner breaks a rule.

import { ok } from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type BrokerProcess, freePort } from '../harness/broker.ts'
import type { Check, Suite } from '../harness/check.ts'
import { javaProgram, SMALL_JVM } from '../harness/java.ts'
import { formatForKafka, kafkaAt, kafkaJars } from '../harness/kafka.ts'
import { run } from '../harness/process.ts'
import { propertiesOf } from '../harness/properties.ts'
import type { Sabotage } from '../harness/sabotage.ts'
import { samsaAt } from '../harness/samsa.ts'
import { SABOTAGED_BROKER, SABOTAGES } from './sabotage.ts'

type Side = 'kafka' | 'samsa'

const SOURCES = ['compat/exchange/Clients.java', 'compat/compaction/Compaction.java']
const SEEDS = 2
const CLEANINGS = 3

const SETTINGS = {
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
  'log.cleaner.backoff.ms': '200',
  'log.cleaner.dedupe.buffer.size': '8000000',
}

const install = async (): Promise<string> =>
  javaProgram('compaction-client', await kafkaJars('4.4.0'), SOURCES)

class Log {
  readonly root = mkdtempSync(join(tmpdir(), 'samsa-compaction-'))
  readonly baseMs = Date.now() - 3_600_000
  readonly #port: number
  readonly #controllerPort: number

  constructor(port: number, controllerPort: number) {
    this.#port = port
    this.#controllerPort = controllerPort
  }

  get #address(): string {
    return `127.0.0.1:${this.#port}`
  }

  data(side: Side): string {
    return join(this.root, side, 'data')
  }

  /** Writes its `server.properties`; gives the path. */
  prepare(side: Side): string {
    mkdirSync(join(this.root, side), { recursive: true })
    const file = join(this.root, side, 'server.properties')
    writeFileSync(file, propertiesOf({
      port: this.#port, controllerPort: this.#controllerPort, dataDirectories: [this.data(side)],
    }, SETTINGS))
    return file
  }

  /**
   * Starts a broker, has the steps done, ends it; gives what they printed. `program`: what Samsa
   * is.
   */
  async take(
    side: Side, steps: readonly string[], program?: readonly string[],
  ): Promise<string[]> {
    const broker = await this.#broker(side, this.prepare(side), program)
    await broker.start()
    try {
      const { stdout } = await run('java', [...SMALL_JVM, '-cp', await install(), 'Compaction',
        this.#address, String(this.baseMs), this.data(side), String(SEEDS), ...steps],
      { timeoutMs: 240_000 })
      return stdout.trimEnd().split('\n')
    } finally {
      await broker.stop()
    }
  }

  async #broker(
    side: Side, file: string, program?: readonly string[],
  ): Promise<BrokerProcess> {
    const place = { address: this.#address, directory: join(this.root, side) }
    if (side === 'samsa') return samsaAt({ ...place, args: [file], command: program })
    return kafkaAt({ ...place, jars: await kafkaJars('4.4.0'), file, flags: SMALL_JVM })
  }
}

/** Where a cleaning ended comes from Kafka: Samsa is waited for to come as far. */
function stepsOf(log: Log, expected: readonly (readonly string[])[]): string[] {
  const steps: string[] = []
  for (let round = 1; round <= CLEANINGS; round++) {
    const wanted = expected[round - 1]
    const file = join(log.root, `cleaned-${round}`)
    if (wanted !== undefined) writeFileSync(file, wanted.map((line) => `${line}\n`).join(''))
    steps.push(wanted === undefined ? 'clean' : `expect:${file}`, `show:cleaned-${round}`)
    steps.push('expire', `show:expired-${round}`)
    if (round < CLEANINGS) steps.push(`feed:${round}`, `show:fed-${round}`)
  }
  return steps
}

const CLEANED = /^cleaned (\S+ \d+ \d+)$/

/** The offsets that each cleaning came to. */
function cleanings(lines: readonly string[]): string[][] {
  const rounds: string[][] = []
  for (const line of lines) {
    const place = CLEANED.exec(line)?.[1]
    if (line.startsWith('cleaned-') || line.startsWith('expired-') || line.startsWith('fed-')) {
      rounds.push([])
    } else if (place !== undefined) {
      if (rounds.length === 0) rounds.push([])
      rounds.at(-1)!.push(place)
    }
  }
  return rounds.filter((round) => round.length > 0)
}

/** What Kafka makes of a log, and the log as it was before. */
interface ByKafka {
  readonly log: Log
  /** A copy of the log directory. */
  readonly before: string
  readonly lines: readonly string[]
  /** Where each cleaning ended. */
  readonly cleanings: readonly (readonly string[])[]
}

async function withKafkas(work: (kafka: ByKafka) => Promise<void>): Promise<void> {
  const log = new Log(await freePort(), await freePort())
  try {
    const file = log.prepare('kafka')
    await formatForKafka(await kafkaJars('4.4.0'), file)
    const fed = await log.take('kafka', ['create', 'feed:0', 'show:fed-0'])
    const before = join(log.root, 'before')
    cpSync(log.data('kafka'), before, { recursive: true, preserveTimestamps: true })
    const lines = await log.take('kafka', stepsOf(log, []))
    didClean(lines)
    const ends = cleanings(lines)
    ok(ends.length === CLEANINGS, `Kafka cleaned ${ends.length} times`)
    await work({ log, before, lines: [...fed, ...lines], cleanings: ends })
  } finally {
    rmSync(log.root, { recursive: true, force: true })
  }
}

/** What readers see while Samsa does the same with the same log. */
async function seenOfSamsa(
  { log, before, cleanings: ends }: ByKafka, program?: readonly string[],
): Promise<string[]> {
  rmSync(log.data('samsa'), { recursive: true, force: true })
  mkdirSync(log.data('samsa'), { recursive: true })
  cpSync(before, log.data('samsa'), { recursive: true, preserveTimestamps: true })
  return await log.take('samsa', ['show:fed-0', ...stepsOf(log, ends)], program)
}

async function clean(): Promise<void> {
  await withKafkas(async (kafka) => { isSame(await seenOfSamsa(kafka), kafka.lines) })
}

/** Throws unless every fault comes to light. */
async function breakRules(): Promise<void> {
  await withKafkas(async (kafka) => {
    const missed: string[] = []
    for (const sabotage of SABOTAGES) {
      const difference = await differenceBy(sabotage, kafka)
      if (difference === undefined) missed.push(sabotage.name)
      console.log(`${sabotage.name}: ${difference?.split('\n')[0] ?? 'NOT CAUGHT'}`)
    }
    ok(missed.length === 0, `not caught: ${missed.join(', ')}`)
  })
}

/** Undefined when none is found. */
async function differenceBy({ name }: Sabotage, kafka: ByKafka): Promise<string | undefined> {
  const seen = await seenOfSamsa(kafka, [process.argv[1]!, SABOTAGED_BROKER, name])
  try {
    isSame(seen, kafka.lines)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function isSame(seen: readonly string[], expected: readonly string[]): void {
  const [ours, theirs] = [new Set(seen), new Set(expected)]
  const less = expected.filter((line) => !ours.has(line)).map((line) => `- ${line}`)
  const more = seen.filter((line) => !theirs.has(line)).map((line) => `+ ${line}`)
  if (less.length + more.length === 0 && seen.length === expected.length) return
  const some = [...less.slice(0, 40), ...more.slice(0, 40)].join('\n')
  throw new Error(`${less.length} lines of ${expected.length} less, ${more.length} more\n${some}`)
}

/** A cleaning that leaves everything would prove nothing. */
function didClean(lines: readonly string[]): void {
  const count = (start: string): number => (
    lines.filter((line) => line.startsWith(start) && !line.includes(' from ')).length)
  for (let round = 1; round < CLEANINGS; round++) {
    for (const level of ['read_uncommitted', 'read_committed']) {
      const before = count(`fed-${round} ${level} `)
      const after = count(`cleaned-${round + 1} ${level} `)
      ok(after > 0 && after < before * 0.8, `${before} records before, ${after} after`)
    }
  }
}

const check: Check = {
  name: `${SEEDS} seeds, ${CLEANINGS} cleanings each: the same records as after Kafka's`,
  timeoutMs: 400_000,
  run: clean,
}

const sabotage: Check = {
  name: `${SABOTAGES.length} rules of the cleaner, each broken on purpose: readers see it`,
  timeoutMs: 1_500_000,
  run: breakRules,
}

export const compactionSuite: Suite = {
  name: 'compaction',
  client: 'Apache Kafka 4.4.0 (log cleaner)',
  checks: [check],
  sabotage: [sabotage],
  install: async () => { await install() },
}
