// Partitions follow the metadata: what is opened where, reconfigured, removed, found again.

import { describe, expect, test } from '@jest/globals'

import { createTopics } from '../../../controller/decisions/create-topics.ts'
import { deleteTopics } from '../../../controller/decisions/delete-topics.ts'
import { ConfigType } from '../../../controller/image/configs.ts'
import { Errors } from '../../../protocol/errors.ts'
import { StorageError } from '../../../storage/disk.ts'
import { Replica, valuesIn } from './harness.ts'

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

  test('are found again where they were', () => {
    const before = new Replica({ paths: ['/one', '/two'] })
    before.create('a', 2)
    before.send('a', ['0'], { index: 1 })
    before.clock.endTurn()
    before.partitions.stop()
    for (const directory of before.directories) directory.close({ brokerEpoch: 1 })
    const { disk, cluster } = before
    const after = new Replica({ disk, cluster, paths: ['/two', '/one'] })
    expect(after.directories.map(({ logCount }) => logCount)).toEqual([1, 1])
    expect(valuesIn(after.fetch({}, [{ partition: 1 }]))).toEqual([['0']])
  })

  test('that the metadata does not know are set aside, with their records', () => {
    const before = new Replica()
    before.create('a')
    before.partitions.stop()
    for (const directory of before.directories) directory.close({ brokerEpoch: 1 })
    const { disk } = before
    const after = new Replica({ disk })
    expect(after.directories[0]!.names()).toEqual([])
    const [stray] = disk.list('/data').filter(({ isDirectory }) => isDirectory)
    expect(stray?.name).toMatch(/^a-0\.[0-9a-f]{32}-stray$/)
    expect(disk.exists(`/data/${stray!.name}/partition.metadata`)).toBe(true)
  })

  test('of a topic that came back under its name begin anew', () => {
    const before = new Replica()
    before.create('a')
    before.send('a', ['0'])
    before.clock.endTurn()
    before.partitions.stop()
    for (const directory of before.directories) directory.close({ brokerEpoch: 1 })
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
