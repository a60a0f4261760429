// Save points: after a crash little more is read than what was not on the device, and what is found
// is what a look at all of the log finds.

import { beforeEach, describe, expect, test } from '@jest/globals'

import { endMarkerBatch } from '../../protocol/records/control.ts'
import { parseLogConfig } from '../../storage/config.ts'
import type { Disk, DiskFile, OpenMode } from '../../storage/disk.ts'
import type { Log, LogOptions } from '../../storage/log.ts'
import { LogDirectory } from '../../storage/log-directory.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { DiskFullError } from '../../storage/room.ts'
import { CountingDisk, tellingReads } from './counting-disk.ts'
import { append, appendEach, DIRECTORY, openLog, silent, valuesOf } from './harness.ts'
import { randomOf } from './random.ts'

const config = { ...parseLogConfig(new Map()), indexIntervalBytes: 500 }
const SAVE_POINT_BYTES = 10_000
const SAVE_POINT = `${DIRECTORY}/save-point`
const VALUE = 'of about a hundred bytes, with what is around it'

/** Some files of which find no room. */
class CrowdedDisk extends CountingDisk {
  fullFor: RegExp | undefined

  override open(path: string, mode: OpenMode): DiskFile {
    const file = super.open(path, mode)
    const write = file.write.bind(file)
    file.write = (...args) => {
      if (this.fullFor?.test(path) === true) {
        throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write', path })
      }
      write(...args)
    }
    return file
  }
}

let disk: CrowdedDisk
beforeEach(() => { disk = new CrowdedDisk() })

function open(options: Partial<LogOptions> = {}): Log {
  const savePoints = { everyBytes: SAVE_POINT_BYTES, writeRecoveryPoint: async () => true }
  return openLog(disk, { config, savePoints, ...options })
}

/** Some producers, of which one aborts all that it writes; times and epochs go on. */
function work(log: Log, from: number, to: number, word = 'aborted'): void {
  for (let i = from; i < to; i++) {
    const options = { leaderEpoch: Math.floor(i / 50), nowMs: i, origin: 'replica' } as const
    const common = {
      producerEpoch: 0, leaderEpoch: options.leaderEpoch, timestampMs: i, baseOffset: log.endOffset,
    }
    if (i % 10 === 9) {
      const its = { ...common, producerId: 7, baseSequence: Math.floor(i / 10) }
      append(log, [word], { ...its, isTransactional: true }, options)
      const coordinatorEpoch = word.charCodeAt(0)
      const mark = { ...its, type: 'ABORT', coordinatorEpoch } as const
      log.append(endMarkerBatch({ ...mark, baseOffset: log.endOffset }), options)
    } else {
      const producer = { producerId: i % 3, baseSequence: sequenceOf(i) }
      append(log, [`${VALUE} ${i}`], { ...common, ...producer }, options)
    }
  }
  log.flush()
}

/** How many of its batches the producer wrote before. */
function sequenceOf(i: number): number {
  let count = 0
  for (let before = i - 3; before >= 0; before -= 3) if (before % 10 !== 9) count++
  return count
}

async function synced(log: Log, from: number, to: number, word?: string): Promise<number> {
  for (let i = from; i < to; i += 20) {
    work(log, i, Math.min(to, i + 20), word)
    await log.sync()
  }
  return log.recoveryPoint
}

/** All that a log knows. */
function knowledgeOf(log: Log) {
  const { startOffset, endOffset, epochs, producers } = log
  const unreplicated = [...producers.unreplicated]
  log.advanceHighWatermark(endOffset)
  return {
    startOffset, endOffset, epochs, values: valuesOf(log), stable: log.lastStableOffset,
    aborted: log.abortedTransactions(0, endOffset), newest: log.maxTimestampOffset(),
    times: [0, 1, 77, 150, 333, 398, 399, 500].map((time) => log.offsetForTimestamp(time)),
    unreplicated, producers: [...producers.all()].sort((a, b) => a.producerId - b.producerId),
  }
}

/** What a look at all of it finds. */
function wholeKnowledge(of: MemoryDisk = disk): ReturnType<typeof knowledgeOf> {
  const copy = of.clone()
  for (const { name } of copy.list(DIRECTORY)) {
    if (!name.endsWith('.log') && name !== 'partition.metadata') copy.remove(`${DIRECTORY}/${name}`)
  }
  return knowledgeOf(openLog(copy, { config, recoveryPoint: 0 }))
}

