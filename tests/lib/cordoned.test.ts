// Log directories that take no new replicas (KIP-1066), at a whole node: what Kafka 4.4 did and
// answered in each of these steps.

import { afterEach, describe, expect, test } from '@jest/globals'

import { Wire } from '../../compat/harness/wire.ts'
import { ConfigType } from '../../controller/image/configs.ts'
import { DEVELOPMENT, parseConfig } from '../../lib/config.ts'
import { Node } from '../../lib/node.ts'
import { silentLogger } from '../../lib/world/logger.ts'
import { systemWorld } from '../../lib/world/system.ts'
import { Errors } from '../../protocol/errors.ts'
import {
  alterPartitionReassignments,
} from '../../protocol/messages/alter-partition-reassignments.ts'
import { alterReplicaLogDirs } from '../../protocol/messages/alter-replica-log-dirs.ts'
import { createPartitions } from '../../protocol/messages/create-partitions.ts'
import { createTopics } from '../../protocol/messages/create-topics.ts'
import { describeLogDirs } from '../../protocol/messages/describe-log-dirs.ts'
import {
  incrementalAlterConfigs,
} from '../../protocol/messages/incremental-alter-configs.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'

const ONE = '/one'
const TWO = '/two'
const TIMEOUT_MS = 20_000
const SET = 0
const DELETE = 1
const NO_PLACE = 'All brokers are currently fenced, or have all their log directories cordoned.'
const ASSIGNED = 'The manual partition assignment includes broker 1, but all its log directories ' +
  'are cordoned.'

class Cordoned {
  readonly #node: Node
  readonly #wire: Wire

  private constructor(node: Node, wire: Wire) {
    this.#node = node
    this.#wire = wire
  }

  static async start(
    settings: Record<string, string> = {}, disk = new MemoryDisk(),
  ): Promise<Cordoned> {
    const properties = new Map(Object.entries({
      'node.id': '1', listeners: 'PLAINTEXT://127.0.0.1:0', 'log.dirs': `${ONE},${TWO}`,
      ...settings,
    }))
    const config = parseConfig(properties, () => {}, { base: DEVELOPMENT })
    const node = new Node(config, { ...systemWorld(silentLogger()), disk })
    await node.start()
    return new Cordoned(node, await Wire.connect(`127.0.0.1:${node.listeners[0]!.port}`))
  }

  async stop(): Promise<void> {
    this.#wire.close()
    await this.#node.stop()
  }

  /** `cordoned.log.dirs` of the broker; null: it is taken back. */
  async cordon(value: string | null): Promise<void> {
    const { responses } = await this.#wire.ask(incrementalAlterConfigs, 1, {
      validateOnly: false,
      resources: [{
        resourceType: ConfigType.BROKER, resourceName: '1',
        configs: [{
          name: 'cordoned.log.dirs', configOperation: value === null ? DELETE : SET, value,
        }],
      }],
    })
    expect(responses).toMatchObject([{ errorCode: Errors.NONE }])
  }

  async create(
    name: string, { count = 1, isAssigned = false, validateOnly = false } = {},
  ): Promise<[number, string | null]> {
    const { topics: [topic] } = await this.#wire.ask(createTopics, 7, {
      timeoutMs: TIMEOUT_MS, validateOnly, topics: [{
        name, numPartitions: isAssigned ? -1 : count, replicationFactor: isAssigned ? -1 : 1,
        assignments: isAssigned ? [{ partitionIndex: 0, brokerIds: [1] }] : [], configs: [],
      }],
    })
    return [topic!.errorCode, topic!.errorMessage]
  }

  async grow(
    name: string, count: number, assignments: { brokerIds: number[] }[] | null = null,
  ): Promise<[number, string | null]> {
    const { results: [result] } = await this.#wire.ask(createPartitions, 3, {
      timeoutMs: TIMEOUT_MS, validateOnly: false, topics: [{ name, count, assignments }],
    })
    return [result!.errorCode, result!.errorMessage]
  }

  async move(name: string, partition: number, path: string): Promise<number> {
    const { results } = await this.#wire.ask(alterReplicaLogDirs, 2, {
      dirs: [{ path, topics: [{ name, partitions: [partition] }] }],
    })
    return results[0]!.partitions[0]!.errorCode
  }

  async reassign(name: string): Promise<[number, string | null]> {
    const { responses } = await this.#wire.ask(alterPartitionReassignments, 0, {
      timeoutMs: TIMEOUT_MS,
      topics: [{ name, partitions: [{ partitionIndex: 0, replicas: [1] }] }],
    })
    const partition = responses[0]!.partitions[0]!
    return [partition.errorCode, partition.errorMessage]
  }

  /** Whether each directory is cordoned, and what lies in it, logs on their way left out. */
  async directories(version = 5): Promise<[boolean, string[]][]> {
    const { results } = await this.#wire.ask(describeLogDirs, version, { topics: null })
    return results.map(({ isCordoned, topics }) => [isCordoned, topics.flatMap(
      ({ name, partitions }) => partitions.filter(({ isFutureKey }) => !isFutureKey)
        .map(({ partitionIndex }) => `${name}-${partitionIndex}`)).sort()])
  }

  /** Until the controller knows of it: that every directory is cordoned, or no more. */
  async until(code: number): Promise<void> {
    await expect(eventually(async () => (
      (await this.create('asked', { validateOnly: true }))[0] === code))).resolves.toBe(true)
  }
}

