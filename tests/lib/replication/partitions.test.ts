// Partitions follow the metadata: what is opened where, reconfigured, removed, found again.

import { describe, expect, test } from '@jest/globals'

import type { ImageListener } from '../../../controller/controller.ts'
import { createTopics } from '../../../controller/decisions/create-topics.ts'
import { deleteTopics } from '../../../controller/decisions/delete-topics.ts'
import { ConfigType } from '../../../controller/image/configs.ts'
import { DeltaCollector, EMPTY_IMAGE } from '../../../controller/image/image.ts'
import { Partitions } from '../../../lib/replication/partitions.ts'
import { Errors } from '../../../protocol/errors.ts'
import { parseLogConfig } from '../../../storage/config.ts'
import { StorageError } from '../../../storage/disk.ts'
import { LogDirectory } from '../../../storage/log-directory.ts'
import { silent } from '../coordinators/harness.ts'
import { NODE_ID, Replica, valuesIn } from './harness.ts'

const { UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER } = Errors

/** A node on which every look at the clock finds a millisecond gone, and turns go on one by one. */
class SlowReplica extends Replica {
  #turn: (() => void)[] = []

  constructor() {
    super()
    let nowMs = 0
    this.clock.monotonicMs = () => nowMs++
    this.clock.afterTurn = (fn) => { this.#turn.push(fn) }
  }

  endTurn(): void {
    for (const fn of this.#turn.splice(0)) fn()
  }
}

/** Where a node was killed that had two partitions, six megabytes in the first one of them. */
function startAfterKill() {
  const before = new Replica()
  before.create('a', 2)
  for (let i = 0; i < 12; i++) before.send('a', ['x'.repeat(500_000)])
  const { disk, cluster } = before
  const directory = new LogDirectory({ disk, path: '/data', logger: silent })
  directory.open()
  const slow = new SlowReplica()
  let tell: ImageListener = () => {}
  const partitions = new Partitions({
    nodeId: NODE_ID, directories: [directory], clock: slow.clock, turn: slow.turn, logger: silent,
    topicDefaults: new Map(), onFailure: (error) => { throw error },
    controller: {
      get image() {
        return cluster.image
      },
      subscribe(listener) {
        tell = listener
        listener(cluster.image, { ...new DeltaCollector().delta(EMPTY_IMAGE), isSnapshot: true })
        return () => {}
      },
    },
  })
  const started = partitions.start()
  return {
    disk, directory, partitions, started, endTurn: () => slow.endTurn(),
    deleteTopic: () => {
      const image = cluster.image
      const delta = new DeltaCollector()
      cluster.decide(deleteTopics([image.topics.byName('a')!.id]))
      for (const record of cluster.records) delta.add(record, image)
      tell(cluster.image, delta.delta(image))
    },
  }
}

const openCount = ({ partitions }: Replica): number => [...partitions.all()].length

describe('a log that has to be recovered', () => {
  test('is opened over many turns, and an error to try again after until then', async () => {
    const { partitions, started, endTurn } = startAfterKill()
    let turns = 0
    for (; partitions.get('a', 0) === undefined && turns < 100; turns++) {
      expect(partitions.errorOfAbsent('a', 0)).toBe(NOT_LEADER_OR_FOLLOWER)
      // Others need not wait for it.
      expect(partitions.get('a', 1)).toMatchObject({ isLeader: true })
      endTurn()
    }
    await started
    expect(turns).toBeGreaterThan(1)
    expect(turns).toBeLessThan(100)
    expect(partitions.get('a', 0)).toMatchObject({ isLeader: true, log: { endOffset: 12 } })
  })

  test('goes when its topic does meanwhile', async () => {
    const { disk, partitions, started, endTurn, deleteTopic } = startAfterKill()
    deleteTopic()
    expect(partitions.getById('a', 0)).toBeUndefined()
    for (let turn = 0; turn < 30; turn++) endTurn()
    await started
    expect([...partitions.all()]).toEqual([])
    const names = disk.list('/data').map(({ name }) => name)
    expect(names.filter((name) => /^a-\d$/.test(name))).toEqual(['a-1'])
    expect(names.filter((name) => /^a-0.*-delete$/.test(name))).toHaveLength(1)
  })

  test('is left to the next start by a stop', async () => {
    const { directory, partitions, started, disk } = startAfterKill()
    partitions.stop()
    await started
    await directory.close({ brokerEpoch: 1 })
    expect(disk.exists('/data/.kafka_cleanshutdown')).toBe(false)
    const again = new LogDirectory({ disk, path: '/data', logger: silent })
    again.open()
    const topicId = again.topicIdOf('a-0')!
    const log = again.openLog({
      topic: 'a', partition: 0, topicId, config: parseLogConfig(new Map()), nowMs: 1,
    })
    expect(log.endOffset).toBe(12)
  })
})

describe('many partitions at once', () => {
  test('are opened a few in a turn, until all are open', () => {
    const replica = new SlowReplica()
    replica.create('a', 100)
    const counts = [openCount(replica)]
    while (counts.at(-1)! < 100 && counts.length < 100) {
      replica.endTurn()
      counts.push(openCount(replica))
    }
    expect(counts.length).toBeGreaterThan(10)
    const gains = counts.slice(1).map((count, i) => count - counts[i]!)
    expect(Math.max(...gains)).toBeLessThan(10)
    expect(openCount(replica)).toBe(100)
    expect(replica.partitions.get('a', 99)).toMatchObject({ isLeader: true })
  })

  test('are there when they are asked for, before others', () => {
    const replica = new SlowReplica()
    replica.create('a', 100)
    expect(openCount(replica)).toBeLessThan(10)
    const sent = replica.send('a', ['0'], { index: 99 })
    replica.endTurn()
    expect(sent.answer!.responses[0]!.partitionResponses[0]!.errorCode).toBe(Errors.NONE)
    expect(replica.partitions.getById(replica.topicId('a'), 98)).toMatchObject({ isLeader: true })
    expect(replica.partitions.get('a', 100)).toBeUndefined()
    expect(replica.partitions.errorOfAbsent('a', 100)).toBe(UNKNOWN_TOPIC_OR_PARTITION)
  })

  test('are an error that clients try again after, where too many are asked for', () => {
    const replica = new SlowReplica()
    replica.create('a', 500)
    const asked = Array.from({ length: 400 }, (_, i) => replica.partitions.get('a', 499 - i))
    const absent = asked.findIndex((partition) => partition === undefined)
    expect(absent).toBeGreaterThan(50)
    expect(absent).toBeLessThan(100)
    expect(replica.partitions.errorOfAbsent('a', 499 - absent)).toBe(NOT_LEADER_OR_FOLLOWER)
    replica.endTurn()
    expect(replica.partitions.get('a', 499 - absent)).toMatchObject({ isLeader: true })
  })

  test('are not made any more when their topic is gone', () => {
    const replica = new SlowReplica()
    replica.create('a', 100)
    const made = openCount(replica)
    replica.delete('a')
    replica.create('a', 1)
    for (let turn = 0; turn < 30; turn++) replica.endTurn()
    expect(openCount(replica)).toBe(1)
    const names = replica.disk.list('/data').map(({ name }) => name)
    expect(names.filter((name) => name.startsWith('a-'))).toHaveLength(made + 1)
  })

  test('go a few in a turn, and are not to be found from the first on', () => {
    const replica = new SlowReplica()
    replica.create('a', 100)
    while (openCount(replica) < 100) replica.endTurn()
    const left = () => replica.disk.list('/data').filter(({ name }) => /^a-\d+$/.test(name)).length
    replica.delete('a')
    expect(replica.partitions.get('a', 99)).toBeUndefined()
    expect(openCount(replica)).toBe(0)
    const counts = [left()]
    for (; counts.at(-1)! > 0 && counts.length < 100; counts.push(left())) replica.endTurn()
    expect(counts[0]).toBeGreaterThan(90)
    const losses = counts.slice(1).map((count, i) => counts[i]! - count)
    expect(Math.max(...losses)).toBeLessThan(10)
    expect(counts.at(-1)).toBe(0)
  })

  test('make room for others of their name while they go', () => {
    const replica = new SlowReplica()
    replica.create('a', 100)
    while (openCount(replica) < 100) replica.endTurn()
    const old = replica.partitions.get('a', 99)!
    replica.delete('a')
    replica.create('a', 100)
    const fresh = replica.partitions.get('a', 99)!
    expect(fresh.topicId).toBe(replica.topicId('a'))
    expect(fresh.topicId).not.toBe(old.topicId)
    for (let turn = 0; turn < 100; turn++) replica.endTurn()
    expect(openCount(replica)).toBe(100)
    const names = replica.disk.list('/data').map(({ name }) => name)
    expect(names.filter((name) => /^a-\d+$/.test(name))).toHaveLength(100)
    expect(names.filter((name) => name.endsWith('-delete'))).toHaveLength(100)
  })

  test('go before a stop ends', () => {
    const replica = new SlowReplica()
    replica.create('a', 100)
    while (openCount(replica) < 100) replica.endTurn()
    replica.delete('a')
    replica.partitions.stop()
    const names = replica.disk.list('/data').map(({ name }) => name)
    expect(names.filter((name) => name.endsWith('-delete'))).toHaveLength(100)
  })

  test('have the settings of the moment they are opened at', () => {
    const replica = new SlowReplica()
    replica.create('a', 100)
    replica.setTopicConfig('a', 'retention.ms', '7')
    expect(replica.partitions.get('a', 99)!.log.config.retentionMs).toBe(7)
    expect(replica.partitions.get('a', 0)!.log.config.retentionMs).toBe(7)
  })

  test('are waited for at a start, which a stop cuts short', async () => {
    const replica = new SlowReplica()
    const { cluster, clock, turn, directories } = replica
    const before = new Replica({ cluster })
    before.create('a', 100)
    const startAgain = () => {
      const partitions = new Partitions({
        nodeId: NODE_ID, directories, clock, turn, logger: silent, topicDefaults: new Map(),
        onFailure: () => {},
        controller: {
          image: cluster.image,
          subscribe(listener) {
            listener(cluster.image, {
              ...new DeltaCollector().delta(EMPTY_IMAGE), isSnapshot: true,
            })
            return () => {}
          },
        },
      })
      let isStarted = false
      const started = partitions.start().then(() => { isStarted = true })
      return { partitions, started, isStarted: () => isStarted }
    }
    const cut = startAgain()
    replica.endTurn()
    await Promise.resolve()
    expect(cut.isStarted()).toBe(false)
    cut.partitions.stop()
    await cut.started
    const opened = [...cut.partitions.all()].length
    replica.endTurn()
    expect([...cut.partitions.all()]).toHaveLength(opened)
    expect(opened).toBeLessThan(20)
  })
})

describe('partitions', () => {
  test('are opened when a topic is created, spread over the directories', () => {
    const replica = new Replica({ paths: ['/one', '/two'] })
    replica.create('a', 4)
    expect(replica.directories.map(({ logCount }) => logCount)).toEqual([2, 2])
    const partition = replica.partitions.get('a', 3)!
    expect(replica.partitions.getById(replica.topicId('a'), 3)).toBe(partition)
    expect(partition).toMatchObject({ isLeader: true, leaderEpoch: 0 })
    expect(replica.partitions.get('a', 4)).toBeUndefined()
    expect([...replica.partitions.all()]).toHaveLength(4)
  })

  test('go with their topic, and come back empty under its name', () => {
    const replica = new Replica()
    replica.create('a')
    replica.send('a', ['0'])
    replica.clock.endTurn()
    const gone = replica.topicId('a')
    replica.delete('a')
    expect(replica.partitions.get('a', 0)).toBeUndefined()
    expect(replica.partitions.errorOfAbsent('a', 0)).toBe(Errors.UNKNOWN_TOPIC_OR_PARTITION)
    replica.create('a')
    expect(replica.partitions.get('a', 0)!.log.endOffset).toBe(0)
    expect(replica.partitions.getById(gone, 0)).toBeUndefined()
  })

  test('work with the settings of their topic, and with those of the server', () => {
    const replica = new Replica({ settings: { 'log.retention.bytes': '7' } })
    replica.create('a', 1, { 'retention.ms': '1000' })
    const { log } = replica.partitions.get('a', 0)!
    expect(log.config).toMatchObject({ retentionMs: 1000, retentionBytes: 7 })
    replica.setTopicConfig('a', 'retention.ms', '2000')
    expect(log.config).toMatchObject({ retentionMs: 2000, retentionBytes: 7 })
    replica.setConfig(ConfigType.BROKER, '', 'log.retention.bytes', '9')
    expect(log.config).toMatchObject({ retentionMs: 2000, retentionBytes: 9 })
    replica.setConfig(ConfigType.BROKER, '1', 'log.retention.bytes', '11')
    expect(log.config.retentionBytes).toBe(11)
  })

  test('are found again where they were', async () => {
    const before = new Replica({ paths: ['/one', '/two'] })
    before.create('a', 2)
    before.send('a', ['0'], { index: 1 })
    before.clock.endTurn()
    before.partitions.stop()
    for (const directory of before.directories) await directory.close({ brokerEpoch: 1 })
    const { disk, cluster } = before
    const after = new Replica({ disk, cluster, paths: ['/two', '/one'] })
    expect(after.directories.map(({ logCount }) => logCount)).toEqual([1, 1])
    expect(valuesIn(after.fetch({}, [{ partition: 1 }]))).toEqual([['0']])
  })

  test('that the metadata does not know are set aside, with their records', async () => {
    const before = new Replica()
    before.create('a')
    before.partitions.stop()
    for (const directory of before.directories) await directory.close({ brokerEpoch: 1 })
    const { disk } = before
    const after = new Replica({ disk })
    expect(after.directories[0]!.names()).toEqual([])
    const [stray] = disk.list('/data').filter(({ isDirectory }) => isDirectory)
    expect(stray?.name).toMatch(/^a-0\.[0-9a-f]{32}-stray$/)
    expect(disk.exists(`/data/${stray!.name}/partition.metadata`)).toBe(true)
  })

  test('of a topic that came back under its name begin anew', async () => {
    const before = new Replica()
    before.create('a')
    before.send('a', ['0'])
    before.clock.endTurn()
    before.partitions.stop()
    for (const directory of before.directories) await directory.close({ brokerEpoch: 1 })
    // The node is down when the topic goes, and comes again.
    const { disk, cluster } = before
    cluster.decide(deleteTopics([before.topicId('a')]))
    cluster.decide(createTopics({
      validateOnly: false,
      topics: [{
        name: 'a', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [],
      }],
    }))
    const after = new Replica({ disk, cluster })
    expect(after.partitions.get('a', 0)!.log.endOffset).toBe(0)
    expect(disk.list('/data').some(({ name }) => name.endsWith('-stray'))).toBe(true)
  })

  test('of one failed directory are offline; the others go on until none is left', () => {
    const replica = new Replica({ paths: ['/one', '/two'] })
    replica.create('a', 2)
    const [one, two] = replica.directories
    const error = new StorageError('/one', new Error('EIO'))
    replica.partitions.failDirectory(one!, error)
    const answers = [0, 1].map((index) => replica.send('a', ['0'], { index }))
    replica.clock.endTurn()
    expect(answers.map(({ answer }) => answer!.responses[0]!.partitionResponses[0]!.errorCode))
      .toEqual([Errors.KAFKA_STORAGE_ERROR, Errors.NONE])
    expect(replica.failures).toEqual([])
    replica.partitions.failDirectory(two!, error)
    expect(replica.failures).toEqual([error])
  })

  test('let go of who waits when the node stops', () => {
    const replica = new Replica()
    replica.create('a')
    const sent = replica.send('a', ['0'])
    replica.partitions.stop()
    expect(sent.answer!.responses[0]!.partitionResponses[0]!.errorCode)
      .toBe(Errors.NOT_LEADER_OR_FOLLOWER)
  })
})
