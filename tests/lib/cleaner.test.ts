// The log cleaner as a chore: which log it takes, when, how far, and what stops it.

import { beforeEach, describe, expect, test } from '@jest/globals'
import { cleanerChores } from '../../lib/cleaner.ts'
import { DEVELOPMENT, parseConfig } from '../../lib/config.ts'
import { Throttle } from '../../lib/throttle.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { recordsOf } from '../../protocol/records/record.ts'
import { type LogConfig, parseLogConfig } from '../../storage/config.ts'
import type { StorageError } from '../../storage/disk.ts'
import type { Log } from '../../storage/log.ts'
import { LogDirectory } from '../../storage/log-directory.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import type { LogFields, Logger } from '../../storage/ports.ts'
import { changeable } from './changeable-settings.ts'
import { silent, VirtualClock } from './coordinators/harness.ts'

const START_MS = 1_700_000_000_000
const COMPACTED = {
  ...parseLogConfig(new Map([['cleanup.policy', 'compact']])), segmentBytes: 1000,
}

/** Time goes by where somebody waits for it, and a little with every look at the clock. */
class RunningClock extends VirtualClock {
  turns = 0
  restedMs = 0
  #monotonicMs = 0
  lookMs = 0.01

  override setTimer(delayMs: number, fn: () => void): { cancel(): void } {
    this.restedMs += delayMs
    this.#monotonicMs += delayMs
    queueMicrotask(fn)
    return { cancel() {} }
  }

  monotonicMs(): number {
    this.#monotonicMs += this.lookMs
    return this.#monotonicMs
  }

  override afterTurn(fn: () => void): void {
    this.turns++
    queueMicrotask(fn)
  }
}

let disk = new MemoryDisk()
let clock = new RunningClock()
let directory = openDirectory()
let failures: StorageError[] = []
let lines: { readonly message: string, readonly fields: LogFields | undefined }[] = []
const note = (message: string, fields?: LogFields) => { lines.push({ message, fields }) }
const logger: Logger = { ...silent, info: note, warn: note, error: note }

beforeEach(() => {
  disk = new MemoryDisk()
  clock = new RunningClock()
  directory = openDirectory()
  failures = []
  lines = []
})

function openDirectory(): LogDirectory {
  disk.makeDirectory('/data')
  const opened = new LogDirectory({ disk, path: '/data', logger: silent })
  opened.open()
  return opened
}

function openLog(topic: string, config: Partial<LogConfig> = {}): Log {
  return directory.openLog({
    topic, partition: 0, topicId: 'AAAAAAAAAAAAAAAAAAAAAB', nowMs: START_MS,
    config: { ...COMPACTED, ...config },
  })
}

/** So many records of one key, then enough of others to begin a new segment. */
function fill(log: Log, count = 20, timestampMs = START_MS): void {
  const { segmentCount } = log
  for (let i = 0; i < count || log.segmentCount === segmentCount; i++) {
    const key = Buffer.from(i < count ? 'key' : `other ${log.endOffset}`)
    const records = [{ key, value: Buffer.from('x'.repeat(50)), headers: [] }]
    log.append(buildBatch({ records, timestampMs }), {
      leaderEpoch: 0, nowMs: START_MS, origin: 'client',
    })
  }
  log.flush()
  log.advanceHighWatermark(log.endOffset)
}

function countOf(log: Log, key = 'key'): number {
  let count = 0
  for (const batch of log.batches(log.startOffset)) {
    for (const record of recordsOf(batch)) if (record.key?.toString() === key) count++
  }
  return count
}

function cleaning(given: Record<string, string> = {}) {
  return changeableCleaning(given).chores
}

function changeableCleaning(given: Record<string, string>) {
  const config = parseConfig(new Map([...DEVELOPMENT, ...Object.entries(given)]), () => {})
  const { settings, set } = changeable(config)
  const chores = cleanerChores({
    config, settings, clock, disk, logger, directories: [directory],
    onFailure: (failed, error) => {
      failures.push(error)
      failed.fail()
    },
  })
  let dueCount = 0
  for (const chore of chores) chore.watch?.(() => { dueCount++ })
  return { chores, set, dueCount: () => dueCount }
}

async function clean(
  settings: Record<string, string> = {}, isStopping: () => boolean = () => false,
): Promise<void> {
  await cleaning(settings)[0]!.run(clock.nowMs(), isStopping)
}

function messages(): string[] {
  return lines.map(({ message, fields }) => `${message} ${fields?.['log'] ?? ''}`.trim())
}

