// Partitions on their way to other replicas: who comes, who goes, and the way back.

import { beforeEach, expect, test } from '@jest/globals'

import { createTopics } from '../../../controller/decisions/create-topics.ts'
import { electLeaders, type ElectionType } from '../../../controller/decisions/elect-leaders.ts'
import { rulesFor } from '../../../controller/decisions/leaders.ts'
import { changePartition } from '../../../controller/decisions/partition-change.ts'
import { reassignPartitions } from '../../../controller/decisions/reassignments.ts'
import { unregisterBroker } from '../../../controller/decisions/unregister-broker.ts'
import { NO_LEADER, RECOVERING } from '../../../controller/image/topics.ts'
import { ApiError, Errors } from '../../../protocol/errors.ts'
import { Cluster, directoryOf, settings } from '../harness.ts'

let cluster: Cluster

beforeEach(() => {
  cluster = new Cluster()
  for (const id of [1, 2, 3]) cluster.join(id)
})

function create(name: string, ...replicas: number[]): void {
  const [result] = cluster.decide(createTopics({
    validateOnly: false,
    topics: [{
      name, numPartitions: -1, replicationFactor: -1, configs: [],
      assignments: [{ partitionIndex: 0, brokerIds: replicas }],
    }],
  }))
  expect(result!.errorCode).toBe(Errors.NONE)
}

function move(topic: string, replicas: readonly number[] | null, mayChangeFactor = true) {
  const [error] = cluster.decide(
    reassignPartitions([{ topic, partition: 0, replicas }], mayChangeFactor))
  return error === null ? undefined : [error!.code, error!.message]
}

/** As when the leader tells who is in sync. */
function inSync(name: string, ...isr: number[]): void {
  const topic = cluster.image.topics.byName(name)!
  const { image, nextOffset, random, quorum } = cluster
  const context = { image, nextOffset, random, settings, quorum }
  const partition = cluster.partition(name)
  const record = changePartition({ topicId: topic.id, index: 0 }, partition, isr,
    { ...rulesFor(context, topic, partition), election: 'online' })
  if (record !== undefined) cluster.apply(record.bytes)
}

const elect = (type: ElectionType, name: string): number | undefined => {
  const [answer] = cluster.decide(electLeaders(type, [{ topic: name, partitions: [0] }]))
  return answer!.results[0]!.error?.code
}

test('a partition goes where it is wanted when the new replicas are in sync', () => {
  create('t', 1)
  expect(move('t', [2, 3])).toBeUndefined()
  expect(cluster.partition('t')).toMatchObject({
    replicas: [2, 3, 1], addingReplicas: [2, 3], removingReplicas: [1], isr: [1], leader: 1,
    directories: [2, 3, 1].map(directoryOf), leaderEpoch: 0,
  })
  inSync('t', 1, 2)
  expect(cluster.partition('t')).toMatchObject({ removingReplicas: [1], leader: 1 })
  inSync('t', 1, 2, 3)
  expect(cluster.partition('t')).toMatchObject({
    replicas: [2, 3], addingReplicas: [], removingReplicas: [], isr: [2, 3], leader: 2,
    directories: [2, 3].map(directoryOf), leaderEpoch: 1,
  })
})

test('a replica that goes hears of it by another epoch, though the leader stays', () => {
  create('t', 1, 2)
  expect(move('t', [1])).toBeUndefined()
  expect(cluster.partition('t')).toMatchObject({
    replicas: [1], isr: [1], removingReplicas: [], leader: 1, leaderEpoch: 1,
  })
})

test('where all is as wished nothing is written', () => {
  create('t', 1, 2)
  expect(move('t', [1, 2])).toBeUndefined()
  expect(cluster.records).toEqual([])
  expect(move('t', [2, 1])).toBeUndefined()
  expect(cluster.partition('t')).toMatchObject({ replicas: [2, 1], leader: 1, leaderEpoch: 0 })
})

test('a move is taken back, unless what it began with is lost', () => {
  create('t', 1)
  move('t', [2])
  expect(move('t', null)).toBeUndefined()
  expect(cluster.partition('t')).toMatchObject({
    replicas: [1], addingReplicas: [], removingReplicas: [], isr: [1], leader: 1,
  })
  expect(move('t', null)![0]).toBe(Errors.NO_REASSIGNMENT_IN_PROGRESS)
  move('t', [2, 3])
  inSync('t', 2)
  expect(move('t', null)).toEqual([Errors.INVALID_REPLICA_ASSIGNMENT,
    'Unable to revert partition assignment for t:0 because it would require an unclean leader ' +
    'election.'])
})

