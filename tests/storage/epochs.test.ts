// Leader epochs: where each begins and ends, and what truncation and deletion leave of them.

import { describe, expect, test } from '@jest/globals'

import { LeaderEpochs } from '../../storage/epochs.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'

const PATH = '/log/leader-epoch-checkpoint'

function epochsOf(...entries: [epoch: number, startOffset: number][]) {
  const disk = new MemoryDisk()
  disk.makeDirectory('/log')
  const epochs = new LeaderEpochs(disk, PATH)
  for (const [epoch, startOffset] of entries) epochs.assign(epoch, startOffset)
  const list = (): [number, number][] =>
    epochs.entries.map(({ epoch, startOffset }) => [epoch, startOffset])
  return { disk, epochs, list }
}

describe('leader epochs', () => {
  test('are assigned once, and never go back', () => {
    const { epochs, list } = epochsOf([0, 0], [2, 10])
    epochs.assign(2, 15)
    expect(list()).toEqual([[0, 0], [2, 10]])
    epochs.assign(-1, 20)
    expect(list()).toEqual([[0, 0], [2, 10]])
    epochs.assign(3, 10)
    expect(list()).toEqual([[0, 0], [3, 10]])
    epochs.assign(1, 30)
    expect(list()).toEqual([[0, 0], [1, 30]])
    epochs.assign(1, 5)
    expect(list()).toEqual([[0, 0], [1, 5]])
  })

  test('end where the next one begins, the last one where the log does', () => {
    const { epochs } = epochsOf([2, 5], [4, 20], [7, 30])
    const end = (epoch: number) => {
      const { epoch: found, endOffset } = epochs.endOffsetFor(epoch, 41)
      return [found, endOffset]
    }
    expect(end(7)).toEqual([7, 41])
    expect(end(8)).toEqual([-1, -1])
    expect(end(-1)).toEqual([-1, -1])
    expect(end(4)).toEqual([4, 30])
    // KIP-279: the largest that is not larger.
    expect(end(5)).toEqual([4, 30])
    expect(end(3)).toEqual([2, 20])
    // Before all that is known.
    expect(end(1)).toEqual([1, 5])
    expect(epochsOf().epochs.endOffsetFor(0, 3)).toEqual({ epoch: -1, endOffset: -1 })
  })

  test('tell of every offset which it lies in', () => {
    const { epochs } = epochsOf([2, 5], [4, 20])
    expect([4, 5, 19, 20, 99].map((offset) => epochs.epochOf(offset))).toEqual([-1, 2, 2, 4, 4])
  })

  test('go with the records that are truncated', () => {
    const { epochs, list } = epochsOf([2, 5], [4, 20], [7, 30])
    epochs.truncateFromEnd(31)
    expect(list().length).toBe(3)
    epochs.truncateFromEnd(20)
    expect(list()).toEqual([[2, 5]])
  })

  test('begin with the log when its start moves', () => {
    const { epochs, list } = epochsOf([2, 5], [4, 20], [7, 30])
    epochs.truncateFromStart(3)
    expect(list()).toEqual([[2, 5], [4, 20], [7, 30]])
    epochs.truncateFromStart(25)
    expect(list()).toEqual([[4, 25], [7, 30]])
    epochs.truncateFromStart(30)
    expect(list()).toEqual([[7, 30]])
  })

  test('are read back from a file that Kafka could have written', () => {
    const { disk, epochs, list } = epochsOf([2, 5], [4, 20])
    epochs.save()
    expect(disk.readFile(PATH)?.toString()).toBe('0\n2\n2 5\n4 20\n')
    const again = new LeaderEpochs(disk, PATH)
    expect(again.load()).toBe(true)
    expect(again.entries.map(({ epoch, startOffset }) => [epoch, startOffset])).toEqual(list())
  })

  test.each(['', '0\n2\n2 5\n', '0\n2\n2 5\n4 2', '1\n0\n', '0\n1\nx 5\n', '\0\0\0\0'])(
    'are not read from %j', (text) => {
      const { disk, epochs } = epochsOf([2, 5])
      epochs.save()
      const file = disk.open(PATH, 'write')
      file.truncate(0)
      file.write(Buffer.from(text), 0)
      expect(epochs.load()).toBe(false)
      expect(epochs.latest).toBe(-1)
    })
})
