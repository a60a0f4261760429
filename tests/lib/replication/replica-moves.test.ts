// Logs that move to another directory: nothing is lost, whatever happens on the way.

import { describe, expect, test } from '@jest/globals'

import { Errors } from '../../../protocol/errors.ts'
import type { MemoryDisk } from '../../../storage/memory-disk.ts'
import { randomOf } from '../../storage/random.ts'
import { StoppingDisk } from '../../storage/stopping-disk.ts'
import { Replica, valuesIn } from './harness.ts'

const IDS = ['1'.repeat(21) + 'A', '2'.repeat(21) + 'A', '3'.repeat(21) + 'A']
const PATHS = ['/one', '/two', '/three']

interface Given {
  disk?: MemoryDisk
  from?: Replica
}

function replicaOf({ disk, from }: Given = {}): Replica {
  return new Replica({
    paths: PATHS, directoryIds: IDS,
    ...disk === undefined ? {} : { disk }, ...from === undefined ? {} : { cluster: from.cluster },
  })
}

/** Lets turns, promises and a little time go by. */
async function goOn(replica: Replica, rounds = 20, each: () => void = () => {}): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    each()
    replica.clock.endTurn()
    await new Promise(setImmediate)
    replica.clock.advance(10)
  }
}

const at = (replica: Replica) => replica.partitions.get('a', 0)!.directory.path
const valuesOf = (replica: Replica) => valuesIn(replica.fetch({}, [{ fetchOffset: 0 }]))![0]!
const futuresOf = (replica: Replica) => replica.directories.flatMap(({ futures }) => (
  [...futures.all()].map(({ name }) => name)))
/** Where the metadata says that the log lies. */
const assigned = ({ cluster: { image } }: Replica) => (
  PATHS[IDS.indexOf(image.topics.byName('a')!.partitions.get(0)!.directories[0]!)])

async function withTopic(disk?: MemoryDisk): Promise<Replica> {
  const replica = replicaOf(disk === undefined ? {} : { disk })
  replica.create('a', 1, { 'segment.bytes': '1048576' })
  await goOn(replica, 2)
  return replica
}

function move(replica: Replica, path: string): void {
  const partition = replica.partitions.get('a', 0)!
  replica.moves.move(partition, replica.directories.find((one) => one.path === path)!)
}

function sender(replica: Replica, acknowledged: string[]): () => void {
  let next = 0
  return () => {
    const value = `${acknowledged.length} ${next++}`
    const sent = replica.send('a', [value])
    replica.clock.endTurn()
    const error = sent.answer?.responses[0]?.partitionResponses[0]?.errorCode
    if (error === Errors.NONE) acknowledged.push(value)
  }
}

test('a log moves while it is written, and the metadata knows', async () => {
  const replica = await withTopic()
  const acknowledged: string[] = []
  const send = sender(replica, acknowledged)
  await goOn(replica, 10, send)
  const from = at(replica)
  const to = PATHS.find((path) => path !== from)!
  move(replica, to)
  expect(futuresOf(replica)).toEqual(['a-0'])
  await goOn(replica, 30, send)
  expect([at(replica), assigned(replica), futuresOf(replica)]).toEqual([to, to, []])
  expect(acknowledged).toHaveLength(40)
  expect(valuesOf(replica)).toEqual(acknowledged)
  expect(replica.directories.map((one) => one.has('a', 0))).toEqual(PATHS.map((one) => one === to))
  move(replica, from)
  await goOn(replica, 30, send)
  expect([at(replica), valuesOf(replica)]).toEqual([from, acknowledged])
})

test('what producers sent twice is known in the new place too', async () => {
  const replica = await withTopic()
  const batch = { producerId: 7, producerEpoch: 0 }
  for (let i = 0; i < 4; i++) replica.send('a', [`${i}`], { ...batch, baseSequence: i })
  await goOn(replica, 2)
  const to = PATHS.find((path) => path !== at(replica))!
  move(replica, to)
  await goOn(replica)
  expect(at(replica)).toBe(to)
  const again = replica.send('a', ['0'], { ...batch, baseSequence: 0 })
  await goOn(replica, 1)
  expect(again.answer?.responses[0]?.partitionResponses[0])
    .toMatchObject({ errorCode: Errors.NONE, baseOffset: 0 })
  expect(valuesOf(replica)).toEqual(['0', '1', '2', '3'])
})

test('what is written up to the exchange moves too', async () => {
  const replica = await withTopic()
  const to = PATHS.find((path) => path !== at(replica))!
  move(replica, to)
  // Now and then more than is copied at once.
  let count = 0
  for (let round = 0; at(replica) !== to && round < 30; round++) {
    await goOn(replica, 1, () => {
      for (const digit of round % 3 === 0 ? '123456' : '') {
        replica.send('a', [digit.repeat(900_000)])
        count++
      }
    })
  }
  expect(at(replica)).toBe(to)
  expect(replica.partitions.get('a', 0)!.log.endOffset).toBe(count)
})

