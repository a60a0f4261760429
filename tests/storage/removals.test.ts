// What is to go: at its time, some of it at once.

import { expect, test } from '@jest/globals'

import { MemoryDisk } from '../../storage/memory-disk.ts'
import { Removals } from '../../storage/removals.ts'

function withFiles(count: number) {
  const disk = new MemoryDisk()
  disk.makeDirectory('/data')
  const removals = new Removals(disk)
  const paths = Array.from({ length: count }, (_, i) => `/data/${i}`)
  for (const path of paths) disk.open(path, 'create').close()
  return { disk, removals, paths, left: () => disk.list('/data').length }
}

test('thousands go over many calls, each of them once, and who has it open hears of it', () => {
  const { removals, paths, left } = withFiles(1000)
  const heard: string[] = []
  for (const path of paths) {
    removals.add(path, 5, () => {
      expect(left()).toBe(1000 - heard.length)
      heard.push(path)
    })
  }
  expect(removals.removeDue(4)).toEqual([])
  const calls: string[][] = []
  for (let some = removals.removeDue(5); some.length > 0; some = removals.removeDue(5)) {
    calls.push(some)
  }
  expect(Math.max(...calls.map(({ length }) => length))).toBeLessThan(50)
  expect(calls.flat()).toEqual(paths)
  expect(heard).toEqual(paths)
  expect(left()).toBe(0)
})

test('what is due goes past what is not, in whatever order they came', () => {
  const { removals, paths, left } = withFiles(200)
  for (const [i, path] of paths.entries()) removals.add(path, i % 2 === 0 ? 100 : i)
  while (removals.removeDue(50).length > 0);
  expect(left()).toBe(200 - 25)
  expect(removals.removeDue(50)).toEqual([])
  removals.add('/data/60', 7)
  expect(removals.removeDue(7)).toEqual(['/data/60'])
  while (removals.removeDue(200).length > 0);
  expect(left()).toBe(0)
})
