// The settings that a running node goes by: which value counts, who hears of changes, and what
// becomes of producers and of the cleaner when theirs change.

import { afterEach, describe, expect, test } from '@jest/globals'

import { Wire } from '../../compat/harness/wire.ts'
import { ConfigType } from '../../controller/image/configs.ts'
import { DEVELOPMENT, parseConfig } from '../../lib/config.ts'
import { Node } from '../../lib/node.ts'
import { createLogger } from '../../lib/world/logger.ts'
import { systemWorld } from '../../lib/world/system.ts'
import { createTopics } from '../../protocol/messages/create-topics.ts'
import { describeProducers } from '../../protocol/messages/describe-producers.ts'
import { incrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { changeable } from './changeable-settings.ts'

const configOf = (settings: Record<string, string> = {}) => parseConfig(new Map(Object.entries({
  'node.id': '1', 'log.dirs': '/one', listeners: 'PLAINTEXT://127.0.0.1:0', ...settings,
})), () => {}, { base: DEVELOPMENT })

describe('a setting', () => {
  test('counts from the broker before all brokers before the properties', () => {
    const { settings, set } = changeable(configOf({ 'log.cleaner.backoff.ms': '1' }))
    const value = () => settings.value('log.cleaner.backoff.ms')
    const values = [value()]
    for (const [changed, place] of [['2', ''], ['3', '1'], ['4', ''], ['5', '2']] as const) {
      set({ 'log.cleaner.backoff.ms': changed }, place)
      values.push(value())
    }
    set({ 'log.cleaner.backoff.ms': null }, '1')
    values.push(value())
    set({ 'log.cleaner.backoff.ms': null }, '')
    expect([...values, value()]).toEqual([1, 2, 3, 3, 3, 4, 1])
  })

  test('of a listener counts before that of all, wherever it was set', () => {
    const given = { 'listener.name.plaintext.max.connections': '1' }
    const { settings, set } = changeable(configOf(given))
    const own = () => settings.ofListener('PLAINTEXT', 'max.connections')
    set({ 'max.connections': '9' })
    expect(own()).toBe(1)
    set({ 'listener.name.plaintext.max.connections': '2' }, '')
    expect(own()).toBe(2)
    set({ 'listener.name.plaintext.max.connections': '3' })
    expect(own()).toBe(3)
    expect(settings.ofListener('OTHER', 'max.connections')).toBeUndefined()
  })

  test('that does not hold is ignored, and said to the log', () => {
    const lines: string[] = []
    const logger = createLogger({ write: (line) => { lines.push(line) } })
    const { settings, set } = changeable(configOf(), logger)
    set({ 'log.cleaner.backoff.ms': 'soon', 'max.connections': '5' })
    expect(settings.value('log.cleaner.backoff.ms')).toBe(15_000)
    expect(settings.value('max.connections')).toBe(5)
    expect(lines.join()).toMatch(/ERROR A setting .* ignored setting=log\.cleaner\.backoff\.ms/)
  })

  test('is told to those who asked for it, and when it is another one', () => {
    const { settings, set } = changeable(configOf())
    const told: string[] = []
    const end = settings.onChange(['max.connections'], () => told.push('connections'))
    settings.onChange(['log.cleaner.backoff.ms'], () => told.push('backoff'))
    set({ 'max.connections': '5' })
    set({ 'max.connections': '5', 'log.cleaner.threads': '2' })
    set({ 'log.cleaner.backoff.ms': '5' })
    set({ 'listener.name.plaintext.max.connections': '5' })
    end()
    set({ 'max.connections': '6' })
    expect(told).toEqual(['connections', 'backoff', 'connections'])
  })
})

describe('a node', () => {
  let node: Node
  let wire: Wire
  let lines: string[]

  async function start(settings: Record<string, string>): Promise<void> {
    lines = []
    const logger = createLogger({ write: (line) => { lines.push(line) } })
    node = new Node(configOf(settings), { ...systemWorld(logger), disk: new MemoryDisk() })
    await node.start()
    wire = await Wire.connect(`127.0.0.1:${node.listeners[0]!.port}`)
  }

  afterEach(async () => {
    wire.close()
    await node.stop()
  })

  const set = (name: string, value: string) => wire.ask(incrementalAlterConfigs, 1, {
    validateOnly: false,
    resources: [{
      resourceType: ConfigType.BROKER, resourceName: '',
      configs: [{ name, value, configOperation: 0 }],
    }],
  })

  async function createTopic(configs: Record<string, string> = {}): Promise<void> {
    const { topics } = await wire.ask(createTopics, 5, {
      timeoutMs: 5000, validateOnly: false,
      topics: [{
        name: 'a', numPartitions: 1, replicationFactor: 1, assignments: [],
        configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
      }],
    })
    expect(topics[0]?.errorCode).toBe(0)
  }

  async function append(records: Buffer): Promise<void> {
    const { responses } = await wire.ask(produce, 9, {
      transactionalId: null, acks: -1, timeoutMs: 5000,
      topicData: [{ name: 'a', partitionData: [{ index: 0, records }] }],
    })
    expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(0)
  }

  const isTrueSoon = async (isSo: () => boolean | Promise<boolean>) => {
    for (let attempt = 0; attempt < 200; attempt++) {
      if (await isSo()) return true
      await new Promise((resolve) => { setTimeout(resolve, 20) })
    }
    return false
  }

  test('forgets producers after the new producer.id.expiration.ms', async () => {
    await start({ 'log.retention.check.interval.ms': '20' })
    await createTopic()
    const record = { key: null, value: Buffer.from('x'), headers: [] }
    await append(buildBatch({
      records: [record], timestampMs: Date.now() - 60_000, producerId: 7, producerEpoch: 0,
      baseSequence: 0,
    }))
    const producers = async () => {
      const { topics } = await wire.ask(describeProducers, 0, {
        topics: [{ name: 'a', partitionIndexes: [0] }],
      })
      return topics[0]!.partitions[0]!.activeProducers.length
    }
    await new Promise((resolve) => { setTimeout(resolve, 100) })
    expect(await producers()).toBe(1)
    await set('producer.id.expiration.ms', '30000')
    expect(await isTrueSoon(async () => await producers() === 0)).toBe(true)
  })

  test('cleans at once when log.cleaner.backoff.ms becomes less', async () => {
    await start({ 'log.cleaner.backoff.ms': '600000' })
    await createTopic({
      'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01', 'segment.bytes': '1048576',
    })
    // The first look of all comes a second after the start.
    await new Promise((resolve) => { setTimeout(resolve, 1100) })
    const record = { key: Buffer.from('k'), value: Buffer.alloc(600_000), headers: [] }
    for (let i = 0; i < 3; i++) await append(buildBatch({ records: [record], timestampMs: 1 }))
    await new Promise((resolve) => { setTimeout(resolve, 200) })
    expect(lines.join()).not.toContain('cleaned a log')
    await set('log.cleaner.backoff.ms', '100')
    expect(await isTrueSoon(() => lines.join().includes('cleaned a log'))).toBe(true)
  })
})
