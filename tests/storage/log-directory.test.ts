// A directory of logs: what its checkpoints bring over a restart, clean or not, and how logs go.

import { beforeEach, describe, expect, test } from '@jest/globals'

import { parseLogConfig } from '../../storage/config.ts'
import { StorageError } from '../../storage/disk.ts'
import type { Log } from '../../storage/log.ts'
import { LogDirectory } from '../../storage/log-directory.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { append, appendEach, silent, valuesOf } from './harness.ts'
import { StoppingDisk } from './stopping-disk.ts'

const MARKER = '/data/.kafka_cleanshutdown'
const STARTS = '/data/log-start-offset-checkpoint'
const LATER = '/data/topic-0/00000000000000000002.log'
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAg'
const config = {
  ...parseLogConfig(new Map()), segmentBytes: 200, indexIntervalBytes: 0, fileDeleteDelayMs: 100,
}

let disk: MemoryDisk
beforeEach(() => {
  disk = new MemoryDisk()
  disk.makeDirectory('/data')
})

function openDirectory(): LogDirectory {
  const directory = new LogDirectory({ disk, path: '/data', logger: silent })
  directory.open()
  return directory
}

function openIn(directory: LogDirectory, partition = 0, topic = 'topic', topicId = TOPIC_ID): Log {
  return directory.openLog({ topic, partition, topicId, config, nowMs: 1000 })
}

const namesIn = (path = '/data') => disk.list(path).map(({ name }) => name)
const checkpoint = (name: string) => disk.readFile(`/data/${name}-offset-checkpoint`)?.toString()

function overwrite(path: string, text: string): void {
  const file = disk.open(path, 'create')
  file.truncate(0)
  file.write(Buffer.from(text), 0)
}

describe('a directory that was closed', () => {
  async function closed(): Promise<void> {
    const directory = openDirectory()
    const log = openIn(directory)
    appendEach(log, 'a', 'b', 'c', 'd')
    log.advanceHighWatermark(3)
    log.deleteRecordsTo(1)
    openIn(directory, 1)
    await directory.close({ brokerEpoch: 17 })
  }

  test('says so, once, with the epoch of the broker', async () => {
    await closed()
    expect(disk.readFile(MARKER)?.toString()).toBe('{"version":0,"brokerEpoch":17}')
    const directory = openDirectory()
    expect(directory.previousBrokerEpoch).toBe(17)
    expect(disk.exists(MARKER)).toBe(false)
    expect(openDirectory().previousBrokerEpoch).toBe(-1)
  })

  test('has Kafka\'s checkpoints', async () => {
    await closed()
    expect(checkpoint('recovery-point')).toBe('0\n2\ntopic 0 4\ntopic 1 0\n')
    expect(checkpoint('replication')).toBe('0\n2\ntopic 0 3\ntopic 1 0\n')
    const starts = disk.readFile('/data/log-start-offset-checkpoint')?.toString()
    expect(starts).toBe('0\n2\ntopic 0 1\ntopic 1 0\n')
  })

  test.each<[string, () => void, () => void]>([
    ['a start behind the end', () => overwrite(STARTS, '0\n1\ntopic 0 99\n'),
      () => overwrite(STARTS, '0\n1\ntopic 0 1\n')],
    ['a segment gone', () => disk.rename(LATER, '/data/kept'),
      () => disk.rename('/data/kept', LATER)],
  ])('refuses a log at every start until it is whole: %s', async (_, harm, mend) => {
    await closed()
    harm()
    // Each start but the first one follows a kill.
    for (let start = 0; start < 3; start++) {
      const directory = openDirectory()
      expect(() => openIn(directory)).toThrow('topic-0 is damaged')
    }
    mend()
    expect(valuesOf(openIn(openDirectory()))).toEqual(['b', 'c', 'd'])
    // From now on it is as any other.
    expect(namesIn('/data/topic-0')).not.toContain('refused')
  })

  test('opens as it was, on the device too', async () => {
    await closed()
    disk.crash()
    const directory = openDirectory()
    expect(directory.names()).toEqual(['topic-0', 'topic-1'])
    const log = openIn(directory)
    expect([log.startOffset, log.highWatermark, log.endOffset]).toEqual([1, 3, 4])
    expect([directory.has('topic', 1), directory.get('topic', 1)]).toEqual([true, undefined])
    expect(valuesOf(log)).toEqual(['b', 'c', 'd'])
  })

  test('keeps in the checkpoints what is not opened yet', async () => {
    await closed()
    const directory = openDirectory()
    openIn(directory, 1)
    directory.checkpoint()
    expect(checkpoint('replication')?.split('\n')).toContain('topic 0 3')
  })
})

