// The configs of topics: defaults, layers, and what Kafka says to bad values.

import { describe, expect, test } from '@jest/globals'

import { Errors } from '../../protocol/errors.ts'
import { parseLogConfig, TOPIC_CONFIGS } from '../../storage/config.ts'

const parse = (own: Record<string, string>, defaults: Record<string, string> = {}) =>
  parseLogConfig(new Map(Object.entries(own)), new Map(Object.entries(defaults)))

describe('the configs of a topic', () => {
  test('without any are those of Kafka', () => {
    expect(parse({})).toMatchObject({
      segmentBytes: 1073741824, segmentMs: 604800000, retentionMs: 604800000, retentionBytes: -1,
      flushMessages: Infinity, maxMessageBytes: 1048588, minInsyncReplicas: 1,
      compressionType: 'producer', timestampType: 'CreateTime', timestampBeforeMaxMs: Infinity,
      timestampAfterMaxMs: 3600000, cleanupPolicy: new Set(['delete']),
    })
  })

  test("come before the server's, which come before Kafka's", () => {
    const config = parse({ 'retention.ms': '1' }, { 'retention.ms': '2', 'segment.ms': '3' })
    expect(config).toMatchObject({ retentionMs: 1, segmentMs: 3 })
  })

  test('are read as Kafka reads them', () => {
    expect(parse({
      'cleanup.policy': ' compact , delete ', 'retention.ms': ' +5 ', 'preallocate': 'TRUE',
      'min.cleanable.dirty.ratio': '1e-1', 'internal.segment.bytes': '100',
    })).toMatchObject({
      cleanupPolicy: new Set(['compact', 'delete']), retentionMs: 5, preallocate: true,
      minCleanableDirtyRatio: 0.1, segmentBytes: 100,
    })
    expect(parse({ 'cleanup.policy': '' }).cleanupPolicy).toEqual(new Set())
  })

  test.each<[string, string, string]>([
    ['no.such', '1', 'Unknown topic config name: no.such'],
    ['segment.bytes', '1048575',
      'Invalid value 1048575 for configuration segment.bytes: Value must be at least 1048576'],
    ['segment.bytes', '2147483648',
      'Invalid value 2147483648 for configuration segment.bytes: Not a number of type INT'],
    ['retention.ms', '9223372036854775808', 'Invalid value 9223372036854775808 for configuration ' +
      'retention.ms: Not a number of type LONG'],
    ['retention.ms', '-2',
      'Invalid value -2 for configuration retention.ms: Value must be at least -1'],
    ['min.cleanable.dirty.ratio', '1.5', 'Invalid value 1.5 for configuration ' +
      'min.cleanable.dirty.ratio: Value must be no more than 1'],
    ['preallocate', 'yes', 'Invalid value yes for configuration preallocate: ' +
      'Expected value to be either true or false'],
    ['message.timestamp.type', 'x', 'Invalid value x for configuration message.timestamp.type: ' +
      'String must be one of: CreateTime, LogAppendTime'],
    ['cleanup.policy', 'compact,compact',
      "Configuration 'cleanup.policy' values must not be duplicated."],
    ['cleanup.policy', 'compact,', "Configuration 'cleanup.policy' values must not be empty."],
    ['cleanup.policy', 'keep', 'Invalid value keep for configuration cleanup.policy: String must ' +
      'be one of: compact, delete'],
    ['compression.gzip.level', '0', 'Invalid value 0 for configuration compression.gzip.level: ' +
      'Value must be between 1 and 9 or equal to -1'],
    ['leader.replication.throttled.replicas', '1:2,x', 'Invalid value [1:2, x] for configuration ' +
      'leader.replication.throttled.replicas: leader.replication.throttled.replicas must be the ' +
      "literal '*' or a list of replicas in the following format: " +
      '[partitionId]:[brokerId],[partitionId]:[brokerId],...'],
    ['min.compaction.lag.ms', '9223372036854775807', ''],
    ['remote.storage.enable', 'true', 'Tiered Storage functionality is disabled in the broker. ' +
      'Topic cannot be configured with remote log storage.'],
  ])('%s=%s is answered', (name, value, message) => {
    const act = () => parse({ [name]: value })
    if (message === '') expect(act).not.toThrow()
    else expect(act).toThrow(expect.objectContaining({ code: Errors.INVALID_CONFIG, message }))
  })

  test('must agree with one another', () => {
    expect(() => parse({ 'min.compaction.lag.ms': '5', 'max.compaction.lag.ms': '4' })).toThrow(
      'conflict topic config setting min.compaction.lag.ms (5) > max.compaction.lag.ms (4)')
  })

  test('are listed once, each with words of its own', () => {
    expect(new Set(TOPIC_CONFIGS.map(({ name }) => name)).size).toBe(37)
    expect(TOPIC_CONFIGS).toHaveLength(37)
    for (const { doc } of TOPIC_CONFIGS) expect(doc.length).toBeGreaterThan(20)
  })
})
