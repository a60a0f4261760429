// The three indexes of a segment: what they find, what they keep, when they are not to be trusted.

import { describe, expect, test } from '@jest/globals'

import { MemoryDisk } from '../../storage/memory-disk.ts'
import { OffsetIndex } from '../../storage/offset-index.ts'
import { TimeIndex } from '../../storage/time-index.ts'
import { TransactionIndex } from '../../storage/transaction-index.ts'

const BASE = 5_000_000_000

function diskOf(): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory('/log')
  return disk
}

describe('an offset index', () => {
  function indexOf(disk = diskOf()): OffsetIndex {
    const index = new OffsetIndex(disk, '/log/a', BASE)
    index.append(BASE + 9, 100)
    index.append(BASE + 19, 200)
    index.append(BASE + 29, 4_000_000)
    return index
  }

  test('finds a place at or before the offset', () => {
    const found = [0, 8, 9, 10, 19, 28, 29, 1000].map((offset) => indexOf().lookup(BASE + offset))
    expect(found).toEqual([0, 0, 100, 100, 200, 200, 4_000_000, 4_000_000])
  })

  test('has Kafka\'s bytes, and is the same when read again', () => {
    const disk = diskOf()
    indexOf(disk).table.save()
    expect(disk.readFile('/log/a')?.toString('hex'))
      .toBe('0000000900000064' + '00000013000000c8' + '0000001d003d0900')
    const again = new OffsetIndex(disk, '/log/a', BASE)
    expect([again.count, again.lastOffset, again.lookup(BASE + 20)]).toEqual([3, BASE + 29, 200])
  })

  test('grows, is saved piece by piece, and shrinks', () => {
    const disk = diskOf()
    const index = new OffsetIndex(disk, '/log/a', 0)
    for (let i = 0; i < 1000; i++) {
      index.append(i, i * 10)
      if (i % 300 === 7) index.table.save()
    }
    index.table.save()
    expect(disk.sizeBytes('/log/a')).toBe(8000)
    index.truncateTo(500)
    expect([index.count, index.lastOffset]).toEqual([500, 499])
    index.append(777, 7770)
    index.table.save()
    const again = new OffsetIndex(disk, '/log/a', 0)
    expect([again.count, again.offsetAt(499), again.offsetAt(500)]).toEqual([501, 499, 777])
  })

  test('is unsound when entries do not ascend, or point out of the segment', () => {
    expect(indexOf().isSound(BASE + 30, 4_000_001)).toBe(true)
    expect(indexOf().isSound(BASE + 29, 4_000_001)).toBe(false)
    expect(indexOf().isSound(BASE + 30, 4_000_000)).toBe(false)
    for (const [offset, position] of [[29, 5_000_000], [30, 4_000_000], [-1, 5_000_000]] as const) {
      const index = indexOf()
      index.append(BASE + offset, position)
      expect(index.isSound(Infinity, Infinity)).toBe(false)
    }
  })
})

describe('a time index', () => {
  function indexOf(): TimeIndex {
    const index = new TimeIndex(diskOf(), '/log/a', BASE)
    index.append(1000, BASE + 4)
    index.append(1000, BASE + 9)
    index.append(900, BASE + 12)
    index.append(3000, BASE + 20)
    return index
  }

  test('keeps what is later than all before', () => {
    const index = indexOf()
    expect([index.count, index.lastTimestamp, index.lastOffset]).toEqual([2, 3000, BASE + 20])
    expect([999, 1000, 2999, 3000].map((ms) => index.lookup(ms) - BASE)).toEqual([0, 4, 4, 20])
  })

  test('loses the entries that are truncated', () => {
    const index = indexOf()
    index.truncateTo(BASE + 20)
    expect([index.lastTimestamp, index.lastOffset]).toEqual([1000, BASE + 4])
    index.truncateTo(BASE)
    expect([index.lastTimestamp, index.lastOffset]).toEqual([-1, BASE])
  })

  test('tells its last entry without reading the others', () => {
    const disk = diskOf()
    const index = new TimeIndex(disk, '/log/a', BASE)
    for (let i = 0; i < 100; i++) index.append(1000 + i, BASE + i)
    index.table.save()
    const again = new TimeIndex(disk, '/log/a', BASE)
    disk.readFile = () => { throw new Error('the whole file was read') }
    expect([again.lastTimestamp, again.lastOffset]).toEqual([1099, BASE + 99])
  })

  test('is unsound when it does not ascend, or leaves the segment', () => {
    expect(indexOf().isSound(BASE + 21)).toBe(true)
    expect(indexOf().isSound(BASE + 20)).toBe(false)
    const index = indexOf()
    index.append(4000, BASE + 3)
    expect(index.isSound(Infinity)).toBe(false)
  })
})

describe('a transaction index', () => {
  const aborted = (producerId: number, firstOffset: number, lastOffset: number, stable: number) =>
    ({ producerId, firstOffset, lastOffset, lastStableOffset: stable })
  const ALL = [aborted(1, 0, 10, 11), aborted(2, 5, 15, 12), aborted(3, 18, 35, 25)]

  function indexOf(disk = diskOf()): TransactionIndex {
    const index = new TransactionIndex(disk, '/log/a')
    for (const transaction of ALL) index.append(transaction)
    return index
  }

  function collect(from: number, to: number): [producerIds: number[], isComplete: boolean] {
    const found: { producerId: number }[] = []
    const isComplete = indexOf().collect(from, to, found as never[])
    return [found.map(({ producerId }) => producerId), isComplete]
  }

  test('finds what touches the offsets, and says when that is all', () => {
    expect(collect(0, 100)).toEqual([[1, 2, 3], false])
    expect(collect(0, 32)).toEqual([[1, 2, 3], false])
    expect(collect(0, 20)).toEqual([[1, 2, 3], true])
    expect(collect(0, 12)).toEqual([[1, 2], true])
    expect(collect(0, 11)).toEqual([[1], true])
    expect(collect(16, 30)).toEqual([[3], false])
    expect(collect(36, 40)).toEqual([[], false])
  })

  test('is the same when read again, and loses what is truncated', () => {
    const disk = diskOf()
    indexOf(disk).table.save()
    expect(disk.sizeBytes('/log/a')).toBe(3 * 34)
    const again = new TransactionIndex(disk, '/log/a')
    expect([0, 1, 2].map((entry) => again.at(entry))).toEqual(ALL)
    again.truncateTo(15)
    expect(again.count).toBe(1)
  })

  test('is unsound of another version, or with marks outside of the segment', () => {
    expect(indexOf().isSound(0)).toBe(true)
    expect(indexOf().isSound(11)).toBe(false)
    const index = indexOf()
    index.table.bytes()[34] = 1
    expect(index.isSound(0)).toBe(false)
  })
})
