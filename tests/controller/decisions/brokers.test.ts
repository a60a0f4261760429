// Brokers that come and go, and what becomes of the partitions they hold.

import { beforeEach, describe, expect, test } from '@jest/globals'

import { allocateProducerIds } from '../../../controller/decisions/producer-ids.ts'
import { brokerHeartbeat, registerBroker } from '../../../controller/decisions/brokers.ts'
import { createTopics } from '../../../controller/decisions/create-topics.ts'
import { SUPPORTED_FEATURES } from '../../../controller/image/features.ts'
import { NO_LEADER, RECOVERED, RECOVERING } from '../../../controller/image/topics.ts'
import { Errors } from '../../../protocol/errors.ts'
import { Cluster, settings } from '../harness.ts'

function create(cluster: Cluster, name: string, replicas: readonly number[], minIsr = '1'): void {
  const [result] = cluster.decide(createTopics({
    validateOnly: false,
    topics: [{
      name, numPartitions: -1, replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [...replicas] }],
      configs: [{ name: 'min.insync.replicas', value: minIsr }],
    }],
  }))
  expect(result!.errorCode).toBe(Errors.NONE)
}

describe('one broker', () => {
  let cluster: Cluster
  beforeEach(() => {
    cluster = new Cluster()
    cluster.join(1)
    create(cluster, 'a', [1])
  })

  test('is fenced until its heartbeat shows that it has its own registration', () => {
    const fresh = new Cluster()
    fresh.join(1)
    expect(fresh.image.brokers.get(1)).toMatchObject({ fenced: false, epoch: fresh.epochs.get(1) })
    const behind = new Cluster()
    behind.nextOffset = 100
    behind.join(1)
    const { brokerEpoch } = behind.decide(registerBroker({
      brokerId: 2, clusterId: settings.clusterId, incarnationId: 'i'.repeat(21) + 'A',
      listeners: [], rack: null, features: SUPPORTED_FEATURES,
      logDirs: ['d'.repeat(21) + 'A'], previousBrokerEpoch: -1,
    }, false))
    const beat = (currentMetadataOffset: number) => behind.decide(brokerHeartbeat({
      brokerId: 2, brokerEpoch, currentMetadataOffset, wantFence: false, wantShutDown: false,
    }))
    expect(beat(brokerEpoch - 1)).toMatchObject({ isCaughtUp: false, isFenced: true })
    expect(beat(brokerEpoch)).toMatchObject({ isCaughtUp: true, isFenced: false })
  })

  test('restarted after a clean shutdown leads again from the ELR, cleanly', () => {
    expect(cluster.beat(1, { wantShutDown: true }))
      .toEqual({
        isCaughtUp: true, isFenced: false, inControlledShutdown: true, shouldShutDown: false,
      })
    expect(cluster.partition('a')).toMatchObject({ leader: NO_LEADER, isr: [], elr: [1] })
    expect(cluster.beat(1, { wantShutDown: true })).toMatchObject({ shouldShutDown: true })
    cluster.join(1)
    expect(cluster.partition('a')).toMatchObject({
      leader: 1, isr: [1], elr: [], leaderEpoch: 2, leaderRecoveryState: RECOVERED,
    })
  })

  test('restarted after a crash leads again as the last known leader, to recover', () => {
    cluster.join(1, { wasClean: false })
    expect(cluster.partition('a')).toMatchObject({
      leader: 1, isr: [1], elr: [], lastKnownElr: [], leaderEpoch: 2,
      leaderRecoveryState: RECOVERING,
    })
  })

  test('with a stale epoch is told so', () => {
    const beat = (brokerId: number, brokerEpoch: number) => cluster.decide(brokerHeartbeat({
      brokerId, brokerEpoch, currentMetadataOffset: 99, wantFence: false, wantShutDown: false,
    }))
    expect(() => beat(1, 3)).toThrow('Expected broker epoch')
    expect(() => beat(2, 3)).toThrow('No broker registration found for broker id 2')
  })

  test('gets its own block of producer ids', () => {
    const epoch = cluster.epochs.get(1)!
    expect(cluster.decide(allocateProducerIds(1, epoch))).toEqual({ first: 0, count: 1000 })
    expect(cluster.decide(allocateProducerIds(1, epoch))).toEqual({ first: 1000, count: 1000 })
    expect(() => cluster.decide(allocateProducerIds(1, epoch + 1)))
      .toThrow(expect.objectContaining({ code: Errors.STALE_BROKER_EPOCH }))
  })
})

