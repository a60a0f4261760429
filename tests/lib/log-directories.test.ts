// The directories of a node: locked, formatted, opened, and closed for the next start.

import { describe, expect, test } from '@jest/globals'
import { record } from '../../controller/metadata-records.ts'
import { encodeSnapshot, snapshotFileName } from '../../controller/snapshot-format.ts'
import { DEVELOPMENT, parseConfig } from '../../lib/config.ts'
import { RunningSettings } from '../../lib/config/running.ts'
import { LogDirectories } from '../../lib/log-directories.ts'
import { StartError } from '../../lib/start-error.ts'
import { systemClock } from '../../lib/world/clock.ts'
import { systemRandom } from '../../lib/world/random.ts'
import { tcpNetwork } from '../../lib/world/tcp.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { parseLogConfig } from '../../storage/config.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { silent } from './coordinators/harness.ts'

const TOPIC = { topic: 'a', partition: 0, topicId: 'AAAAAAAAAAAAAAAAAAAAAB', nowMs: 0 }
const MARKER = '.kafka_cleanshutdown'

function directoriesOn(disk: MemoryDisk, settings: Readonly<Record<string, string>>) {
  const properties = new Map(Object.entries(settings))
  const config = parseConfig(properties, () => {}, { base: DEVELOPMENT })
  return new LogDirectories(config, new RunningSettings(config, silent), {
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

  test('what another broker has is refused, and nothing is kept then', async () => {
    const disk = new MemoryDisk()
    const first = opened(disk, { 'log.dirs': '/b' })
    const second = directoriesOn(disk, { 'log.dirs': '/a,/b' })
    expect(() => second.open()).toThrow('/b is in use by a broker that runs, see .lock')
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

  test('without one that cannot be used the rest goes on, not without the metadata', async () => {
    const disk = new MemoryDisk()
    const first = opened(disk, { 'log.dirs': '/a,/b' })
    const [a, b] = first.ids
    await first.close()
    disk.removeTree('/b')
    disk.open('/b', 'create').close()
    const second = opened(disk, { 'log.dirs': '/a,/b' })
    expect([second.all.map(({ path }) => path), second.ids, second.hasLost])
      .toEqual([['/a'], [a], true])
    await second.close()
    const third = directoriesOn(disk, { 'log.dirs': '/a,/b', 'metadata.log.dir': '/b' })
    expect(() => third.open()).toThrow('log.dirs: /b cannot be used')
    await third.close()
    const fourth = directoriesOn(disk, { 'log.dirs': '/b', 'metadata.log.dir': '/a' })
    expect(() => fourth.open()).toThrow('log.dirs: /b cannot be used')
    await fourth.close()
    disk.remove('/b')
    const fifth = opened(disk, { 'log.dirs': '/a,/b' })
    // What lay there is not taken for what lies there now.
    expect([fifth.ids[0], fifth.ids[1] === b, fifth.hasLost]).toEqual([a, false, false])
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

describe('the metadata of a newer cluster', () => {
  const METADATA = '/a/__cluster_metadata-0'
  const featureLevel = (name: string, level: number): Buffer =>
    record('featureLevel', 0, { name, featureLevel: level }).bytes

  /** A directory that was closed, with these records behind those it was formatted with. */
  async function withLog(...values: readonly Buffer[]): Promise<MemoryDisk> {
    const disk = new MemoryDisk()
    await opened(disk, { 'log.dirs': '/a' }).close()
    write(disk, `${METADATA}/${'0'.repeat(20)}.log`, ...values.map((value, i) => (
      buildBatch({ baseOffset: i, records: [{ key: null, value, timestamp: 0 }] })
    )))
    return disk
  }

  function write(disk: MemoryDisk, path: string, ...parts: readonly Buffer[]): void {
    const file = disk.open(path, 'create')
    file.writeAll(parts, 0)
    file.close()
  }

  /** All files with what is in them. */
  function filesOf(disk: MemoryDisk, directory = '/a'): [string, string][] {
    return disk.list(directory).flatMap(({ name, isDirectory }): [string, string][] => {
      const path = `${directory}/${name}`
      return isDirectory ? filesOf(disk, path) : [[path, disk.readFile(path)!.toString('hex')]]
    })
  }

  /** Nothing has changed when it is refused. */
  async function expectRefusal(disk: MemoryDisk, reason: string): Promise<void> {
    const before = filesOf(disk)
    expect(before.map(([path]) => path)).toContain(`/a/${MARKER}`)
    const directories = directoriesOn(disk, { 'log.dirs': '/a' })
    expect(() => directories.open()).toThrow(new StartError(`/a is of a cluster with ${reason}: `
      + 'start the broker that it was last used by, or a newer Samsa'))
    await directories.close()
    expect(filesOf(disk)).toEqual(before)
  }

  test('is refused by the feature and its level', async () => {
    await expectRefusal(await withLog(featureLevel('metadata.version', 34)),
      'metadata.version 34, of which 7 to 33 are known')
    await expectRefusal(await withLog(featureLevel('metadata.version', 6)),
      'metadata.version 6, of which 7 to 33 are known')
    await expectRefusal(await withLog(featureLevel('wings.version', 1)),
      'wings.version 1, an unknown feature')
  })

  test('is refused by a record of its own', async () => {
    const newer = featureLevel('metadata.version', 33)
    newer[2] = 1
    await expectRefusal(await withLog(newer), 'FeatureLevelRecord of unknown version 1')
  })

  test('is refused by its snapshot', async () => {
    const disk = await withLog(featureLevel('metadata.version', 33))
    const values = [featureLevel('share.version', 3)]
    const snapshot = encodeSnapshot({ epoch: 1, nowMs: 0, lastTimestampMs: 0, values })
    write(disk, `${METADATA}/${snapshotFileName({ endOffset: 1, epoch: 1 })}`, ...snapshot)
    await expectRefusal(disk, 'share.version 3, of which 0 to 2 are known')
  })

  test('is refused by what an older Kafka formatted its directory with', async () => {
    const disk = new MemoryDisk()
    await opened(disk, { 'log.dirs': '/a' }).close()
    disk.removeTree(METADATA)
    const values = [featureLevel('metadata.version', 34)]
    write(disk, '/a/bootstrap.checkpoint',
      ...encodeSnapshot({ epoch: 0, nowMs: 0, lastTimestampMs: 0, values }))
    await expectRefusal(disk, 'metadata.version 34, of which 7 to 33 are known')
  })

  test('counts as it is at the end: a level that was taken back is no matter', async () => {
    const disk = await withLog(featureLevel('wings.version', 1), featureLevel('wings.version', 0))
    expect(opened(disk, { 'log.dirs': '/a' }).all).toHaveLength(1)
  })

  test('in a batch that is not sound is no metadata', async () => {
    const disk = await withLog(featureLevel('wings.version', 1))
    const path = `${METADATA}/${'0'.repeat(20)}.log`
    const bytes = disk.readFile(path)!
    bytes[bytes.length - 1]! ^= 1
    write(disk, path, bytes)
    expect(opened(disk, { 'log.dirs': '/a' }).all).toHaveLength(1)
  })
})

test('meta.properties of a newer version are refused, and nothing is written', async () => {
  const disk = new MemoryDisk()
  await opened(disk, { 'log.dirs': '/a' }).close()
  const path = '/a/meta.properties'
  const text = disk.readFile(path)!.toString().replace('version=1', 'version=2')
  const file = disk.open(path, 'create')
  file.write(Buffer.from(text), 0)
  file.close()
  const directories = directoriesOn(disk, { 'log.dirs': '/a' })
  expect(() => directories.open()).toThrow(
    'log.dirs: /a cannot be used: /a/meta.properties: version 2, 1 is expected')
  await directories.close()
  expect(disk.readFile(path)!.toString()).toBe(text)
  expect(disk.exists(`/a/${MARKER}`)).toBe(true)
})
