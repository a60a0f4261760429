// Which part of a log may be cleaned, when it is worth it, and which segments become one.

import { describe, expect, test } from '@jest/globals'
import {
  type CleanableSegment, type CleanableState, findCleanable, groupSegments,
} from '../../storage/compaction/cleanable.ts'
import { parseLogConfig } from '../../storage/config.ts'

const DEFAULTS = { ...parseLogConfig(new Map()), minCleanableDirtyRatio: 0.5 }

function segment(baseOffset: number, other: Partial<CleanableSegment> = {}): CleanableSegment {
  return {
    baseOffset, sizeBytes: 100, largestTimestamp: baseOffset + 99, firstBatchTimestamp: baseOffset,
    offsetIndexBytes: 8, timeIndexBytes: 12, ...other,
  }
}

/** Segments of 100 offsets and bytes from 0, 100, 200, 300 and 400 on; the last one is active. */
const SEGMENTS = [0, 100, 200, 300, 400].map((base) => segment(base))

function find(state: Partial<CleanableState> = {}, config = {}, nowMs = 1000) {
  return findCleanable({
    segments: SEGMENTS, startOffset: 0, endOffset: 450, lastStableOffset: 450, cleanedTo: undefined,
    ...state, config: { ...DEFAULTS, ...config },
  }, nowMs)
}

describe('what is cleanable', () => {
  test('is all but the active segment, at first (G1)', () => {
    expect(find()).toEqual({
      firstDirtyOffset: 0, firstUncleanableOffset: 400, cleanableBytes: 400, dirtyRatio: 1,
      overdueMs: 0, isOverdue: false,
    })
    expect(find({ segments: [segment(0)] })).toBeUndefined()
  })

  test('begins where the last cleaning ended', () => {
    expect(find({ cleanedTo: 200 }, { minCleanableDirtyRatio: 0.49 }))
      .toMatchObject({ firstDirtyOffset: 200, cleanableBytes: 200, dirtyRatio: 0.5 })
    // Of a segment that was cleaned in part all bytes count as either.
    expect(find({ cleanedTo: 150 })).toMatchObject({ cleanableBytes: 300, dirtyRatio: 3 / 5 })
    expect(find({ cleanedTo: 400 })).toBeUndefined()
  })

  test.each([[100, 50], [100, 451]])(
    'begins at the log start %d where the checkpoint lies outside (%d)',
    (startOffset, cleanedTo) => {
      expect(find({ startOffset, cleanedTo })).toMatchObject({ firstDirtyOffset: startOffset })
    },
  )

  test('ends with the segment before the first that is not stable (G3)', () => {
    expect(find({ lastStableOffset: 399 })).toMatchObject({ firstUncleanableOffset: 300 })
    expect(find({ lastStableOffset: 300 })).toMatchObject({ firstUncleanableOffset: 300 })
    expect(find({ lastStableOffset: 99 })).toBeUndefined()
  })

  test('leaves out what is younger than min.compaction.lag.ms', () => {
    // The segment from 200 on holds a record of 299.
    expect(find({}, { minCompactionLagMs: 100 }, 398))
      .toMatchObject({ firstUncleanableOffset: 200 })
    expect(find({}, { minCompactionLagMs: 100 }, 399))
      .toMatchObject({ firstUncleanableOffset: 300 })
    expect(find({}, { minCompactionLagMs: 100 }, 100)).toBeUndefined()
  })

  test('is worth it above min.cleanable.dirty.ratio', () => {
    expect(find({ cleanedTo: 200 })).toBeUndefined()
    expect(find({ cleanedTo: 200 }, { minCleanableDirtyRatio: 0.499 })).toBeDefined()
    expect(find({ cleanedTo: 400 }, { minCleanableDirtyRatio: 0 })).toBeUndefined()
  })

  test('must be cleaned when it is older than max.compaction.lag.ms (KIP-354)', () => {
    const config = { minCleanableDirtyRatio: 0.9, maxCompactionLagMs: 500 }
    expect(find({ cleanedTo: 200 }, config, 700)).toBeUndefined()
    expect(find({ cleanedTo: 200 }, config, 701)).toMatchObject({ isOverdue: true })
    // A log that is clean up to its active segment has nothing to be overdue.
    expect(find({ cleanedTo: 400 }, config, 10_000)).toBeUndefined()
  })
})

describe('segments that become one', () => {
  const LIMITS = { segmentBytes: 250, segmentIndexBytes: 1000, endOffset: 500 }
  const group = (segments: readonly CleanableSegment[], limits = {}) => (
    groupSegments(segments, { ...LIMITS, ...limits })
      .map((one) => one.map(({ baseOffset }) => baseOffset)))

  test('fit into segment.bytes together', () => {
    expect(group(SEGMENTS)).toEqual([[0, 100], [200, 300], [400]])
    expect(group(SEGMENTS, { segmentBytes: 1000 })).toEqual([[0, 100, 200, 300, 400]])
    expect(group(SEGMENTS, { segmentBytes: 1 })).toEqual([[0], [100], [200], [300], [400]])
    expect(group([])).toEqual([])
  })

  test('fit into the size of an index, of either', () => {
    expect(group(SEGMENTS, { segmentIndexBytes: 24 })).toEqual([[0, 100], [200, 300], [400]])
    const limits = { segmentBytes: 1000, segmentIndexBytes: 39 }
    expect(group(SEGMENTS, limits)).toEqual([[0, 100, 200], [300, 400]])
    const large = SEGMENTS.map((one) => ({ ...one, offsetIndexBytes: 20 }))
    expect(group(large, limits)).toEqual([[0], [100], [200], [300], [400]])
  })

  test('have offsets that 31 bits hold, from the first base on (KAFKA-6264)', () => {
    const far = 0x7fffffff
    const segments = [segment(0), segment(100), segment(far - 10), segment(far + 1)]
    const limits = { segmentBytes: 10_000, endOffset: far + 20 }
    expect(group(segments, limits)).toEqual([[0, 100, far - 10], [far + 1]])
    expect(group(segments.with(3, segment(far + 2)), limits))
      .toEqual([[0, 100], [far - 10, far + 2]])
    // An empty one brings no offset.
    expect(group([segment(0), segment(far + 5, { sizeBytes: 0 })], limits))
      .toEqual([[0, far + 5]])
  })
})