test.each<[number[], number, string]>([
  [[], Errors.INVALID_REPLICA_ASSIGNMENT,
    'The manual partition assignment includes an empty replica list.'],
  [[1, 1], Errors.INVALID_REPLICA_ASSIGNMENT,
    'The manual partition assignment includes the broker 1 more than once.'],
  [[1, 9], Errors.INVALID_REPLICA_ASSIGNMENT,
    'The manual partition assignment includes broker 9, but no such broker is registered.'],
  [[1, 2], Errors.INVALID_REPLICATION_FACTOR, 'The replication factor is changed from 1 to 2'],
])('to %j nothing moves that has to keep its number of replicas', (replicas, code, message) => {
  create('t', 1)
  expect(move('t', replicas, false)).toEqual([code, message])
  expect(cluster.records).toEqual([])
})

test('during a move the number of replicas is that of its end', () => {
  create('t', 1)
  move('t', [2])
  expect(move('t', [3], false)).toBeUndefined()
  expect(cluster.partition('t')).toMatchObject({ replicas: [3, 1, 2], removingReplicas: [1, 2] })
  expect(move('t', [2, 3], false)![0]).toBe(Errors.INVALID_REPLICATION_FACTOR)
})

test('what is not there does not move', () => {
  create('t', 1)
  expect(move('u', [1])).toEqual(
    [Errors.UNKNOWN_TOPIC_OR_PARTITION, 'Unable to find a topic named u.'])
  const [error] = cluster.decide(
    reassignPartitions([{ topic: 't', partition: 4, replicas: null }], true))
  expect(error!.message).toBe('Unable to find partition t:4.')
})

test('the preferred replica leads again, once it is in sync', () => {
  create('t', 1, 2)
  cluster.beat(1, { wantFence: true })
  expect(cluster.partition('t')).toMatchObject({ leader: 2, isr: [2] })
  expect(elect('preferred', 't')).toBe(Errors.PREFERRED_LEADER_NOT_AVAILABLE)
  cluster.beat(1)
  expect(elect('preferred', 't')).toBe(Errors.PREFERRED_LEADER_NOT_AVAILABLE)
  inSync('t', 2, 1)
  expect(elect('preferred', 't')).toBeUndefined()
  expect(cluster.partition('t').leader).toBe(1)
  expect(elect('preferred', 't')).toBe(Errors.ELECTION_NOT_NEEDED)
  expect(elect('unclean', 't')).toBe(Errors.ELECTION_NOT_NEEDED)
})

test('an unclean election takes who lives, and says that something may be lost', () => {
  cluster = new Cluster({ isElrEnabled: false })
  for (const id of [1, 2]) cluster.join(id)
  create('t', 1, 2)
  cluster.beat(2, { wantFence: true })
  cluster.beat(1, { wantFence: true })
  expect(cluster.partition('t')).toMatchObject({ leader: NO_LEADER, isr: [1] })
  expect(elect('unclean', 't')).toBe(Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE)
  cluster.beat(2)
  expect(elect('preferred', 't')).toBe(Errors.PREFERRED_LEADER_NOT_AVAILABLE)
  expect(elect('unclean', 't')).toBeUndefined()
  expect(cluster.partition('t'))
    .toMatchObject({ leader: 2, isr: [2], leaderRecoveryState: RECOVERING })
})

test('elections of everything tell only of what was elected or failed', () => {
  create('t', 1, 2)
  create('u', 2)
  cluster.beat(1, { wantFence: true })
  cluster.beat(1)
  inSync('t', 2, 1)
  expect(cluster.decide(electLeaders('preferred', undefined))).toEqual([
    { topic: 't', results: [{ partition: 0, error: null }] }, { topic: 'u', results: [] },
  ])
  const [unknown] = cluster.decide(electLeaders('preferred', [{ topic: 'v', partitions: [0] }]))
  expect(unknown!.results[0]!.error!.message).toBe('No such topic as v')
})

test('a broker that is taken out leads no more, and stays a replica', () => {
  create('t', 1, 2)
  cluster.decide(unregisterBroker(1))
  expect(cluster.image.brokers.get(1)).toBeUndefined()
  expect(cluster.partition('t')).toMatchObject({ replicas: [1, 2], isr: [2], leader: 2 })
  expect(() => cluster.decide(unregisterBroker(1))).toThrow(ApiError)
  expect(() => cluster.decide(unregisterBroker(1)))
    .toThrow('Broker ID 1 is not currently registered')
})
