// The table of settings: complete, consistent, and honest about what Samsa acts on.

import { describe, expect, test } from '@jest/globals'
import { BadValue } from '../../lib/config/setting.ts'
import { SETTINGS, SETTINGS_BY_NAME } from '../../lib/config/table.ts'

const of = (name: string) => SETTINGS_BY_NAME.get(name)!

describe('the table of settings', () => {
  test('holds the 350 that Kafka 4.4 documents, each once', () => {
    expect(SETTINGS).toHaveLength(350)
    expect(SETTINGS_BY_NAME.size).toBe(350)
  })

  test('gives every setting a sentence', () => {
    const silent = SETTINGS.filter(({ spec }) => !/^[A-Z_].*[^ ]\.$/.test(spec.doc))
    expect(silent.map(({ name }) => name)).toEqual([])
  })

  test('holds defaults that the settings themselves take', () => {
    const refused = SETTINGS.filter((setting) => {
      try {
        if (typeof setting.spec.default === 'string') setting.parse(setting.spec.default)
        return false
      } catch {
        return true
      }
    })
    expect(refused.map(({ name }) => name)).toEqual([])
  })

  // Facts of ConfigDef in kafka_2.13-4.4.0: type, default, importance, update mode.
  test.each([
    ['message.max.bytes', 'int', '1048588', 'high', 'cluster-wide'],
    ['log.retention.ms', 'long', null, 'high', 'cluster-wide'],
    ['log.retention.hours', 'int', '168', 'high', 'read-only'],
    ['group.initial.rebalance.delay.ms', 'int', '3000', 'medium', 'read-only'],
    ['listeners', 'list', 'PLAINTEXT://:9092', 'high', 'per-broker'],
    ['offsets.topic.replication.factor', 'short', '3', 'high', 'read-only'],
    ['num.recovery.threads.per.data.dir', 'int', '2', 'high', 'cluster-wide'],
    ['log.cleaner.io.buffer.load.factor', 'double', '0.9', 'medium', 'cluster-wide'],
    ['log.flush.interval.messages', 'long', '9223372036854775807', 'high', 'cluster-wide'],
    ['ssl.keystore.password', 'password', null, 'medium', 'per-broker'],
    ['process.roles', 'list', undefined, 'high', 'read-only'],
    ['metadata.max.idle.interval.ms', 'int', '500', 'low', 'read-only'],
  ])('%s', (name, type, fallback, importance, updateMode) => {
    expect(of(name).spec).toMatchObject({ type, importance, updateMode })
    expect(of(name).spec.default).toBe(fallback)
  })

  test('bounds what Kafka bounds', () => {
    expect(() => of('log.segment.bytes').parse('1048575')).toThrow(BadValue)
    expect(of('log.segment.bytes').parse('1048576')).toBe(1_048_576)
    expect(of('compression.zstd.level').parse('-131072')).toBe(-131_072)
    expect(() => of('compression.zstd.level').parse('23')).toThrow(BadValue)
    expect(of('group.consumer.migration.policy').parse('Disabled')).toBe('Disabled')
  })
})