describe('the log cleaner', () => {
  test('cleans what is compacted and dirty, the dirtiest first, and nothing else', async () => {
    const deleted = openLog('deleted', { cleanupPolicy: new Set(['delete']) })
    const half = openLog('half')
    const dirty = openLog('dirty')
    const young = openLog('young')
    for (const log of [deleted, half, dirty]) fill(log)
    fill(young, 1)
    half.compaction.cleanedTo = 5
    young.reconfigure({ ...COMPACTED, minCompactionLagMs: 2 ** 40 })
    await clean()
    expect(messages()).toEqual(['cleaned a log dirty-0', 'cleaned a log half-0'])
    expect([deleted, half, dirty].map((log) => countOf(log) > 8)).toEqual([true, false, false])
    lines = []
    await clean()
    expect(messages()).toEqual([])
  })

  test('goes on after a start from where it was, by its checkpoint', async () => {
    const log = openLog('a')
    fill(log)
    fill(openLog('b'))
    await clean()
    const { cleanedTo } = log.compaction
    expect(disk.readFile('/data/cleaner-offset-checkpoint')?.toString())
      .toBe(`0\n2\na 0 ${cleanedTo}\nb 0 ${cleanedTo}\n`)
    directory = openDirectory()
    const reopened = openLog('a')
    await clean()
    expect(reopened.compaction.cleanedTo).toBe(cleanedTo)
    // That of a log that is not open yet stays as it is.
    expect(disk.readFile('/data/cleaner-offset-checkpoint')?.toString()).toMatch(/^0\n2\n/)
    expect(messages()).toEqual(['cleaned a log a-0', 'cleaned a log b-0'])
  })

  test('cleans from the start where the checkpoint is damaged (H5)', async () => {
    fill(openLog('a'))
    const file = disk.open('/data/cleaner-offset-checkpoint', 'create')
    file.write(Buffer.from('0\n2\na 0'), 0)
    await clean()
    expect(messages()).toContain('cleaned a log a-0')
  })

  test('forgets a log that was deleted: another of its name is dirty', async () => {
    const [cleaner] = cleaning()
    const old = openLog('a')
    fill(old)
    await cleaner!.run(START_MS, () => false)
    directory.remove(old, START_MS)
    const log = openLog('a')
    await cleaner!.run(START_MS, () => false)
    expect(log.compaction.cleanedTo).toBeUndefined()
    expect(disk.readFile('/data/cleaner-offset-checkpoint')?.toString()).toBe('0\n0\n')
  })

  test('deletes what the policy says in between, of compacted logs alone', async () => {
    const both = openLog('both', {
      cleanupPolicy: new Set(['compact', 'delete']), retentionMs: 1000,
    })
    const compacted = openLog('compacted', { retentionMs: 1000 })
    for (const log of [both, compacted]) fill(log, 20, START_MS - 5000)
    // The chore for all logs leaves them alone.
    both.tick(clock.nowMs())
    expect(both.startOffset).toBe(0)
    await clean()
    expect(both.startOffset).toBeGreaterThan(15)
    expect(compacted.startOffset).toBe(0)
  })

  test('leaves a log alone that is damaged, and says so once (H3)', async () => {
    const log = openLog('a')
    const other = openLog('b')
    for (const one of [log, other]) fill(one)
    const file = disk.open('/data/a-0/00000000000000000000.log', 'write')
    file.write(Buffer.from([0xff]), 300)
    await clean()
    await clean()
    expect(messages()).toEqual([
      'a log cannot be cleaned, and will not be before the next start a-0', 'cleaned a log b-0',
    ])
    expect(failures).toEqual([])
    expect(disk.list('/data/a-0').filter(({ name }) => name.endsWith('.cleaned'))).toEqual([])
  })

  test('takes the directory offline when the disk fails (H6)', async () => {
    const log = openLog('a')
    fill(log)
    disk.failure = new Error('EIO')
    await clean()
    expect(failures.map(({ message }) => message)).toEqual([expect.stringContaining('EIO')])
    expect(log.isFailed).toBe(true)
  })

  test('ends in the middle when the node stops, and leaves nothing behind', async () => {
    const log = openLog('a')
    fill(log)
    clock.lookMs = 1
    const unfinished = () => disk.list('/data/a-0').filter(({ name }) => /cleaned|swap/.test(name))
    let wasUnfinished = false
    await clean({}, () => wasUnfinished ||= unfinished().length > 0)
    expect([wasUnfinished, unfinished()]).toEqual([true, []])
    expect(countOf(log)).toBeGreaterThan(8)
    expect(messages()).toEqual([])
  })

  test('ends in the middle when the log is deleted', async () => {
    const log = openLog('a')
    fill(log)
    clock.lookMs = 1
    const run = clean()
    for (let i = 0; i < 30; i++) await Promise.resolve()
    directory.remove(log, START_MS)
    await run
    expect([messages(), failures]).toEqual([[], []])
  })

  test('lets others in every half a millisecond', async () => {
    fill(openLog('a'), 600)
    await clean()
    const few = clock.turns
    openLog('b')
    fill(directory.get('b', 0)!, 600)
    clock.lookMs = 1
    await clean()
    expect(few).toBeGreaterThan(1)
    expect(clock.turns - few).toBeGreaterThan(few * 5)
  })

  test('keeps to log.cleaner.io.max.bytes.per.second', async () => {
    const log = openLog('a', { segmentBytes: 100_000 })
    fill(log, 1200)
    const sizeBytes = log.compaction.cleanable(START_MS)!.cleanableBytes
    clock.lookMs = 5
    const startMs = clock.monotonicMs()
    await clean({
      'log.cleaner.io.max.bytes.per.second': '1000', 'log.cleaner.io.buffer.size': '8192',
    })
    // Read twice, and hardly anything written.
    const seconds = (clock.monotonicMs() - startMs) / 1000
    expect(seconds).toBeGreaterThan(1.8 * sizeBytes / 1000 - 10)
    expect(seconds).toBeLessThan(2.2 * sizeBytes / 1000)
    expect(clock.restedMs).toBeGreaterThan(100_000)
  })

  test('comes round after log.cleaner.backoff.ms, for the first time soon after the start', () => {
    expect(cleaning({ 'log.cleaner.backoff.ms': '20000' }))
      .toMatchObject([{ everyMs: 20_000, firstAfterMs: 1000 }])
    expect(cleaning({ 'log.cleaner.backoff.ms': '10' }))
      .toMatchObject([{ everyMs: 10, firstAfterMs: 10 }])
    expect(cleaning({ 'log.cleaner.backoff.ms': '0' })).toMatchObject([{ everyMs: 1 }])
  })

  test('takes a new log.cleaner.io.max.bytes.per.second, for what it is cleaning too', async () => {
    const log = openLog('a', { segmentBytes: 100_000 })
    fill(log, 1200)
    clock.lookMs = 5
    const { chores, set } = changeableCleaning({
      'log.cleaner.io.max.bytes.per.second': '1000', 'log.cleaner.io.buffer.size': '8192',
    })
    const run = Promise.resolve(chores[0]!.run(clock.nowMs(), () => false))
    for (let i = 0; i < 100_000 && clock.restedMs < 5000; i++) await Promise.resolve()
    expect(messages()).toEqual([])
    set({ 'log.cleaner.io.max.bytes.per.second': '1000000000' })
    await run
    expect(messages()).toEqual(['cleaned a log a-0'])
    // At the old rate it rests for more than 100 seconds.
    expect(clock.restedMs).toBeLessThan(20_000)
  })

  test('takes a new log.cleaner.dedupe.buffer.size with the next cleaning', async () => {
    const log = openLog('a')
    for (let i = 0; i < 20; i++) fill(log, 5)
    const { chores, set } = changeableCleaning({ 'log.cleaner.dedupe.buffer.size': '500' })
    const run = () => chores[0]!.run(clock.nowMs(), () => false)
    await run()
    expect(messages().length).toBeGreaterThan(1)
    log.compaction.cleanedTo = 0
    set({ 'log.cleaner.dedupe.buffer.size': '100000' }, '')
    lines = []
    await run()
    expect(messages()).toEqual(['cleaned a log a-0'])
  })

  test('does not wait for the rest of a pause when its settings change, as in Kafka', () => {
    const { chores, set, dueCount } = changeableCleaning({ 'log.cleaner.backoff.ms': '20000' })
    set({ 'log.cleaner.backoff.ms': '30' })
    expect([chores[0]!.everyMs, dueCount()]).toEqual([30, 1])
    set({ 'log.cleaner.backoff.ms': null })
    expect([chores[0]!.everyMs, dueCount()]).toEqual([20_000, 2])
    set({ 'num.io.threads': '9', 'log.cleaner.delete.retention.ms': '5' })
    expect(dueCount()).toBe(2)
  })

  test('is not there when log.cleaner.enable is off', () => {
    expect(cleaning({ 'log.cleaner.enable': 'false' })).toEqual([])
    expect(messages()).toEqual(['log.cleaner.enable is off: compacted topics grow without end'])
  })
})

describe('the throttle', () => {
  test('rests for what was too much, as soon as there is a third of a second to judge by', () => {
    let nowMs = 0
    const throttle = new Throttle(1000, { monotonicMs: () => nowMs })
    expect(throttle.restMs(5000)).toBe(0)
    nowMs = 400
    expect(throttle.restMs(1000)).toBe(5600)
    nowMs = 6000
    expect(throttle.restMs(100)).toBe(0)
    nowMs = 6400
    expect(throttle.restMs(100)).toBe(0)
    expect(new Throttle(Number.MAX_VALUE, { monotonicMs: () => nowMs += 1000 }).restMs(2 ** 40))
      .toBe(0)
  })
})
