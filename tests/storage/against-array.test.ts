// A log against an array, a hundred thousand random operations; `npm run sim` does a million.

import { expect, test } from '@jest/globals'
import { randomInt } from 'node:crypto'

import { AgainstArray } from '../../sim/storage/against-array.ts'
import { LeaderEpochs } from '../../storage/epochs.ts'
import { TimeIndex } from '../../storage/time-index.ts'

test.each([['a fixed seed', 1], ['a fresh seed', randomInt(2 ** 31)]])(
  'a log is what an array is, with %s, %d', (_, seed) => {
    const counts = new AgainstArray(seed).run(50_000)
    expect(Math.min(...counts.values())).toBeGreaterThan(20)
    expect(counts.size).toBe(9)
  })

test('an index that leads behind the record is seen', () => {
  const { lookup } = TimeIndex.prototype
  try {
    TimeIndex.prototype.lookup = function (timestamp) { return lookup.call(this, timestamp) + 9 }
    expect(() => new AgainstArray(1).run(5000)).toThrow('H4')
  } finally {
    TimeIndex.prototype.lookup = lookup
  }
})

test('epochs that a truncation leaves are seen', () => {
  const { truncateFromEnd } = LeaderEpochs.prototype
  try {
    LeaderEpochs.prototype.truncateFromEnd = () => {}
    expect(() => new AgainstArray(1).run(50_000)).toThrow('B7')
  } finally {
    LeaderEpochs.prototype.truncateFromEnd = truncateFromEnd
  }
})