async function eventually(holds: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await holds()) return true
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return false
}

const namesOf = (topic: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${topic}-${i}`)

describe('log directories that are cordoned', () => {
  let broker: Cordoned

  afterEach(async () => {
    await broker.stop()
  })

  test('keep what they have, and are told apart from version 5 on', async () => {
    broker = await Cordoned.start()
    expect(await broker.create('before', { count: 4 })).toEqual([Errors.NONE, null])
    const [inOne = [], inTwo = []] = (await broker.directories()).map(([, names]) => names)
    expect([...inOne, ...inTwo].sort()).toEqual(namesOf('before', 4))
    expect(inOne).toHaveLength(2)
    await broker.cordon(ONE)
    expect(await broker.directories()).toEqual([[true, inOne], [false, inTwo]])
    expect((await broker.directories(4)).map(([isCordoned]) => isCordoned)).toEqual([false, false])
  })

  test('get no new partitions while there are others, until they are open again', async () => {
    broker = await Cordoned.start()
    await broker.cordon(ONE)
    expect(await broker.create('a', { count: 4 })).toEqual([Errors.NONE, null])
    expect(await broker.grow('a', 8)).toEqual([Errors.NONE, null])
    expect(await broker.directories()).toEqual([[true, []], [false, namesOf('a', 8)]])
    await broker.cordon(null)
    expect(await broker.create('b', { count: 4 })).toEqual([Errors.NONE, null])
    expect(await broker.directories()).toEqual([
      [false, namesOf('b', 4)], [false, namesOf('a', 8)],
    ])
  })

  test('get no logs moved into them, but let them out', async () => {
    broker = await Cordoned.start({ 'cordoned.log.dirs': TWO })
    await broker.create('a')
    expect(await broker.directories()).toEqual([[false, ['a-0']], [true, []]])
    expect(await broker.move('a', 0, TWO)).toBe(Errors.INVALID_REPLICA_ASSIGNMENT)
    expect(await broker.move('no.such', 0, TWO)).toBe(Errors.INVALID_REPLICA_ASSIGNMENT)
    expect(await broker.move('no.such', 0, ONE)).toBe(Errors.UNKNOWN_TOPIC_OR_PARTITION)
    await broker.cordon(ONE)
    expect(await broker.move('a', 0, ONE)).toBe(Errors.INVALID_REPLICA_ASSIGNMENT)
    expect(await broker.move('a', 0, TWO)).toBe(Errors.NONE)
    expect(await eventually(async () => (await broker.directories())[1]![1].includes('a-0')))
      .toBe(true)
    expect(await broker.directories()).toEqual([[true, []], [false, ['a-0']]])
  })

  test('leave a broker without any place, all of them, for what is new', async () => {
    broker = await Cordoned.start()
    await broker.create('a', { count: 2 })
    await broker.cordon('*')
    await broker.until(Errors.INVALID_REPLICATION_FACTOR)
    expect(await broker.create('b')).toEqual([Errors.INVALID_REPLICATION_FACTOR,
      `Unable to replicate the partition 1 time(s): ${NO_PLACE}`])
    expect(await broker.create('b', { isAssigned: true }))
      .toEqual([Errors.INVALID_REPLICA_ASSIGNMENT, ASSIGNED])
    expect(await broker.grow('a', 3)).toEqual([Errors.INVALID_REPLICATION_FACTOR, NO_PLACE])
    expect(await broker.grow('a', 3, [{ brokerIds: [1] }]))
      .toEqual([Errors.INVALID_REPLICA_ASSIGNMENT, ASSIGNED])
    expect(await broker.reassign('a')).toEqual([Errors.INVALID_REPLICA_ASSIGNMENT, ASSIGNED])
    await broker.cordon(null)
    await broker.until(Errors.NONE)
    expect(await broker.create('b')).toEqual([Errors.NONE, null])
  })

  test('are so after a restart', async () => {
    const disk = new MemoryDisk()
    broker = await Cordoned.start({}, disk)
    await broker.cordon(TWO)
    await broker.stop()
    broker = await Cordoned.start({}, disk)
    await broker.create('a', { count: 3 })
    expect(await broker.directories()).toEqual([[false, namesOf('a', 3)], [true, []]])
  })
})