test('a move ends where another one is asked for, or none', async () => {
  const replica = await withTopic()
  const acknowledged: string[] = []
  await goOn(replica, 5, sender(replica, acknowledged))
  const from = at(replica)
  const [one, two] = PATHS.filter((path) => path !== from)
  move(replica, one!)
  move(replica, from)
  expect(futuresOf(replica)).toEqual([])
  await goOn(replica)
  expect([at(replica), assigned(replica)]).toEqual([from, from])
  move(replica, one!)
  move(replica, two!)
  await goOn(replica)
  expect([at(replica), assigned(replica), valuesOf(replica)]).toEqual([two, two, acknowledged])
})

test('a rate holds it back', async () => {
  const replica = await withTopic()
  for (let i = 0; i < 5; i++) replica.send('a', [String(i).repeat(900_000)])
  await goOn(replica, 2)
  replica.moveRate = 200_000
  move(replica, PATHS.find((path) => path !== at(replica))!)
  await goOn(replica, 200)
  const [one] = replica.directories.flatMap(({ futures }) => [...futures.all()])
  expect(one!.endOffset).toBeGreaterThan(0)
  expect(one!.endOffset).toBeLessThan(4)
  replica.moveRate = Infinity
  await goOn(replica, 100)
  expect(futuresOf(replica)).toEqual([])
})

test('a topic that is deleted takes its moves along', async () => {
  const replica = await withTopic()
  await goOn(replica, 3, sender(replica, []))
  replica.canTell = false
  move(replica, PATHS.find((path) => path !== at(replica))!)
  await goOn(replica, 10)
  expect(futuresOf(replica)).toEqual(['a-0'])
  replica.delete('a')
  await goOn(replica, 5)
  expect(futuresOf(replica)).toEqual([])
  const names = PATHS.flatMap((path) => replica.disk.list(path).map(({ name }) => name))
  expect(names.filter((name) => name.startsWith('a-0') && !name.endsWith('-delete'))).toEqual([])
})

test('a directory that fails ends the moves to it; the partition stays', async () => {
  const replica = await withTopic()
  const acknowledged: string[] = []
  const send = sender(replica, acknowledged)
  await goOn(replica, 3, send)
  const from = at(replica)
  replica.canTell = false
  move(replica, PATHS.find((path) => path !== from)!)
  await goOn(replica, 5, send)
  const failing = replica.directories.find(({ futures }) => futures.count > 0)!
  replica.partitions.failDirectory(failing, new Error('EIO'))
  replica.canTell = true
  await goOn(replica, 100, send)
  expect([at(replica), assigned(replica), valuesOf(replica)]).toEqual([from, from, acknowledged])
})

test('a move goes on after a clean stop', async () => {
  const first = await withTopic()
  const acknowledged: string[] = []
  await goOn(first, 5, sender(first, acknowledged))
  const to = PATHS.find((path) => path !== at(first))!
  first.canTell = false
  move(first, to)
  await goOn(first, 5)
  expect(futuresOf(first)).toEqual(['a-0'])
  await stop(first)
  const second = replicaOf({ disk: first.disk, from: first })
  await goOn(second)
  expect([at(second), assigned(second), valuesOf(second)]).toEqual([to, to, acknowledged])
})

async function stop(replica: Replica): Promise<void> {
  const stopping = replica.moves.stop()
  await goOn(replica, 5)
  await stopping
  replica.partitions.stop()
  for (const one of replica.directories) {
    if (!one.isFailed) await one.close({ brokerEpoch: 1 })
  }
}

describe('wherever the machine stops', () => {
  /** How many changes of the disk a whole move takes, with what is written meanwhile. */
  const CHANGES = 90

  test.each(['kill', 'power', 'writes lost'] as const)('by %s, nothing is lost', async (end) => {
    let moved = 0
    for (let changes = 0; changes < CHANGES; changes++) {
      const random = randomOf(changes + 1)
      const disk = new StoppingDisk()
      const first = await withTopic(disk)
      const before: string[] = []
      await goOn(first, 4, sender(first, before))
      await first.partitions.get('a', 0)!.log.sync()
      const acknowledged = [...before]
      const from = at(first)
      const to = PATHS.find((path) => path !== from)!
      disk.stopAfter(changes)
      move(first, to)
      await goOn(first, 12, sender(first, acknowledged))
      const after = disk.clone()
      if (end !== 'kill') after.crash(end === 'power' ? undefined : random)
      const second = replicaOf({ disk: after, from: first })
      await goOn(second, 20)
      const values = valuesOf(second)
      const promised = end === 'kill' ? acknowledged : before
      expect({ changes, values: values.slice(0, promised.length) })
        .toEqual({ changes, values: promised })
      expect(values).toEqual([...new Set(values)])
      expect(at(second)).toBe(assigned(second))
      expect(second.directories.filter((one) => one.has('a', 0))).toHaveLength(1)
      if (at(second) === to) moved++
    }
    expect(moved).toBeGreaterThan(CHANGES / 4)
  })
})