describe('closing a directory', () => {
  class CountingDisk extends MemoryDisk {
    changes = 0

    override checkFailure(path: string): void {
      this.changes++
      super.checkFailure(path)
    }
  }

  function openAll(counting: CountingDisk, count: number): LogDirectory {
    disk = counting
    const directory = openDirectory()
    for (let partition = 0; partition < count; partition++) openIn(directory, partition)
    counting.changes = 0
    return directory
  }

  /** What closing them does to the disk: the first time, and after a clean start. */
  async function changesOf(count: number): Promise<number[]> {
    const counting = new CountingDisk()
    counting.makeDirectory('/data')
    const changes: number[] = []
    for (const isNew of [true, false, false]) {
      const directory = openAll(counting, count)
      if (isNew) for (const log of directory.logs()) appendEach(log, 'a')
      await directory.close({ brokerEpoch: 1 })
      changes.push(counting.changes)
    }
    return changes
  }

  test('writes nothing of the logs that did not change', async () => {
    const [few, many] = [await changesOf(2), await changesOf(50)]
    expect(many[0]! - few[0]!).toBeGreaterThan(48 * 4)
    expect(many.slice(1)).toEqual(few.slice(1))
  })

  test('writes nothing of logs that are as empty as they were made', async () => {
    const changes = await Promise.all([1, 30].map(async (count) => {
      const counting = new CountingDisk()
      counting.makeDirectory('/data')
      const directory = openAll(counting, count)
      await directory.close({ brokerEpoch: 1 })
      return counting.changes
    }))
    expect(changes[1]).toBe(changes[0])
  })

  test('does not matter to logs without records: there is nothing to recover', () => {
    const counting = new CountingDisk()
    counting.makeDirectory('/data')
    openAll(counting, 20)
    counting.crash()
    openAll(counting, 20)
    const directory = openDirectory()
    counting.changes = 0
    for (let partition = 0; partition < 20; partition++) openIn(directory, partition)
    expect(counting.changes).toBe(0)
  })

  test('brings what was written to the device, that of many at a time', async () => {
    const directory = openDirectory()
    for (let partition = 0; partition < 100; partition++) {
      appendEach(openIn(directory, partition), `value ${partition}`)
    }
    await directory.close({ brokerEpoch: 1 })
    disk.crash()
    const again = openDirectory()
    for (let partition = 0; partition < 100; partition++) {
      expect(valuesOf(openIn(again, partition))).toEqual([`value ${partition}`])
    }
  })
})

describe('checkpoints that are written while others go on', () => {
  test('do not bring back a recovery point that became lower meanwhile', async () => {
    const directory = openDirectory()
    const log = openIn(directory)
    appendEach(log, 'a', 'b', 'c')
    await log.sync()
    const writing = directory.checkpointAsync()
    log.truncateTo(1)
    await writing
    expect(checkpoint('recovery-point')).toBe('0\n1\ntopic 0 1\n')
    await directory.checkpointAsync()
    expect(checkpoint('recovery-point')).toBe('0\n1\ntopic 0 1\n')
  })

  test('are on the device then, and fail with StorageError', async () => {
    const directory = openDirectory()
    appendEach(openIn(directory), 'a')
    await directory.checkpointAsync()
    disk.crash()
    expect(checkpoint('replication')).toBe('0\n1\ntopic 0 0\n')
    openIn(directory, 1)
    disk.failure = new Error('EIO')
    await expect(directory.checkpointAsync()).rejects.toThrow(StorageError)
  })
})

