// Chores over logs on a disk in memory: what is synced, written down and deleted, and when.

import { beforeEach, describe, expect, test } from '@jest/globals'
import { chores } from '../../lib/chores.ts'
import { DEVELOPMENT, parseConfig } from '../../lib/config.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { type LogConfig, parseLogConfig } from '../../storage/config.ts'
import { StorageError } from '../../storage/disk.ts'
import { type Log } from '../../storage/log.ts'
import { LogDirectory } from '../../storage/log-directory.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { silent, VirtualClock } from './coordinators/harness.ts'

const START_MS = 1_700_000_000_000
const never = () => false

let disk = new MemoryDisk()
let directory = openDirectory()
let failures: StorageError[] = []
let turns = 0

beforeEach(() => {
  disk = new MemoryDisk()
  directory = openDirectory()
  failures = []
  turns = 0
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
    config: { ...parseLogConfig(new Map()), ...config },
  })
}

function append(log: Log, sizeBytes = 10, timestamp = START_MS): void {
  const value = Buffer.alloc(sizeBytes)
  log.append(buildBatch({ baseOffset: 0, records: [{ key: null, value, headers: [], timestamp }] }),
    { leaderEpoch: 0, nowMs: timestamp, origin: 'client' })
  log.flush()
}

/** The chores, to be run by name. */
function choresOf(settings: Readonly<Record<string, string>> = {}) {
  const clock = new VirtualClock()
  let monotonicMs = 0
  const list = chores({
    config: parseConfig(new Map(Object.entries(settings)), () => {}, { base: DEVELOPMENT }),
    directories: [directory],
    clock: {
      nowMs: () => clock.nowMs(), setTimer: (delayMs, fn) => clock.setTimer(delayMs, fn),
      // Every look at the clock finds a millisecond gone.
      monotonicMs: () => monotonicMs++,
      afterTurn: (fn) => { turns++; fn() },
    },
    onFailure: (failed, error) => {
      failed.fail()
      failures.push(error)
    },
  })
  const named = (name: string) => list.find((chore) => chore.name === name)!
  return {
    named,
    run: async (name: string, nowMs = START_MS, isStopping = never) => {
      await named(name).run(nowMs, isStopping)
    },
  }
}

describe('syncing', () => {
  test('leaves a few new bytes to the system, and brings old ones to the device', async () => {
    const log = openLog('a')
    append(log)
    const { run } = choresOf()
    await run('Syncing')
    await run('Syncing', START_MS + 9_999)
    expect(log.recoveryPoint).toBe(0)
    await run('Syncing', START_MS + 10_000)
    expect(log.recoveryPoint).toBe(1)
  })

  test('counts the age anew for what comes after', async () => {
    const log = openLog('a')
    append(log)
    const { run } = choresOf()
    await run('Syncing')
    await run('Syncing', START_MS + 10_000)
    append(log)
    await run('Syncing', START_MS + 15_000)
    await run('Syncing', START_MS + 20_000)
    expect(log.recoveryPoint).toBe(1)
    await run('Syncing', START_MS + 25_000)
    expect(log.recoveryPoint).toBe(2)
  })

  test('keeps flush.ms', async () => {
    const log = openLog('a', { flushMs: 500 })
    append(log)
    const { run } = choresOf()
    await run('Syncing')
    await run('Syncing', START_MS + 500)
    expect(log.recoveryPoint).toBe(1)
  })

  test('does not wait with many bytes', async () => {
    const log = openLog('a', { maxMessageBytes: 1 << 30 })
    append(log, 33 * 1024 * 1024)
    await choresOf().run('Syncing')
    expect(log.recoveryPoint).toBe(1)
  })

  test('lets others in between', async () => {
    for (const topic of ['a', 'b', 'c', 'd']) append(openLog(topic))
    await choresOf().run('Syncing')
    expect(turns).toBe(2)
  })

  test('looks only at logs with something to sync', async () => {
    for (const topic of ['a', 'b', 'c']) openLog(topic)
    const log = openLog('d', { flushMs: 0 })
    append(log)
    expect(directory.unsyncedLogs()).toEqual([log])
    await choresOf().run('Syncing')
    expect(directory.unsyncedLogs()).toEqual([])
    expect(turns).toBe(0)
  })

  test('ends early for a stop', async () => {
    const log = openLog('a', { flushMs: 0 })
    append(log)
    await choresOf().run('Syncing', START_MS, () => true)
    expect(log.recoveryPoint).toBe(0)
    await choresOf().run('Syncing')
    expect(log.recoveryPoint).toBe(1)
  })

  test('takes the directory offline when the device fails, once', async () => {
    for (const topic of ['a', 'b']) append(openLog(topic, { flushMs: 0 }))
    disk.failure = new Error('EIO')
    await choresOf().run('Syncing')
    expect(failures).toHaveLength(1)
    expect(failures[0]).toBeInstanceOf(StorageError)
    expect(directory.isFailed).toBe(true)
  })
})

