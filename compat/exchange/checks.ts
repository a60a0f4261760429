// Data directories handed from Apache Kafka to Samsa and back: whoever opens them next shows the
// same to clients, and nothing gets lost on the way.

import { deepStrictEqual, ok } from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import type { Check, Suite } from '../harness/check.ts'
import type { KafkaRelease } from '../harness/kafka.ts'
import { runTool } from '../java/tools.ts'
import { commitLater, isCommittedLater } from './open-transaction.ts'
import { kafkajsRecords, TOPICS_FOR_KAFKAJS } from './kafkajs-view.ts'
import { type End, installExchange, Place, type Side } from './place.ts'

/** What clients see only of Kafka so far; Samsa keeps it for Kafka. */
const KAFKA_ONLY =
  /^(scram|quota|acl|share-group|share-offsets|group share-group) /

/**
 * Where Kafka's tool complains of what Kafka leaves: it does not cut the time index of the metadata
 * log to its length, nor give cleaned segments the timestamps that the tool looks for.
 */
const NOT_AS_KAFKA_CHECKS = /\/(__cluster_metadata-0|compacted-0)\//

const TURNS = 4

interface Game {
  /** Of Kafka. */
  readonly release: KafkaRelease
  readonly formattedBy: Side
  /** Other than the newest. */
  readonly metadataVersion?: string
  readonly first: Side
  readonly end: End
}

/** Every turn shows what the one before left, and adds to it. */
async function takeTurns(game: Game): Promise<void> {
  const { release, formattedBy, metadataVersion, first, end } = game
  // An older cluster lacks some of it.
  const hasAll = metadataVersion === undefined
  const place = await Place.make(release)
  try {
    await place.format(formattedBy, metadataVersion)
    let left: string[] = []
    let leftByKafka: string[] = []
    let wasWithKafka = false
    for (let turn = 0; turn < TURNS; turn++) {
      const side = (turn % 2 === 0) === (first === 'kafka') ? 'kafka' : 'samsa'
      const what = `turn ${turn}, ${side}`
      wasWithKafka ||= side === 'kafka'
      await place.start(side)
      if (turn > 0) {
        const seen = await show(place, leftByKafka.length > 0 ? side : 'samsa')
        isSame(`${what}: what every broker shows`, shared(seen), shared(left))
        if (side === 'kafka' && leftByKafka.length > 0) {
          isSame(`${what}: what Kafka alone shows`, kafkaOnly(seen), kafkaOnly(leftByKafka))
        }
        if (side === 'samsa') await seeWithKafkajs(place, seen)
        await commitLater(place.address, turn - 1)
        isCommittedLater(await show(place, 'samsa'), turn - 1)
      }
      await place.fill(...turn === 0 ? ['create'] : ['more', String(turn)])
      if (hasAll && side === 'kafka' && leftByKafka.length === 0) await place.fill('kafka-only')
      left = await show(place, hasAll ? side : 'samsa')
      if (hasAll && side === 'kafka') leftByKafka = left
      if (turn === 0 && end === 'SIGKILL') await place.startOffsetsAreKept()
      await place.end(end)
      if (end !== 'SIGTERM') continue
      await filesAreSound(what, place.dataDirectories, wasWithKafka)
    }
    // After the last kill too: whoever opens the directory next repairs it.
    if (end === 'SIGTERM') return
    await place.start('samsa')
    await place.end('SIGTERM')
    await filesAreSound('at the end', place.dataDirectories, true)
  } catch (error) {
    throw new Error(`${String(error)}\nSamsa's log:\n${place.log()}`)
  } finally {
    await place.dispose()
  }
}

const show = (place: Place, side: Side): Promise<string[]> => (
  place.show(...side === 'kafka' ? ['kafka-only'] : [])
)

const shared = (lines: readonly string[]): string[] =>
  lines.filter((line) => !KAFKA_ONLY.test(line)).sort()

const kafkaOnly = (lines: readonly string[]): string[] =>
  lines.filter((line) => KAFKA_ONLY.test(line)).sort()