describe('a directory that was not closed', () => {
  test('recovers its logs, from their recovery points', async () => {
    const directory = openDirectory()
    const log = openIn(directory)
    appendEach(log, 'a', 'b', 'c')
    await log.sync()
    directory.checkpoint()
    appendEach(log, 'd')
    disk.crash()
    const again = openIn(openDirectory())
    expect(valuesOf(again)).toEqual(['a', 'b', 'c'])
  })

  test('is not marked as closed while a log waits for its recovery', async () => {
    openIn(openDirectory())
    await openDirectory().close({ brokerEpoch: 1 })
    expect(disk.exists(MARKER)).toBe(false)
    const directory = openDirectory()
    openIn(directory)
    await directory.close({ brokerEpoch: 1 })
    expect(disk.exists(MARKER)).toBe(true)
  })

  test('still has the log whose opening failed', async () => {
    const first = openDirectory()
    const log = openIn(first)
    appendEach(log, 'a', 'b')
    log.advanceHighWatermark(2)
    first.checkpoint()
    const directory = openDirectory()
    const otherId = 'AAAAAAAAAAAAAAAAAAAABA'
    expect(() => openIn(directory, 0, 'topic', otherId)).toThrow('topic id')
    expect(directory.names()).toEqual(['topic-0'])
    await directory.close({ brokerEpoch: 1 })
    expect(disk.exists(MARKER)).toBe(false)
    expect(checkpoint('replication')).toBe('0\n1\ntopic 0 2\n')
  })

  test.each(['recovery-point', 'replication', 'log-start'])(
    'starts with a damaged checkpoint: %s', (name) => {
      const directory = openDirectory()
      const log = openIn(directory)
      appendEach(log, 'a', 'b', 'c')
      log.advanceHighWatermark(3)
      directory.checkpoint()
      overwrite(`/data/${name}-offset-checkpoint`, '0\n1\ntopic 0')
      const again = openIn(openDirectory())
      expect(valuesOf(again)).toEqual(['a', 'b', 'c'])
    })

  test('believes nothing of a lost recovery point, and keeps what was compacted once', () => {
    const directory = openDirectory()
    const log = openIn(directory)
    for (const baseOffset of [0, 5, 9, 20]) {
      append(log, ['a'], { baseOffset, leaderEpoch: 0 }, { origin: 'replica' })
    }
    log.flush()
    disk.remove('/data/recovery-point-offset-checkpoint')
    expect(openIn(openDirectory()).endOffset).toBe(21)
  })
})

describe('truncation', () => {
  test('lowers the recovery point that is written down', async () => {
    const directory = openDirectory()
    const log = openIn(directory)
    appendEach(log, 'a', 'b', 'c', 'd', 'e', 'f')
    await log.sync()
    directory.checkpoint()
    log.truncateTo(2)
    expect(checkpoint('recovery-point')).toBe('0\n1\ntopic 0 2\n')
    disk.crash()
    expect(valuesOf(openIn(openDirectory()))).toEqual(['a', 'b'])
  })

  test('lowers it before anything is cut: what is gone is not taken for lost', async () => {
    for (let changes = 0; ; changes++) {
      const stopping = new StoppingDisk()
      disk = stopping
      disk.makeDirectory('/data')
      const directory = openDirectory()
      const log = openIn(directory)
      appendEach(log, 'a', 'b', 'c')
      await log.sync()
      directory.checkpoint()
      stopping.stopAfter(changes)
      let isDone = true
      try {
        log.truncateTo(1)
      } catch (error) {
        if (!stopping.hasStopped) throw error
        isDone = false
      }
      stopping.stopAfter(Infinity)
      disk.crash()
      expect(valuesOf(openIn(openDirectory()))[0]).toBe('a')
      if (isDone) break
    }
  })

  test('does not go by a recovery point of more than there is: that is a loss (H3)', async () => {
    const directory = openDirectory()
    const log = openIn(directory)
    appendEach(log, 'a', 'b', 'c')
    await log.sync()
    directory.checkpoint()
    const before = checkpoint('recovery-point')!
    log.truncateTo(1)
    overwrite('/data/recovery-point-offset-checkpoint', before)
    const again = openDirectory()
    expect(() => openIn(again)).toThrow('topic-0 is damaged: it ends at offset 1')
    expect(again.names()).toEqual(['topic-0'])
  })
})

describe('a log that is removed', () => {
  test('goes under another name at once, and for good some time later', () => {
    const directory = openDirectory()
    const log = openIn(directory)
    appendEach(log, 'a')
    append(log, ['staged'])
    directory.remove(log, 5000)
    expect(directory.has('topic', 0)).toBe(false)
    expect(namesIn().filter((name) => /^topic-0\.[0-9a-f]{32}-delete$/.test(name)).length).toBe(1)
    log.flush()
    directory.tick(5099)
    expect(namesIn().some((name) => name.endsWith('-delete'))).toBe(true)
    directory.tick(5100)
    expect(namesIn().some((name) => name.endsWith('-delete'))).toBe(false)
  })

  test('may come back and go again before its files do', () => {
    const directory = openDirectory()
    for (let i = 0; i < 3; i++) {
      const log = openIn(directory)
      expect(log.endOffset).toBe(0)
      appendEach(log, 'a')
      directory.remove(log, 5000)
    }
    expect(namesIn().filter((name) => name.endsWith('-delete')).length).toBe(3)
  })

  test('keeps its partition in the longest name', () => {
    const directory = openDirectory()
    const topic = 't'.repeat(249)
    for (const partition of [0, 1]) directory.remove(openIn(directory, partition, topic), 5000)
    const deleted = namesIn().filter((name) => name.endsWith('-delete'))
    const partitions = deleted.map((name) => /^t{213}-([01])\.\w{32}-delete$/.exec(name)?.[1])
    expect(partitions).toEqual(['0', '1'])
    expect(deleted.map(({ length }) => length)).toEqual([255, 255])
  })

  test('goes with the next start, if not before', () => {
    const directory = openDirectory()
    directory.remove(openIn(directory), 5000)
    const again = openDirectory()
    expect(again.names()).toEqual([])
    again.tick(0)
    expect(namesIn().some((name) => name.endsWith('-delete'))).toBe(false)
  })
})

