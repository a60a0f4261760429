// What looking something up reads of the files: little, however large or many the segments are.

import { expect, test } from '@jest/globals'

import { buildBatch } from '../../protocol/records/batch.ts'
import type { DiskFile, OpenMode } from '../../storage/disk.ts'
import { Log } from '../../storage/log.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { silent } from '../lib/coordinators/harness.ts'

const BATCHES = 400
const BATCH_BYTES = 8000

/** Counts what is read of batches. */
class CountingDisk extends MemoryDisk {
  readBytes = 0

  override open(path: string, mode: OpenMode): DiskFile {
    const file = super.open(path, mode)
    const read = file.read.bind(file)
    file.read = (...args) => {
      const count = read(...args)
      if (path.endsWith('.log')) this.readBytes += count
      return count
    }
    return file
  }
}

/** One record a batch; its time is its offset. */
function filled(segments: number): { log: Log, disk: CountingDisk } {
  const disk = new CountingDisk()
  const log = Log.open({
    disk, directory: '/data/a-0', topicPartition: { topic: 'a', partition: 0 }, topicId: 'x',
    logger: silent, nowMs: 1, isClean: true,
    config: { segmentBytes: Math.ceil(BATCHES / segments) * (BATCH_BYTES + 100) },
  })
  for (let timestampMs = 0; timestampMs < BATCHES; timestampMs++) {
    log.append(buildBatch({ timestampMs, records: [{ value: Buffer.alloc(BATCH_BYTES) }] }), {
      leaderEpoch: 0, nowMs: 1, origin: 'coordinator',
    })
    log.flush()
  }
  return { log, disk }
}

function bytesReadBy(disk: CountingDisk, work: () => void): number {
  disk.readBytes = 0
  work()
  return disk.readBytes
}

test('a time is looked up by reading about a batch, in two segments as in many', () => {
  for (const segments of [2, 100]) {
    const { log, disk } = filled(segments)
    expect(log.segmentCount).toBe(segments)
    for (const time of [0, 1, 57, 200, 399]) {
      const bytes = bytesReadBy(disk, () => {
        expect(log.offsetForTimestamp(time)).toMatchObject({ offset: time })
      })
      expect(bytes).toBeLessThan(4 * BATCH_BYTES)
    }
  }
})

test('an offset is looked up by reading a few headers, in two segments as in many', () => {
  for (const segments of [2, 100]) {
    const { log, disk } = filled(segments)
    for (const offset of [0, 1, 57, 200, 398]) {
      const bytes = bytesReadBy(disk, () => { log.readableBytes(offset, offset + 1) })
      expect(bytes).toBeLessThan(2 * BATCH_BYTES)
    }
  }
})
