// Log directories of brokers: the metadata says which replica lies where, and nobody leads what
// lies in one that is lost (KIP-858).

import { beforeEach, describe, expect, test } from '@jest/globals'

import { brokerHeartbeat, registerBroker } from '../../../controller/decisions/brokers.ts'
import { createTopics } from '../../../controller/decisions/create-topics.ts'
import { assignReplicas } from '../../../controller/decisions/directories.ts'
import { SUPPORTED_FEATURES } from '../../../controller/image/features.ts'
import { isDirectoryKnown, isReplicaOnline } from '../../../controller/image/replica-place.ts'
import { NO_LEADER } from '../../../controller/image/topics.ts'
import { Cluster, settings } from '../harness.ts'

const [ONE, TWO] = ['1'.repeat(21) + 'A', '2'.repeat(21) + 'A']
const UNASSIGNED = 'A'.repeat(22)

function join(cluster: Cluster, logDirs: readonly string[]): number {
  const { brokerEpoch } = cluster.decide(registerBroker({
    brokerId: 1, clusterId: settings.clusterId, incarnationId: cluster.random.uuid(),
    listeners: [], rack: null, features: SUPPORTED_FEATURES, logDirs, previousBrokerEpoch: -1,
  }, false))
  beat(cluster, brokerEpoch)
  return brokerEpoch
}

function beat(cluster: Cluster, brokerEpoch: number, ...offlineLogDirs: string[]): void {
  cluster.decide(brokerHeartbeat({
    brokerId: 1, brokerEpoch, currentMetadataOffset: cluster.nextOffset, wantFence: false,
    wantShutDown: false, offlineLogDirs,
  }))
}

describe('two directories', () => {
  let cluster: Cluster
  let brokerEpoch: number
  beforeEach(() => {
    cluster = new Cluster()
    brokerEpoch = join(cluster, [ONE, TWO])
    cluster.decide(createTopics({
      validateOnly: false,
      topics: [
        { name: 'a', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] },
      ],
    }))
  })

  const assign = () => {
    const topicId = cluster.image.topics.byName('a')!.id
    cluster.decide(assignReplicas(1, brokerEpoch, [
      { topicId, index: 0, directory: ONE }, { topicId, index: 1, directory: TWO },
      { topicId, index: 2, directory: TWO },
    ]))
  }

  test('the metadata learns where replicas lie, and does not write it twice', () => {
    expect(cluster.partition('a', 1).directories).toEqual([UNASSIGNED])
    assign()
    expect(cluster.records).toHaveLength(2)
    expect(cluster.partition('a', 0)).toMatchObject({ directories: [ONE], leader: 1 })
    expect(cluster.partition('a', 1)).toMatchObject({ directories: [TWO], leader: 1 })
    assign()
    expect(cluster.records).toEqual([])
  })

  test('it is told by the broker that is registered alone', () => {
    expect(() => cluster.decide(assignReplicas(1, brokerEpoch - 1, [])))
      .toThrow('registered anew')
  })

  test('nobody leads what lies in one that fails, until it is back', () => {
    assign()
    beat(cluster, brokerEpoch, TWO)
    expect(cluster.image.brokers.get(1)!.logDirs).toEqual([ONE])
    expect([0, 1].map((index) => cluster.partition('a', index).leader)).toEqual([1, NO_LEADER])
    expect([0, 1].map((index) => isReplicaOnline(cluster.image, cluster.partition('a', index), 1)))
      .toEqual([true, false])
    beat(cluster, brokerEpoch, TWO)
    expect(cluster.records).toEqual([])
    // A start without it changes nothing, one with it everything.
    brokerEpoch = join(cluster, [ONE])
    expect([0, 1].map((index) => cluster.partition('a', index).leader)).toEqual([1, NO_LEADER])
    brokerEpoch = join(cluster, [ONE, TWO])
    expect([0, 1].map((index) => cluster.partition('a', index).leader)).toEqual([1, 1])
  })
})

test('ids below 100 are no directories', () => {
  const numbered = (number: number) => Buffer.alloc(16).fill(number, 15).toString('base64url')
  expect([undefined, UNASSIGNED, numbered(1), numbered(99)].map(isDirectoryKnown))
    .toEqual([false, false, false, false])
  expect([numbered(100), ONE].map(isDirectoryKnown)).toEqual([true, true])
})
