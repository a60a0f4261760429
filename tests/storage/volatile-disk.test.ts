// The disk of nodes that keep nothing: it does what the disk of the simulation does, whatever is
// done to it, and copies of it go ways of their own.

import { describe, expect, test } from '@jest/globals'
import type { Disk } from '../../storage/disk.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { VolatileDisk } from '../../storage/volatile-disk.ts'
import { randomOf } from './random.ts'

const PATHS = ['/d/a', '/d/b', '/d/e/a', '/d/e/b', '/d/f/a']
const DIRECTORIES = ['/d', '/d/e', '/d/f']

/** What is on a disk: the bytes of its files, and the names of its directories. */
function contents(disk: Disk): unknown {
  return [
    ...PATHS.map((path) => [path, disk.sizeBytes(path), disk.readFile(path)?.toString('latin1')]),
    ...DIRECTORIES.map((path) => [path, disk.exists(path) ? disk.list(path) : undefined]),
  ]
}

/** Does the same to several disks, and compares what they give. */
function work(random: () => number, disks: readonly Disk[]): void {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!
  const path = pick(PATHS)
  const other = pick(PATHS)
  const directory = pick(DIRECTORIES)
  const position = Math.floor(random() * 200_000)
  const bytes = Buffer.alloc(Math.floor(random() * 100_000), 1 + Math.floor(random() * 250))
  const isShort = random() < 0.5
  const what = pick([write, writeAll, truncate, rename, remove, removeTree, read, makeDirectory])
  const results = disks.map((disk) => outcomeOf(() => what(disk)))
  for (const result of results) expect([what.name, result]).toEqual([what.name, results[0]])

  function write(disk: Disk): void {
    disk.open(path, 'create').write(bytes, isShort ? position % 300 : position)
  }
  function writeAll(disk: Disk): void {
    const file = disk.open(path, 'create')
    file.writeAll([bytes, Buffer.from('end')], file.sizeBytes())
  }
  function truncate(disk: Disk): void {
    disk.open(path, 'write').truncate(position)
  }
  function rename(disk: Disk): void {
    disk.rename(path, other)
  }
  function remove(disk: Disk): void {
    disk.remove(path)
  }
  function removeTree(disk: Disk): void {
    if (isShort) disk.removeTree('/d/e')
  }
  function read(disk: Disk): [number, string] {
    const target = Buffer.alloc(150_000, '.')
    const count = disk.open(path, 'read').read(target, 7, 140_000, position % 1000)
    return [count, target.toString('latin1')]
  }
  function makeDirectory(disk: Disk): void {
    disk.makeDirectory(directory)
  }
}

function outcomeOf(fn: () => unknown): unknown {
  try {
    return fn()
  } catch (error) {
    return (error as { code?: string }).code ?? error
  }
}

describe('a volatile disk', () => {
  test.each([1, 2, 3, 4, 5, 6])('does what the disk of the simulation does: %i', (seed) => {
    const random = randomOf(seed)
    const disks = [new MemoryDisk(), new VolatileDisk()]
    for (const disk of disks) for (const directory of DIRECTORIES) disk.makeDirectory(directory)
    for (let i = 0; i < 200; i++) {
      work(random, disks)
      if (i % 20 === 0) expect(contents(disks[1]!)).toEqual(contents(disks[0]!))
    }
  })

  test.each([1, 2, 3])('copies share what they hold, and no change: %i', (seed) => {
    const random = randomOf(seed)
    const first = new VolatileDisk()
    for (const directory of DIRECTORIES) first.makeDirectory(directory)
    for (let i = 0; i < 50; i++) work(random, [first])
    const second = first.copy()
    const before = contents(first)
    expect(contents(second)).toEqual(before)
    for (let i = 0; i < 50; i++) work(random, [second])
    expect(contents(first)).toEqual(before)
    const after = contents(second)
    for (let i = 0; i < 50; i++) work(random, [first])
    expect(contents(second)).toEqual(after)
  })

  test('a directory is taken over from any other disk', () => {
    const from = new MemoryDisk()
    from.makeDirectory('/d/e')
    from.open('/d/a', 'create').write(Buffer.from('one'), 0)
    from.open('/d/e/b', 'create').write(Buffer.from('two'), 0)
    const to = new VolatileDisk()
    to.copyFrom(from, '/d')
    expect(contents(to)).toEqual(contents(from))
  })

  test('one has a lock at a time', () => {
    const disk = new VolatileDisk()
    const lock = disk.lock('/d/.lock')
    expect(disk.lock('/d/.lock')).toBeUndefined()
    expect(disk.copy().lock('/d/.lock')).toBeDefined()
    lock?.release()
    expect(disk.lock('/d/.lock')).toBeDefined()
  })
})
