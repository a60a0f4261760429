// Whose a log directory is: empty ones become the node's own, those of others are refused.

import { describe, expect, test } from '@jest/globals'
import { DEVELOPMENT, parseConfig, type Config } from '../../lib/config.ts'
import { formatDirectories, formatEmptyDirectories } from '../../lib/format.ts'
import { systemRandom } from '../../lib/world/random.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { readMetaProperties, writeMetaProperties } from '../../storage/meta-properties.ts'

const CLUSTER = '5L6g3nShT-eMCtK--X86sw'

function configOf(settings: Readonly<Record<string, string>>): Config {
  return parseConfig(new Map(Object.entries(settings)), () => {}, { base: DEVELOPMENT })
}

const world = () => ({
  clock: { nowMs: () => 1000 }, disk: new MemoryDisk(), random: systemRandom(),
})

describe('at a start', () => {
  test('empty directories get one new cluster, and ids of their own', () => {
    const one = world()
    const config = configOf({ 'log.dirs': '/a,/b' })
    const { clusterId, directoryIds } = formatEmptyDirectories(config, one)
    expect(clusterId).toMatch(/^[\w-]{22}$/)
    expect([...directoryIds.keys()]).toEqual(['/a', '/b'])
    expect(new Set(directoryIds.values()).size).toBe(2)
    expect(readMetaProperties(one.disk, '/b'))
      .toEqual({ clusterId, nodeId: 1, directoryId: directoryIds.get('/b') })
  })

  test('formatted ones are left as they are, a new one joins their cluster', () => {
    const one = world()
    const first = formatEmptyDirectories(configOf({ 'log.dirs': '/a' }), one)
    const second = formatEmptyDirectories(configOf({ 'log.dirs': '/a,/b' }), one)
    expect(second.clusterId).toBe(first.clusterId)
    expect(second.directoryIds.get('/a')).toBe(first.directoryIds.get('/a'))
    expect(readMetaProperties(one.disk, '/b')?.clusterId).toBe(first.clusterId)
  })

  test('a metadata directory of its own is formatted too', () => {
    const one = world()
    formatEmptyDirectories(configOf({ 'log.dirs': '/a', 'metadata.log.dir': '/m' }), one)
    expect(readMetaProperties(one.disk, '/m')).toBeDefined()
  })

  test('one of another node is refused', () => {
    const one = world()
    formatEmptyDirectories(configOf({ 'log.dirs': '/a' }), one)
    expect(() => formatEmptyDirectories(configOf({ 'log.dirs': '/a', 'node.id': '2' }), one))
      .toThrow(/^\/a belongs to node 1 of cluster .{22}, this is node 2 \(node\.id\)$/)
  })

  test('one with logs and without meta.properties is refused, not begun anew', () => {
    const one = world()
    formatEmptyDirectories(configOf({ 'log.dirs': '/a' }), one)
    one.disk.remove('/a/meta.properties')
    one.disk.makeDirectory('/a/orders-0')
    const start = () => formatEmptyDirectories(configOf({ 'log.dirs': '/a' }), one)
    expect(start).not.toThrow()
    one.disk.remove('/a/meta.properties')
    one.disk.open('/a/orders-0/00000000000000000000.log', 'create').close()
    expect(start).toThrow(/^\/a holds logs, such as orders-0, but no meta\.properties/)
    expect(one.disk.exists('/a/meta.properties')).toBe(false)
  })

  test('those of two clusters are refused', () => {
    const one = world()
    const clusters = { '/a': CLUSTER, '/b': 'AAAAAAAAAAAAAAAAAAAAAA' }
    for (const [directory, clusterId] of Object.entries(clusters)) {
      one.disk.makeDirectory(directory)
      writeMetaProperties(one.disk, directory, { clusterId, nodeId: 1, directoryId: undefined })
    }
    expect(() => formatEmptyDirectories(configOf({ 'log.dirs': '/a,/b' }), one))
      .toThrow(`/b belongs to cluster AAAAAAAAAAAAAAAAAAAAAA, but /a to ${CLUSTER}`)
  })
})

describe('directory ids', () => {
  const idsOf = (ids: Readonly<Record<string, string>>) => {
    const one = world()
    for (const [directory, directoryId] of Object.entries(ids)) {
      one.disk.makeDirectory(directory)
      writeMetaProperties(one.disk, directory, { clusterId: CLUSTER, nodeId: 1, directoryId })
    }
    const config = configOf({ 'log.dirs': Object.keys(ids).join() })
    return () => formatEmptyDirectories(config, one).directoryIds
  }

  test('are taken as they are', () => {
    const id = 'uPcZgWbmSa67mBXHzhWwVA'
    expect(idsOf({ '/a': id })()).toEqual(new Map([['/a', id]]))
  })

  test('that are no ids, or reserved ones, are refused', () => {
    // The last two are those of a directory that is unassigned, and the highest reserved one.
    const ids = ['a', 'uPcZgWbmSa67mBXHzhWwVB', 'AAAAAAAAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAAAAAAYw']
    for (const id of ids) {
      expect(idsOf({ '/a': id }))
        .toThrow(`/a: directory.id ${id} in meta.properties is not the id of a directory`)
    }
    expect(idsOf({ '/a': 'AAAAAAAAAAAAAAAAAAAAZA' })).not.toThrow()
  })

  test('that two directories have are refused', () => {
    const id = 'uPcZgWbmSa67mBXHzhWwVA'
    expect(idsOf({ '/a': id, '/b': id }))
      .toThrow('/b has the directory.id of /a: one is a copy of the other')
  })
})

describe('by hand', () => {
  test('empty directories get the cluster that is asked for', () => {
    const one = world()
    const config = configOf({ 'log.dirs': '/a' })
    expect(formatDirectories(config, one, CLUSTER).clusterId).toBe(CLUSTER)
    expect(formatEmptyDirectories(config, one).clusterId).toBe(CLUSTER)
  })

  test('what is formatted is left alone', () => {
    const one = world()
    const config = configOf({ 'log.dirs': '/a' })
    formatDirectories(config, one, CLUSTER)
    expect(() => formatDirectories(config, one, CLUSTER))
      .toThrow(`/a is formatted already, for cluster ${CLUSTER}`)
  })

  test('an id that is none is refused', () => {
    expect(() => formatDirectories(configOf({}), world(), 'my-cluster'))
      .toThrow('--cluster-id my-cluster: must be 16 bytes in base64url, 22 characters')
  })
})
