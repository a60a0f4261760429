// Where replicas lie: what is lost is not made anew, and the metadata is told of the rest.

import { describe, expect, test } from '@jest/globals'

import type { ReplicaPlace } from '../../../controller/decisions/directories.ts'
import type { Partition } from '../../../controller/image/topics.ts'
import { Partitions } from '../../../lib/replication/partitions.ts'
import { ReplicaPlaces } from '../../../lib/replication/replica-places.ts'
import { Errors } from '../../../protocol/errors.ts'
import { DeltaCollector, EMPTY_IMAGE } from '../../../controller/image/image.ts'
import { silent } from '../coordinators/harness.ts'
import { NODE_ID, Replica } from './harness.ts'

const [ONE, TWO] = ['1'.repeat(21) + 'A', '2'.repeat(21) + 'A']
const UNASSIGNED = 'A'.repeat(22)

const lyingIn = (...directories: string[]): Partition => (
  { replicas: [NODE_ID], directories } as unknown as Partition)

function placesOf({ clock, directories }: Replica, { hasLost = false } = {}): ReplicaPlaces {
  const ids = new Map(directories.map((directory, i) => [directory, [ONE, TWO][i]!]))
  return new ReplicaPlaces({ nodeId: NODE_ID, ids, hasLost, clock, logger: silent })
}

describe('a log that no directory has', () => {
  const replica = new Replica({ paths: ['/one', '/two'] })
  const [one] = replica.directories

  test('is made where it has to be, or not at all', () => {
    const places = placesOf(replica)
    expect(places.placeFor(lyingIn(ONE))).toBe(one)
    expect(places.placeFor(lyingIn('3'.repeat(21) + 'A'))).toBe('nowhere')
    expect(places.placeFor(lyingIn(UNASSIGNED))).toBe('anywhere')
    expect(places.placeFor(lyingIn())).toBe('anywhere')
  })

  test('is told of once for each directory that is lost', () => {
    const warnings: unknown[] = []
    const logger = { ...silent, warn: (_: string, fields?: object) => { warnings.push(fields) } }
    const { clock } = replica
    const places = new ReplicaPlaces({
      nodeId: NODE_ID, ids: new Map(), hasLost: false, clock, logger })
    for (const directory of [TWO, ONE, TWO]) places.placeFor(lyingIn(directory!))
    expect(warnings).toEqual([{ directoryId: TWO }, { directoryId: ONE }])
  })

  test('may lie in a directory that is lost, unless its partition is new', () => {
    const places = placesOf(replica, { hasLost: true })
    expect(places.placeFor(lyingIn(UNASSIGNED))).toBe('nowhere')
    places.start(async () => {})
    expect(places.placeFor(lyingIn(UNASSIGNED))).toBe('anywhere')
  })
})

test('a partition whose directory is lost stays offline', () => {
  const replica = new Replica()
  replica.create('a')
  const { clock, turn, cluster } = replica
  const empty = new Replica({ paths: ['/empty'] })
  const partitions = new Partitions({
    nodeId: NODE_ID, directories: empty.directories, clock, turn, logger: silent,
    topicDefaults: new Map(), onFailure: () => {}, places: placesOf(empty),
    controller: {
      image: cluster.image,
      subscribe(listener) {
        listener(cluster.image, { ...new DeltaCollector().delta(EMPTY_IMAGE), isSnapshot: true })
        return () => {}
      },
    },
  })
  void partitions.start()
  expect(partitions.get('a', 0)).toBeUndefined()
  expect(partitions.errorOfAbsent('a', 0)).toBe(Errors.KAFKA_STORAGE_ERROR)
  expect(empty.directories[0]!.logCount).toBe(0)
})

test('the metadata is told once it can be, and again after an error', async () => {
  const replica = new Replica({ paths: ['/one', '/two'] })
  const places = placesOf(replica)
  const [one, two] = replica.directories
  const told: ReplicaPlace[][] = []
  let isRefused = true
  places.opened({ id: 'a' }, 0, lyingIn(UNASSIGNED), one!)
  places.opened({ id: 'a' }, 1, lyingIn(TWO), two!)
  places.opened({ id: 'a' }, 2, lyingIn(), two!)
  replica.clock.endTurn()
  places.start(async (some) => {
    told.push([...some])
    if (isRefused) throw new Error('not yet')
  })
  await Promise.resolve()
  expect(told).toEqual([[{ topicId: 'a', index: 0, directory: ONE }]])
  isRefused = false
  await new Promise(setImmediate)
  replica.clock.advance(1000)
  await new Promise(setImmediate)
  expect(told).toHaveLength(2)
  places.opened({ id: 'a' }, 3, lyingIn(ONE), two!)
  replica.clock.endTurn()
  expect(told[2]).toEqual([{ topicId: 'a', index: 3, directory: TWO }])
})

test('without the directory of the metadata the node ends, whatever else is sound', () => {
  const failuresWithout = (lost: number): number => {
    const replica = new Replica({ paths: ['/one', '/two'], metadataLogDir: '/two' })
    replica.partitions.failDirectory(replica.directories[lost]!, new Error('EIO'))
    return replica.failures.length
  }
  expect([failuresWithout(0), failuresWithout(1)]).toEqual([0, 1])
})