/** What a recovery of what lies there finds, and how much it reads for that. */
function recovered(of: MemoryDisk, recoveryPoint: number | undefined) {
  let readBytes = 0
  const copy = of.clone()
  copy.open = (path, mode) => tellingReads(
    MemoryDisk.prototype.open.call(copy, path, mode), (sizeBytes) => { readBytes += sizeBytes })
  const log = openLog(copy, { config, recoveryPoint })
  return { readBytes, sizeBytes: log.sizeBytes, knowledge: knowledgeOf(log) }
}

describe('a recovery', () => {
  test('reads what is not on the device, and no more than a save point away', async () => {
    disk.makeDirectory('/data')
    const openDirectory = (): LogDirectory => {
      const directory = new LogDirectory({
        disk, path: '/data', logger: silent, savePointBytes: SAVE_POINT_BYTES,
      })
      directory.open()
      return directory
    }
    const openIn = (directory: LogDirectory): Log => directory.openLog({
      topic: 'topic', partition: 0, topicId: 'AAAAAAAAAAAAAAAAAAAAAg', config, nowMs: 1000,
    })
    const log = openIn(openDirectory())
    await synced(log, 0, 400)
    expect([log.segmentCount, log.sizeBytes > 4 * SAVE_POINT_BYTES]).toEqual([1, true])
    const syncedBytes = log.sizeBytes
    work(log, 400, 410)
    const unsyncedBytes = log.sizeBytes - syncedBytes
    // Nobody has written checkpoints but the save points.
    disk.readBytes = 0
    const again = openIn(openDirectory())
    expect(disk.readBytes).toBeLessThan(1.3 * SAVE_POINT_BYTES + unsyncedBytes)
    expect([again.endOffset, again.sizeBytes]).toEqual([log.endOffset, log.sizeBytes])
    expect(knowledgeOf(again)).toEqual(wholeKnowledge())
  })

  test('knows all that there is, after a kill and a loss of power', async () => {
    const log = open({ isClean: true })
    const recoveryPoint = await synced(log, 0, 400)
    work(log, 400, 410)
    const before = recovered(disk, recoveryPoint)
    expect(before.knowledge).toEqual(wholeKnowledge())
    disk.crash()
    const after = recovered(disk, recoveryPoint)
    expect(after.knowledge).toEqual(wholeKnowledge())
    expect(after.knowledge.endOffset).toBe(recoveryPoint)
    for (const { readBytes } of [before, after]) {
      expect(readBytes).toBeLessThan(1.5 * SAVE_POINT_BYTES)
    }
  })

  test('goes on from a save point of a process before', async () => {
    await synced(open({ isClean: true }), 0, 200)
    const again = open({ recoveryPoint: 200 })
    work(again, 200, 201)
    await again.sync()
    const { readBytes, sizeBytes, knowledge } = recovered(disk, again.recoveryPoint)
    expect(readBytes).toBeLessThan(sizeBytes / 2)
    expect(knowledge).toEqual(wholeKnowledge())
  })

  test('knows what is staged when others read behind it', async () => {
    await synced(open({ isClean: true }), 0, 400)
    const log = open({ recoveryPoint: 440, highWatermark: 440 })
    const options = { leaderEpoch: 8, nowMs: 400 }
    // The second one gets an entry in the indexes.
    for (const timestampMs of [400, 401, 9000, 402]) {
      append(log, [VALUE.repeat(timestampMs === 401 ? 1 : 11)], { timestampMs }, options)
    }
    log.read(200, 100, { maxOffset: 440, minOneBatch: true }).release()
    log.flush()
    log.advanceHighWatermark(log.endOffset)
    expect(log.maxTimestampOffset()).toMatchObject({ offset: 442, timestamp: 9000 })
    expect(log.offsetForTimestamp(5000)).toMatchObject({ offset: 442, timestamp: 9000 })
  })

  test.each<[string, (recoveryPoint: number) => number | undefined]>([
    ['below it, where somebody has cut the log since', () => 1],
    ['just below it', (recoveryPoint) => recoveryPoint - 150],
    ['lost', () => undefined],
  ])('does without, when the recovery point is %s', async (_, change) => {
    const recoveryPoint = await synced(open({ isClean: true }), 0, 400)
    const { readBytes, sizeBytes, knowledge } = recovered(disk, change(recoveryPoint))
    expect(readBytes).toBeGreaterThanOrEqual(sizeBytes)
    expect(knowledge).toEqual(wholeKnowledge())
  })

  const changes: readonly (readonly [string, (damaged: Disk, file: DiskFile) => void])[] = [
    ['that is gone', (damaged, file) => damaged.remove(file.path)],
    ['that ends too early', (_, file) => file.truncate(Math.floor(file.sizeBytes() / 2) - 3)],
    ['that is empty', (_, file) => file.truncate(0)],
    ['with zeros at its end', (_, file) => file.write(Buffer.alloc(32), file.sizeBytes() - 40)],
    ['with a wrong bit', (_, file) => file.write(Buffer.from([0x5a]), 21)],
  ]
  const suffixes = ['.index', '.timeindex', '.txnindex', 'save-point']
  test.each(suffixes.flatMap((suffix) => changes.map((change) => [suffix, ...change] as const)))(
    'does without a %s %s', async (suffix, _, change) => {
      const recoveryPoint = await synced(open({ isClean: true }), 0, 400)
      const damaged = disk.clone()
      const name = damaged.list(DIRECTORY).map((entry) => entry.name)
        .find((one) => one.endsWith(suffix))!
      change(damaged, damaged.open(`${DIRECTORY}/${name}`, 'write'))
      const { readBytes, sizeBytes, knowledge } = recovered(damaged, recoveryPoint)
      expect(knowledge).toEqual(wholeKnowledge())
      expect(readBytes).toBeGreaterThanOrEqual(sizeBytes)
    })

  test('takes no save point for that of other batches in the same places', async () => {
    const recoveryPoint = await synced(open({ isClean: true }), 0, 400)
    const bytes = disk.readFile(SAVE_POINT)!
    disk = new CrowdedDisk()
    const others = open({ isClean: true })
    expect(await synced(others, 0, 400, 'bborted')).toBe(recoveryPoint)
    disk.open(SAVE_POINT, 'write').write(bytes, 0)
    const { readBytes, sizeBytes, knowledge } = recovered(disk, recoveryPoint)
    expect(readBytes).toBeGreaterThanOrEqual(sizeBytes)
    expect(knowledge).toEqual(wholeKnowledge())
  })
})

