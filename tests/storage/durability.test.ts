// Syncs: that they hold up nobody, and promise nothing before it is there.

import { describe, expect, test } from '@jest/globals'

import { parseLogConfig } from '../../storage/config.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { appendEach, DIRECTORY, openLog, valuesOf } from './harness.ts'

const config = { ...parseLogConfig(new Map()), segmentBytes: 200, indexIntervalBytes: 0 }

/** Counts what is done at once; what is done later can be made to wait. */
class WatchedDisk extends MemoryDisk {
  changes = 0
  directorySync: Promise<void> = Promise.resolve()

  override checkFailure(path: string): void {
    this.changes++
    super.checkFailure(path)
  }

  override async syncDirectoryAsync(path: string): Promise<void> {
    await this.directorySync
    this.syncDirectory(path)
  }
}

describe('a sync', () => {
  test('waits for the device without holding up the others', async () => {
    const disk = new WatchedDisk()
    const log = openLog(disk, { config, isClean: true })
    appendEach(log, 'a')
    await log.sync()
    appendEach(log, 'b', 'c', 'd', 'e')
    expect(log.segmentCount).toBeGreaterThan(1)
    disk.changes = 0
    const syncing = log.sync()
    expect(disk.changes).toBe(0)
    await syncing
    // Batches, indexes, and the directories that name them.
    expect(disk.changes).toBeGreaterThan(4)
    disk.crash()
    expect(valuesOf(openLog(disk, { config, recoveryPoint: log.recoveryPoint })))
      .toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('does not lean on another that has not ended', async () => {
    const disk = new WatchedDisk()
    const log = openLog(disk, { config, isClean: true })
    appendEach(log, 'a')
    let go = (): void => {}
    disk.directorySync = new Promise((resolve) => { go = resolve })
    const first = log.sync()
    appendEach(log, 'b')
    disk.directorySync = Promise.resolve()
    await log.sync()
    expect(log.recoveryPoint).toBe(2)
    disk.crash()
    expect(valuesOf(openLog(disk, { config, recoveryPoint: 2 }))).toEqual(['a', 'b'])
    go()
    await first
  })

  test('moves the recovery point when all of it is there, not before', async () => {
    const disk = new WatchedDisk()
    const log = openLog(disk, { config, isClean: true })
    appendEach(log, 'a')
    let go = (): void => {}
    disk.directorySync = new Promise((resolve) => { go = resolve })
    const syncing = log.sync()
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    expect([log.recoveryPoint, log.unsyncedBytes > 0]).toEqual([0, true])
    go()
    await syncing
    expect([log.recoveryPoint, log.unsyncedBytes]).toEqual([1, 0])
  })

  test('at the end brings the indexes too, where the log ends at a snapshot', async () => {
    const disk = new WatchedDisk()
    const log = openLog(disk, { config, isClean: true })
    appendEach(log, 'a', 'b', 'c', 'd', 'e')
    const [boundary] = disk.list(DIRECTORY)
      .flatMap(({ name }) => name.endsWith('.snapshot') ? [Number.parseInt(name, 10)] : [])
    log.truncateTo(boundary!)
    await log.closeAsync()
    disk.crash()
    expect(disk.sizeBytes(`${DIRECTORY}/${'0'.repeat(20)}.index`)).toBeGreaterThan(0)
    const again = openLog(disk, { config, isClean: true })
    expect(again.endOffset).toBe(boundary)
  })
})