function isSame(what: string, seen: readonly string[], expected: readonly string[]): void {
  ok(expected.length > 0, `${what}: nothing to compare with`)
  const [before, now] = [new Set(expected), new Set(seen)]
  const lost = expected.filter((line) => !now.has(line)).map((line) => `- ${line}`)
  const added = seen.filter((line) => !before.has(line)).map((line) => `+ ${line}`)
  if (lost.length + added.length === 0 && seen.length === expected.length) return
  const some = [...lost.slice(0, 30), ...added.slice(0, 30)].join('\n')
  throw new Error(`${what}: ${lost.length} lines less, ${added.length} more\n${some}`)
}

async function seeWithKafkajs(place: Place, seen: readonly string[]): Promise<void> {
  for (const topic of TOPICS_FOR_KAFKAJS) {
    const start = `record read_committed ${topic}-`
    const expected = seen.filter((line) => line.startsWith(start)).map(asKafkajsShowsIt).sort()
    const records = await kafkajsRecords(place.address, topic, expected.length)
    deepStrictEqual(records.sort(), expected, `${topic} by kafkajs`)
  }
}

/** Which knows neither the type of a timestamp nor the epoch. */
function asKafkajsShowsIt(line: string): string {
  const [partition, offset, timestamp, , , ...rest] = line.split(' ').slice(2)
  return [partition, offset, timestamp, ...rest].join(' ')
}

/** Kafka's own tool reads every segment, and finds the indexes as they should be. */
async function filesAreSound(
  what: string, directories: readonly string[], wasWithKafka: boolean,
): Promise<void> {
  const files = directories.flatMap((directory) => (
    (readdirSync(directory, { recursive: true }) as string[])
      .filter((name) => !name.includes('-delete/')).map((name) => join(directory, name))
  ))
  const ending = (pattern: RegExp): string[] => files.filter((name) => pattern.test(name))
  const indexes = ending(/\/\d{20}\.(index|timeindex)$/)
    .filter((name) => !wasWithKafka || !NOT_AS_KAFKA_CHECKS.test(name))
  ok(indexes.length > 50)
  for (const flag of ['--index-sanity-check', '--verify-index-only']) {
    isClean(`${what}: ${flag}`, await dump(indexes, flag))
  }
  isClean(`${what}: logs`, await dump(ending(/\/\d{20}\.(log|txnindex|snapshot)$/)))
}

async function dump(files: readonly string[], ...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runTool(
    'kafka-dump-log', ['--files', files.join(','), ...args], { timeoutMs: 150_000 })
  return stdout + stderr.replace(/.*(SLF4J|WARN|StatusLogger).*\n/g, '')
}

function isClean(what: string, output: string): void {
  const found = output.split('\n').filter((line) => (
    /mismatch|out of order|non-consecutive|exception|not found|invalid|found (timestamp|offset)/i
      .test(line)
  ))
  deepStrictEqual(found, [], what)
}

function check(game: Game): Check {
  const { first, end, metadataVersion } = game
  const turns = first === 'kafka' ? 'Kafka, Samsa, Kafka, Samsa' : 'Samsa, Kafka, Samsa, Kafka'
  const where = metadataVersion === undefined
    ? 'one directory' : `a directory of Kafka ${game.release} for ${metadataVersion}`
  return {
    name: `${turns} on ${where}, each ended by ${end}`,
    timeoutMs: 900_000,
    run: () => takeTurns(game),
  }
}

const GAMES: readonly Game[] = [
  { release: '4.4.0', formattedBy: 'kafka', first: 'kafka', end: 'SIGTERM' },
  { release: '4.4.0', formattedBy: 'samsa', first: 'samsa', end: 'SIGTERM' },
  { release: '4.4.0', formattedBy: 'kafka', first: 'kafka', end: 'SIGKILL' },
  { release: '4.4.0', formattedBy: 'samsa', first: 'samsa', end: 'SIGKILL' },
  // The cluster stays one that the older Kafka reads.
  {
    release: '4.3.1', formattedBy: 'kafka', metadataVersion: '4.0', first: 'samsa', end: 'SIGTERM',
  },
]

export const exchangeSuite: Suite = {
  name: 'exchange',
  client: 'Apache Kafka 4.4.0 and 4.3.1 (brokers)',
  checks: GAMES.map(check),
  install: async () => { await installExchange() },
}