describe('checkpoints', () => {
  test('are written as often as the most frequent of them asks', () => {
    const everyMs = (settings: Record<string, string>) =>
      choresOf(settings).named('Checkpoints').everyMs
    expect(everyMs({})).toBe(5000)
    expect(everyMs({ 'log.flush.offset.checkpoint.interval.ms': '1000' })).toBe(1000)
    expect(everyMs({ 'log.flush.offset.checkpoint.interval.ms': '0' })).toBe(5000)
  })

  test('tell of high watermarks', async () => {
    const log = openLog('a')
    append(log)
    log.advanceHighWatermark(1)
    await choresOf().run('Checkpoints')
    expect(String(disk.readFile('/data/replication-offset-checkpoint'))).toBe('0\n1\na 0 1\n')
  })
})

describe('retention', () => {
  test('lets old segments go, and leaves young ones', async () => {
    const old = openLog('old', { retentionMs: 1000 })
    const young = openLog('young', { retentionMs: 100_000 })
    for (const log of [old, young]) {
      append(log)
      log.advanceHighWatermark(1)
    }
    await choresOf().run('Retention', START_MS + 50_000)
    expect(old.startOffset).toBe(1)
    expect(young.startOffset).toBe(0)
  })

  test('lets very many segments go in one round, and others in between', async () => {
    const log = openLog('a', { retentionMs: 1000, segmentBytes: 100 })
    for (let i = 0; i < 200; i++) append(log)
    log.advanceHighWatermark(200)
    expect(log.segmentCount).toBe(200)
    turns = 0
    await choresOf().run('Retention', START_MS + 50_000)
    expect(log.segmentCount).toBe(1)
    expect(log.startOffset).toBe(200)
    expect(turns).toBeGreaterThanOrEqual(200 / 16)
  })

  test('stops between two of many segments when the node does', async () => {
    const log = openLog('a', { retentionMs: 1000, segmentBytes: 100 })
    for (let i = 0; i < 200; i++) append(log)
    log.advanceHighWatermark(200)
    let asked = 0
    await choresOf().run('Retention', START_MS + 50_000, () => asked++ > 2)
    expect(log.segmentCount).toBeGreaterThan(100)
    expect(log.segmentCount).toBeLessThan(200)
  })

  test('comes round as it is set, for the first time soon after the start', () => {
    const retention = (everyMs: number) =>
      choresOf({ 'log.retention.check.interval.ms': String(everyMs) }).named('Retention')
    expect(retention(300_000)).toMatchObject({ everyMs: 300_000, firstAfterMs: 30_000 })
    expect(retention(1000)).toMatchObject({ everyMs: 1000, firstAfterMs: 1000 })
  })

  test('removes what deleted segments leave, after file.delete.delay.ms', async () => {
    const log = openLog('a', { fileDeleteDelayMs: 60_000, retentionMs: 1000 })
    append(log)
    log.advanceHighWatermark(1)
    log.tick(START_MS + 5000)
    const left = () => disk.list('/data/a-0').filter(({ name }) => name.endsWith('.deleted')).length
    const { run } = choresOf()
    await run('Removal of deleted files', START_MS + 64_999)
    expect(left()).toBeGreaterThan(0)
    await run('Removal of deleted files', START_MS + 65_000)
    expect(left()).toBe(0)
  })

  test('removes what deleted partitions leave, after file.delete.delay.ms', async () => {
    const log = openLog('a', { fileDeleteDelayMs: 60_000 })
    directory.remove(log, START_MS)
    const left = () => disk.list('/data').filter(({ isDirectory }) => isDirectory).length
    const { run } = choresOf()
    await run('Removal of deleted files', START_MS + 59_999)
    expect(left()).toBe(1)
    await run('Removal of deleted files', START_MS + 60_000)
    expect(left()).toBe(0)
  })
})
