// Buffers of reads: what several readers ask for is read once, and nobody's buffer is filled anew.

import { expect, test } from '@jest/globals'

import { BufferPool, type ReadFile } from '../../storage/buffer-pool.ts'
import { CountingDisk } from './counting-disk.ts'

const SIZE_BYTES = 8192

/** A file of blocks that have all bytes alike: those of the first are 0, of the next 1, and on. */
function fileOf(disk: CountingDisk, blocks = 200): ReadFile {
  disk.makeDirectory('/data')
  const file = disk.open('/data/0.log', 'create')
  for (let i = 0; i < blocks; i++) file.write(Buffer.alloc(SIZE_BYTES, i), i * SIZE_BYTES)
  return { file, places: {} }
}

const read = (pool: BufferPool, from: ReadFile, block: number, sizeBytes = SIZE_BYTES) =>
  pool.read(from, block * SIZE_BYTES, sizeBytes)

const isBlock = (bytes: Buffer, block: number) => bytes.equals(Buffer.alloc(SIZE_BYTES, block))

test('what several read at about the same time is read once', () => {
  const disk = new CountingDisk()
  const from = fileOf(disk)
  const pool = new BufferPool()
  const reads = disk.readsOf(() => {
    for (let block = 0; block < 10; block++) {
      const leases = [0, 0, 0].map(() => read(pool, from, block))
      for (const { bytes } of leases) expect(isBlock(bytes, block)).toBe(true)
      for (const { release } of leases) release()
      // Nor has it to be at the same time.
      read(pool, from, block).release()
    }
  })
  expect(reads).toBe(10)
})

test('another size, place, file or content is read', () => {
  const disk = new CountingDisk()
  const from = fileOf(disk)
  const pool = new BufferPool()
  read(pool, from, 1).release()
  const others = [
    () => read(pool, from, 1, SIZE_BYTES - 1), () => read(pool, from, 2),
    () => read(pool, { ...from, places: {} }, 1),
  ]
  for (const other of others) expect(disk.readsOf(() => other().release())).toBe(1)
})

test('a buffer that somebody has is not filled anew, however often another is given back', () => {
  const from = fileOf(new CountingDisk())
  const pool = new BufferPool()
  const kept = Array.from({ length: 60 }, (_, block) => read(pool, from, block))
  for (let block = 60; block < 200; block++) {
    const { release } = read(pool, from, block)
    release()
    release()
  }
  kept.forEach(({ bytes }, block) => expect(isBlock(bytes, block)).toBe(true))
})

test('a read that the end of the file cut short is not given to who asks later', () => {
  const disk = new CountingDisk()
  const from = fileOf(disk, 1)
  const pool = new BufferPool()
  const first = read(pool, from, 0, 2 * SIZE_BYTES)
  expect(first.bytes).toHaveLength(SIZE_BYTES)
  first.release()
  from.file.write(Buffer.alloc(SIZE_BYTES, 1), SIZE_BYTES)
  expect(read(pool, from, 0, 2 * SIZE_BYTES).bytes).toHaveLength(2 * SIZE_BYTES)
})

test('what was not needed since the last trim goes, what is lent stays', () => {
  const disk = new CountingDisk()
  const from = fileOf(disk)
  const pool = new BufferPool()
  const lent = read(pool, from, 0)
  for (const block of [1, 2, 3].map((i) => read(pool, from, i))) block.release()
  const isKept = (block: number) => disk.readsOf(() => read(pool, from, block).release()) === 0
  pool.trim()
  expect([1, 2, 3].map(isKept)).toEqual([true, true, true])
  // Since then there were two at a time.
  pool.trim()
  pool.trim()
  expect(isKept(1)).toBe(false)
  expect(isBlock(lent.bytes, 0)).toBe(true)
  expect(isKept(0)).toBe(true)
})

test('what somebody else has just asked for is known, until others have asked for much', () => {
  const disk = new CountingDisk()
  const [from, other] = [fileOf(disk), { ...fileOf(disk), places: {} }]
  const pool = new BufferPool()
  const sought = (place: ReadFile, position: number) => pool.isSoughtAgain(place, position)
  expect([sought(from, 0), sought(from, 0)]).toEqual([false, true])
  expect([sought(from, 1), sought(other, 0)]).toEqual([false, false])
  for (let i = 0; i < 100; i++) sought(other, i + 1)
  expect(sought(from, 0)).toBe(false)
  pool.trim()
  expect(sought(from, 0)).toBe(false)
})