describe('a save point', () => {
  test('costs a small log nothing', async () => {
    const savePoints = { everyBytes: 100_000, writeRecoveryPoint: async () => true }
    const log = open({ isClean: true, savePoints })
    await synced(log, 0, 400)
    expect(disk.exists(SAVE_POINT)).toBe(false)
    expect(disk.sizeBytes(`${DIRECTORY}/${'0'.repeat(20)}.index`)).toBe(0)
  })

  test('is written when all before it is on the device, and the recovery point too', async () => {
    let go = (): void => {}
    let asked = 0
    const log = open({
      isClean: true,
      savePoints: {
        everyBytes: SAVE_POINT_BYTES,
        writeRecoveryPoint: async () => {
          asked = log.recoveryPoint
          await new Promise<void>((resolve) => { go = resolve })
          return true
        },
      },
    })
    work(log, 0, 200)
    const syncing = log.sync()
    for (let turn = 0; turn < 30; turn++) await Promise.resolve()
    expect([asked, disk.exists(SAVE_POINT)]).toEqual([log.endOffset, false])
    // Another one meanwhile neither waits nor writes one.
    work(log, 200, 400)
    await log.sync()
    expect(disk.exists(SAVE_POINT)).toBe(false)
    go()
    await syncing
    expect(disk.exists(SAVE_POINT)).toBe(true)
  })

  test('waits for the recovery point to be written', async () => {
    const savePoints = { everyBytes: SAVE_POINT_BYTES, writeRecoveryPoint: async () => false }
    const log = open({ isClean: true, savePoints })
    await synced(log, 0, 200)
    expect(disk.exists(SAVE_POINT)).toBe(false)
  })

  test.each(['save-point', 'index'])('needs room for its %s, and nothing else', async (file) => {
    const log = open({ isClean: true })
    disk.fullFor = new RegExp(`${file}(\\.async\\.tmp)?$`)
    await synced(log, 0, 200)
    expect([disk.exists(SAVE_POINT), log.isFailed]).toEqual([false, false])
    disk.fullFor = undefined
    await synced(log, 200, 400)
    expect(disk.exists(SAVE_POINT)).toBe(true)
    expect(recovered(disk, log.recoveryPoint).knowledge).toEqual(wholeKnowledge())
  })

  test('is written as soon as there is room again for the epochs beside it', async () => {
    const log = open({ isClean: true })
    work(log, 0, 200)
    disk.fullFor = /leader-epoch/
    await expect(log.sync()).rejects.toThrow(DiskFullError)
    disk.fullFor = undefined
    expect([disk.exists(SAVE_POINT), log.isFailed]).toEqual([false, false])
    await log.sync()
    expect(disk.exists(SAVE_POINT)).toBe(true)
    expect(recovered(disk, log.recoveryPoint).knowledge).toEqual(wholeKnowledge())
  })

  test('is not written of what is cut meanwhile', async () => {
    let go = (): void => {}
    const writeRecoveryPoint = (): Promise<boolean> => (
      new Promise((resolve) => { go = () => resolve(true) }))
    const savePoints = { everyBytes: SAVE_POINT_BYTES, writeRecoveryPoint }
    const log = open({ isClean: true, savePoints })
    work(log, 0, 200)
    const syncing = log.sync()
    for (let turn = 0; turn < 30; turn++) await Promise.resolve()
    log.truncateTo(100)
    go()
    await syncing
    expect(disk.exists(SAVE_POINT)).toBe(false)
  })

  test('is rarer where there are many producers', async () => {
    const countFor = async (producers: number): Promise<number> => {
      disk = new CrowdedDisk()
      const found = new Set<string>()
      const log = open({ isClean: true })
      for (let i = 0; i < 6000; i++) {
        append(log, [VALUE], {
          producerId: i % producers, producerEpoch: 0, baseSequence: Math.floor(i / producers),
        })
        if (i % 50 !== 49) continue
        await log.sync()
        if (disk.exists(SAVE_POINT)) found.add(disk.readFile(SAVE_POINT)!.toString('latin1'))
      }
      return found.size
    }
    const [few, many] = [await countFor(10), await countFor(6000)]
    expect(few).toBeGreaterThan(30)
    expect(many).toBeLessThan(few * 0.8)
  })

  test('goes when the log is cut', async () => {
    const log = open({ isClean: true })
    await synced(log, 0, 400)
    expect(disk.exists(SAVE_POINT)).toBe(true)
    log.truncateTo(150)
    disk.crash()
    expect(disk.exists(SAVE_POINT)).toBe(false)
    const again = open({ recoveryPoint: 150 })
    appendEach(again, ...Array.from({ length: 30 }, (_, i) => `other ${i}`))
    await again.sync()
    expect(recovered(disk, again.recoveryPoint).knowledge).toEqual(wholeKnowledge())
  })

  test('that was of no use goes with the recovery', async () => {
    await synced(open({ isClean: true }), 0, 400)
    open({ recoveryPoint: 1 })
    disk.crash()
    expect(disk.exists(SAVE_POINT)).toBe(false)
  })

  test('may be interrupted by a loss of power at any call of the disk', async () => {
    for (let changes = 0; ; changes += 2) {
      disk = new CrowdedDisk()
      // As a log directory has it: nothing higher is written down once a truncation begins.
      let lowered = Infinity
      const onTruncate = (to: { recoveryPoint: number }): void => { lowered = to.recoveryPoint }
      const log = open({ isClean: true, onTruncate })
      await synced(log, 0, 60)
      let isInterrupted = true
      disk.stopAfter(changes)
      try {
        await synced(log, 60, 240)
        log.truncateTo(log.endOffset - 3)
        isInterrupted = false
      } catch (error) {
        if (!disk.hasStopped) throw error
      }
      disk.stopAfter(Infinity)
      const recoveryPoint = Math.min(log.recoveryPoint, lowered)
      disk.crash(changes % 8 === 0 ? undefined : randomOf(changes + 1))
      const { knowledge } = recovered(disk, recoveryPoint)
      expect(knowledge.endOffset).toBeGreaterThanOrEqual(recoveryPoint)
      expect(knowledge).toEqual(wholeKnowledge())
      if (!isInterrupted) return
    }
  })
})
