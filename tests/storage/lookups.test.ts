// What looking something up reads of the files: little, however large or many the segments are.

import { expect, test } from '@jest/globals'

import { buildBatch } from '../../protocol/records/batch.ts'
import { Log } from '../../storage/log.ts'
import { silent } from '../lib/coordinators/harness.ts'
import { CountingDisk } from './counting-disk.ts'

const BATCHES = 400
const BATCH_BYTES = 8000

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

test('a time is looked up by reading about a batch, in two segments as in many', () => {
  for (const segments of [2, 100]) {
    const { log, disk } = filled(segments)
    expect(log.segmentCount).toBe(segments)
    for (const time of [0, 1, 57, 200, 399]) {
      const bytes = disk.bytesReadBy(() => {
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
      const bytes = disk.bytesReadBy(() => { log.readableBytes(offset, offset + 1) })
      expect(bytes).toBeLessThan(2 * BATCH_BYTES)
    }
  }
})
