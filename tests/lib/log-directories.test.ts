// The directories of a node: locked, formatted, opened, and closed for the next start.

import { describe, expect, test } from '@jest/globals'
import { DEVELOPMENT, parseConfig } from '../../lib/config.ts'
import { LogDirectories } from '../../lib/log-directories.ts'
import { StartError } from '../../lib/start-error.ts'
import { systemClock } from '../../lib/world/clock.ts'
import { systemRandom } from '../../lib/world/random.ts'
import { tcpNetwork } from '../../lib/world/tcp.ts'
import { parseLogConfig } from '../../storage/config.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { silent } from './coordinators/harness.ts'

const TOPIC = { topic: 'a', partition: 0, topicId: 'AAAAAAAAAAAAAAAAAAAAAB', nowMs: 0 }
const MARKER = '.kafka_cleanshutdown'

function directoriesOn(disk: MemoryDisk, settings: Readonly<Record<string, string>>) {
  const properties = new Map(Object.entries(settings))
  return new LogDirectories(parseConfig(properties, () => {}, { base: DEVELOPMENT }), {
    disk, clock: systemClock(), random: systemRandom(), network: tcpNetwork(), logger: silent,
  })
}

function opened(disk: MemoryDisk, settings: Readonly<Record<string, string>>): LogDirectories {
  const directories = directoriesOn(disk, settings)
  directories.open()
  return directories
}

describe('log directories', () => {
  test('empty ones are formatted, the metadata directory with the bootstrap snapshot', () => {
    const disk = new MemoryDisk()
    const directories = opened(disk, { 'log.dirs': '/a,/b', 'metadata.log.dir': '/m' })
    expect(directories.clusterId).toMatch(/^[\w-]{22}$/)
    expect(directories.all.map(({ path }) => path)).toEqual(['/a', '/b'])
    expect(new Set(directories.ids).size).toBe(2)
    const snapshot = '__cluster_metadata-0/00000000000000000000-0000000000.checkpoint'
    expect(['/a', '/b', '/m'].map((path) => disk.exists(`${path}/${snapshot}`)))
      .toEqual([false, false, true])
    for (const path of ['/a', '/b', '/m']) expect(disk.exists(`${path}/meta.properties`)).toBe(true)
  })

  test('one named twice is one', () => {
    const directories = opened(new MemoryDisk(), { 'log.dirs': '/a,/a' })
    expect(directories.all).toHaveLength(1)
    expect(directories.ids).toHaveLength(1)
  })

  test('what another process has is refused, and nothing is kept then', async () => {
    const disk = new MemoryDisk()
    const first = opened(disk, { 'log.dirs': '/b' })
    const second = directoriesOn(disk, { 'log.dirs': '/a,/b' })
    expect(() => second.open()).toThrow('/b is in use by another process')
    await second.close()
    expect(() => second.open()).toThrow(StartError)
    await second.close()
    expect(disk.exists('/a/meta.properties')).toBe(false)
    await first.close()
    expect(opened(disk, { 'log.dirs': '/a,/b' }).all).toHaveLength(2)
  })

  test('the epoch of a clean end is there at the next start, if all agree on it', async () => {
    const disk = new MemoryDisk()
    const first = opened(disk, { 'log.dirs': '/a,/b' })
    expect(first.previousBrokerEpoch).toBe(-1)
    first.brokerEpoch = 7
    await first.close()
    const second = opened(disk, { 'log.dirs': '/a,/b' })
    expect(second.previousBrokerEpoch).toBe(7)
    second.brokerEpoch = 9
    await second.close()
    expect(opened(disk, { 'log.dirs': '/a,/b,/c' }).previousBrokerEpoch).toBe(-1)
  })

  test('a directory that failed is not marked as clean', async () => {
    const disk = new MemoryDisk()
    const directories = opened(disk, { 'log.dirs': '/a,/b' })
    directories.all[0]!.fail()
    await directories.close()
    expect(['/a', '/b'].map((path) => disk.exists(`${path}/${MARKER}`))).toEqual([false, true])
  })

  test('a start that ends before its logs are recovered leaves them to be recovered', async () => {
    const disk = new MemoryDisk()
    const config = parseLogConfig(new Map())
    opened(disk, { 'log.dirs': '/a' }).all[0]!.openLog({ ...TOPIC, config })
    disk.syncDirectory('/a')
    disk.crash()
    await opened(disk, { 'log.dirs': '/a' }).close()
    expect(disk.exists(`/a/${MARKER}`)).toBe(false)
    const third = opened(disk, { 'log.dirs': '/a' })
    third.all[0]!.openLog({ ...TOPIC, config })
    await third.close()
    expect(disk.exists(`/a/${MARKER}`)).toBe(true)
  })
})
