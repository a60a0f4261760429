// Which segments may go: by age, by size, by the log's start, and never what is not committed.

import { describe, expect, test } from '@jest/globals'

import { type LogConfig, parseLogConfig } from '../../storage/config.ts'
import { countExpired } from '../../storage/retention.ts'

const NOW_MS = 100_000

/** Segments of ten records and 100 bytes, the last one with what is left. */
function segments(timestamps: readonly number[], lastSizeBytes = 100) {
  return timestamps.map((largestTimestamp, i) => {
    const sizeBytes = i === timestamps.length - 1 ? lastSizeBytes : 100
    const nextOffset = i * 10 + (sizeBytes === 0 ? 0 : 10)
    return { baseOffset: i * 10, nextOffset, sizeBytes, largestTimestamp }
  })
}

function configOf(configs: Record<string, string>): LogConfig {
  return parseLogConfig(new Map(Object.entries({ 'retention.ms': '-1', ...configs })))
}

const ALL_COMMITTED = { startOffset: 0, highWatermark: 1000 }

describe('by age', () => {
  const config = configOf({ 'retention.ms': '1000' })

  test('segments go while all of their records are older', () => {
    const count = (...ages: number[]) => countExpired(
      segments(ages.map((age) => NOW_MS - age)), config, ALL_COMMITTED, NOW_MS)
    expect(count(1001, 1000, 5000)).toBe(1)
    expect(count(1000)).toBe(0)
    expect(count(3000, 2000, 1001)).toBe(3)
    // One with a time that lies ahead holds those behind it.
    expect(count(3000, -50_000, 2000)).toBe(1)
  })

  test('very many go some at a time', () => {
    const all = segments(Array(100).fill(0))
    const counts: number[] = []
    while (all.length > 0 && counts.length < 100) {
      counts.push(countExpired(all, config, ALL_COMMITTED, NOW_MS))
      all.splice(0, counts.at(-1)!)
    }
    expect(all).toEqual([])
    expect(Math.max(...counts)).toBe(16)
  })

  test('the last one stays when it is empty', () => {
    expect(countExpired(segments([0, 0, 0], 0), config, ALL_COMMITTED, NOW_MS)).toBe(2)
    expect(countExpired(segments([0], 0), config, ALL_COMMITTED, NOW_MS)).toBe(0)
  })

  test('nothing goes that is not committed', () => {
    const count = (highWatermark: number) => countExpired(
      segments([0, 0, 0]), config, { startOffset: 0, highWatermark }, NOW_MS)
    expect([0, 9, 10, 19, 20, 29, 30].map(count)).toEqual([0, 0, 1, 1, 2, 2, 3])
  })
})

describe('by size', () => {
  test('segments go while what is left is not smaller than allowed', () => {
    const count = (retentionBytes: number) => countExpired(
      segments([1, 1, 1]), configOf({ 'retention.bytes': String(retentionBytes) }),
      ALL_COMMITTED, NOW_MS)
    expect([-1, 0, 1, 99, 100, 200, 201, 300].map(count)).toEqual([0, 3, 2, 2, 2, 1, 0, 0])
  })
})

describe('by the start of the log', () => {
  test('segments before it go, whatever the policy, but never the last', () => {
    for (const policy of ['delete', 'compact', 'compact,delete', '']) {
      const count = (startOffset: number) => countExpired(
        segments([1, 1, 1]), configOf({ 'cleanup.policy': policy }),
        { startOffset, highWatermark: 1000 }, NOW_MS)
      expect([0, 9, 10, 20, 30].map(count)).toEqual([0, 0, 1, 2, 2])
    }
  })
})

test('an empty segment at the start of the log stays, wherever it says that it ends', () => {
  const [first, ...others] = segments([1, 1, 1])
  const withEmpty = [{ ...first!, nextOffset: 0, sizeBytes: 0 }, ...others]
  const count = (startOffset: number) => countExpired(withEmpty,
    configOf({ 'cleanup.policy': 'compact' }), { startOffset, highWatermark: 1000 }, NOW_MS)
  expect([count(0), count(9), count(10)]).toEqual([0, 0, 1])
})

test('a compacted log loses nothing by age or size', () => {
  const config = configOf({
    'cleanup.policy': 'compact', 'retention.ms': '1', 'retention.bytes': '1',
  })
  expect(countExpired(segments([1, 1]), config, ALL_COMMITTED, NOW_MS)).toBe(0)
})

test('a segment stays while the next one begins behind what is committed (G1)', () => {
  const old = segments([1, 2])
  const withGap = [{ ...old[0]!, nextOffset: 5 }, { ...old[1]!, baseOffset: 10 }]
  const count = (highWatermark: number) => countExpired(withGap,
    configOf({ 'retention.ms': '1000' }), { startOffset: 0, highWatermark }, NOW_MS)
  expect([count(5), count(9), count(10)]).toEqual([0, 0, 1])
})
