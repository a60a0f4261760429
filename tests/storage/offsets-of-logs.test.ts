// What checkpoints say of logs while they are on their way to the device, or could not get there.

import { beforeEach, expect, test } from '@jest/globals'

import { parseLogConfig } from '../../storage/config.ts'
import { lastOf } from '../../storage/loading.ts'
import type { Log } from '../../storage/log.ts'
import { LogDirectory } from '../../storage/log-directory.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { SimDisk } from '../../sim/storage/sim-disk.ts'
import { append, appendEach, silent, valuesOf } from './harness.ts'

const MARKER = '/data/.kafka_cleanshutdown'
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAg'
const OTHER_ID = 'BBBBBBBBBBBBBBBBBBBBBg'
const config = parseLogConfig(new Map())

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

function openIn(directory: LogDirectory, topic = 'topic', topicId = TOPIC_ID): Log {
  return directory.openLog({ topic, partition: 0, topicId, config, nowMs: 1000 })
}

const checkpoint = (name: string) => disk.readFile(`/data/${name}-offset-checkpoint`)?.toString()

test.each(Array.from({ length: 20 }, (_, turns) => turns))(
  'a topic made again %d turns after a checkpoint was begun has nothing of it (A4)',
  async (turns) => {
    const directory = openDirectory()
    const old = openIn(directory)
    appendEach(old, 'a', 'b', 'c', 'd')
    old.advanceHighWatermark(4)
    old.deleteRecordsTo(3)
    await old.sync()
    directory.checkpoint()
    directory.remove(old, 1000)
    const saving = directory.checkpointAsync()
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    const log = openIn(directory, 'topic', OTHER_ID)
    appendEach(log, 'e')
    const killed = disk.clone()
    await saving
    for (const left of [killed, disk]) {
      disk = left
      const reopened = openIn(openDirectory(), 'topic', OTHER_ID)
      expect([reopened.startOffset, valuesOf(reopened)]).toEqual([0, ['e']])
    }
  })

test('lost recovery points are not made again of some of the logs alone', async () => {
  const replica = { origin: 'replica', leaderEpoch: 0, nowMs: 1000 } as const
  let directory = openDirectory()
  const log = openIn(directory, 'gaps')
  // As a cleaning leaves them.
  append(log, ['a'], { baseOffset: 0, leaderEpoch: 0 }, replica)
  append(log, ['b'], { baseOffset: 10, leaderEpoch: 0 }, replica)
  appendEach(openIn(directory), 'x')
  await directory.close({ brokerEpoch: 1 })
  disk.remove(MARKER)
  disk.remove('/data/recovery-point-offset-checkpoint')
  directory = openDirectory()
  openIn(directory)
  await directory.checkpointAsync()
  expect(checkpoint('recovery-point')).toBeUndefined()
  // It was killed then.
  directory = openDirectory()
  expect(valuesOf(openIn(directory, 'gaps'))).toEqual(['a', 'b'])
  openIn(directory)
  await directory.checkpointAsync()
  expect(checkpoint('recovery-point')).toContain('gaps 0 11')
})

test('a log on its way to the directory that has no room does not keep others from their end',
  async () => {
    const memory = disk
    const full = new SimDisk(memory)
    const directory = new LogDirectory({ disk: full, path: '/data', logger: silent })
    directory.open()
    const of = { partition: 0, topicId: TOPIC_ID, config, nowMs: 1000 }
    appendEach(lastOf(directory.futures.opening({ topic: 'moves', ...of })), 'x')
    const log = directory.openLog({ topic: 'topic', ...of })
    appendEach(log, 'a', 'b')
    log.advanceHighWatermark(2)
    log.deleteRecordsTo(1)
    full.watcher = ({ kind, path }) => (
      ['write', 'create'].includes(kind) && path.includes('future')
        ? { error: Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', path }) } : undefined)
    await directory.close({ brokerEpoch: 1 })
    expect([disk.exists(MARKER), checkpoint('log-start')])
      .toEqual([false, expect.stringContaining('topic 0 1')])
  })