describe('a disk that fails', () => {
  test('shows itself as StorageError, whatever is going on', async () => {
    const directory = openDirectory()
    const log = openIn(directory)
    append(log, ['a'])
    disk.failure = new Error('EIO')
    log.advanceHighWatermark(1)
    expect(() => directory.checkpoint()).toThrow(StorageError)
    await expect(log.sync()).rejects.toThrow(StorageError)
    expect(log.isFailed).toBe(true)
    expect(() => log.tick(1e15)).not.toThrow()
    expect(() => directory.remove(log, 0)).toThrow(StorageError)
  })

  test('leaves no mark of a clean end, and all else is closed', async () => {
    const directory = openDirectory()
    const [failing, sound] = [openIn(directory, 0), openIn(directory, 1)]
    append(failing, ['a'])
    append(sound, ['b'])
    disk.failure = new Error('EIO')
    expect(() => failing.flush()).toThrow(StorageError)
    disk.failure = undefined
    await directory.close({ brokerEpoch: 1 })
    expect(disk.exists(MARKER)).toBe(false)
    expect(checkpoint('recovery-point')).toBe('0\n2\ntopic 0 0\ntopic 1 1\n')
  })
})

describe('a name that is used again', () => {
  /** A log whose start is on the device, and that then goes with its topic. */
  async function removed(): Promise<LogDirectory> {
    const directory = openDirectory()
    const log = openIn(directory)
    appendEach(log, 'a', 'b', 'c', 'd')
    log.advanceHighWatermark(4)
    log.deleteRecordsTo(3)
    await log.sync()
    directory.checkpoint()
    directory.remove(log, 1000)
    return directory
  }
  const OTHER_ID = 'BBBBBBBBBBBBBBBBBBBBBg'

  test('does not bring the start of the log that had it (A2)', async () => {
    const log = openIn(await removed(), 0, 'topic', OTHER_ID)
    appendEach(log, 'e')
    const reopened = openIn(openDirectory(), 0, 'topic', OTHER_ID)
    expect([reopened.startOffset, valuesOf(reopened)]).toEqual([0, ['e']])
  })

  test('does not bring back its files when power is lost', async () => {
    openIn(await removed(), 0, 'topic', OTHER_ID)
    disk.crash()
    expect(namesIn().filter((name) => name.startsWith('topic')))
      .toEqual([expect.stringMatching(/-delete$/)])
  })

  test('is told from the other by the id of its topic, which a sync brings to the device',
    async () => {
      const directory = openDirectory()
      const log = openIn(directory)
      appendEach(log, 'a')
      await log.sync()
      disk.crash()
      expect(openDirectory().topicIdOf('topic-0')).toBe(TOPIC_ID)
    })

  test('and so does a recovery', () => {
    appendEach(openIn(openDirectory()), 'a')
    openIn(openDirectory())
    disk.crash()
    expect(openDirectory().topicIdOf('topic-0')).toBe(TOPIC_ID)
  })
})

test('a log that is cut before its start keeps what is appended then (A2)', () => {
  const directory = openDirectory()
  const log = openIn(directory)
  appendEach(log, 'a', 'b', 'c', 'd')
  log.advanceHighWatermark(4)
  log.deleteRecordsTo(3)
  directory.checkpoint()
  log.truncateFully(1)
  appendEach(log, 'e')
  const reopened = openIn(openDirectory())
  expect([reopened.startOffset, valuesOf(reopened)]).toEqual([1, ['e']])
})

test('a directory that is gone is not made again for a new log', () => {
  const directory = openDirectory()
  disk.rename('/data', '/elsewhere')
  expect(() => openIn(directory)).toThrow(StorageError)
  expect(disk.exists('/data')).toBe(false)
})