describe('registration', () => {
  const register = (cluster: Cluster, change: object, hasSession = false) =>
    cluster.decide(registerBroker({
      brokerId: 1, clusterId: settings.clusterId, incarnationId: 'other', listeners: [],
      features: SUPPORTED_FEATURES, rack: null, logDirs: ['x'.repeat(21) + 'A'],
      previousBrokerEpoch: -1, ...change,
    }, hasSession))

  test.each<[string, object, boolean, number]>([
    ['of another cluster', { clusterId: 'x' }, false, Errors.INCONSISTENT_CLUSTER_ID],
    ['of a broker that lives', {}, true, Errors.DUPLICATE_BROKER_REGISTRATION],
    ['without directories', { logDirs: [] }, false, Errors.INVALID_REGISTRATION],
    ['with a directory twice', { logDirs: ['d', 'd'] }, false, Errors.INVALID_REGISTRATION],
    ["with another's directory", { brokerId: 2, logDirs: ['directory000000000001A'] }, false,
      Errors.INVALID_REGISTRATION],
    ['without metadata.version', { features: [] }, false, Errors.INVALID_REGISTRATION],
    ['that is too old', {
      features: SUPPORTED_FEATURES.map((one) => ({ ...one, maxSupportedVersion: 0 })),
    }, false, Errors.UNSUPPORTED_VERSION],
  ])('%s is refused', (_what, change, hasSession, code) => {
    const cluster = new Cluster()
    cluster.join(1)
    expect(() => register(cluster, change, hasSession))
      .toThrow(expect.objectContaining({ code }))
  })

  test('of the same incarnation amends, and keeps the epoch', () => {
    const cluster = new Cluster()
    cluster.join(1)
    const { incarnationId, epoch } = cluster.image.brokers.get(1)!
    const answer = register(cluster, { incarnationId, rack: 'r' }, true)
    expect(answer).toEqual({ brokerEpoch: epoch })
    expect(cluster.image.brokers.get(1)).toMatchObject({ rack: 'r', fenced: false })
  })
})

describe('three brokers', () => {
  let cluster: Cluster
  beforeEach(() => {
    cluster = new Cluster()
    for (const id of [1, 2, 3]) cluster.join(id)
    create(cluster, 'a', [1, 2, 3], '2')
  })

  const fence = (id: number): void => { cluster.beat(id, { wantFence: true }) }

  test('a leader that is fenced is followed by the next in the ISR', () => {
    fence(1)
    expect(cluster.partition('a')).toMatchObject({
      leader: 2, isr: [2, 3], elr: [], leaderEpoch: 1, partitionEpoch: 1,
    })
    expect(cluster.image.brokers.get(1)!.fenced).toBe(true)
  })

  test('a follower that is fenced leaves the ISR without a new leader epoch', () => {
    fence(3)
    expect(cluster.partition('a')).toMatchObject({ leader: 1, isr: [1, 2], leaderEpoch: 0 })
  })

  test('below the minimum, who leaves stays eligible, until it loses its data', () => {
    fence(1)
    fence(2)
    expect(cluster.partition('a')).toMatchObject({ leader: 3, isr: [3], elr: [2] })
    fence(3)
    expect(cluster.partition('a')).toMatchObject({ leader: NO_LEADER, isr: [], elr: [2, 3] })
    expect(cluster.image.topics.withoutLeader()).toHaveLength(1)
    cluster.join(1, { wasClean: true })
    expect(cluster.partition('a').leader).toBe(NO_LEADER)
    cluster.join(2, { wasClean: true })
    expect(cluster.partition('a')).toMatchObject({
      leader: 2, isr: [2], elr: [3], leaderRecoveryState: RECOVERED,
    })
    cluster.join(3, { wasClean: false })
    expect(cluster.partition('a')).toMatchObject({ leader: 2, isr: [2], elr: [] })
  })
})

test('without ELR the last of an ISR stays in it', () => {
  const cluster = new Cluster({ isElrEnabled: false })
  cluster.join(1)
  create(cluster, 'a', [1])
  cluster.beat(1, { wantFence: true })
  expect(cluster.partition('a')).toMatchObject({ leader: NO_LEADER, isr: [1], elr: [] })
  cluster.join(1)
  expect(cluster.partition('a')).toMatchObject({ leader: 1, isr: [1], leaderRecoveryState: 0 })
})
