// The order of settings, against lists that Kafka 4.4 answered.

import { describe, expect, test } from '@jest/globals'

import { BROKER_RANKS, inHashOrder, TOPIC_RANKS } from '../../lib/config/hash-order.ts'
import { SETTINGS } from '../../lib/config/table.ts'
import { TOPIC_CONFIGS } from '../../storage/config.ts'

describe('hash order', () => {
  test('a few names stand by their buckets', () => {
    expect(inHashOrder(['metrics', 'match', 'interval.ms']))
      .toEqual(['interval.ms', 'match', 'metrics'])
  })

  test('names of one bucket stay as they are', () => {
    // 'Aa' and 'BB' have the same hash.
    expect(inHashOrder(['BB', 'Aa'])).toEqual(['BB', 'Aa'])
    expect(inHashOrder(['Aa', 'BB'])).toEqual(['Aa', 'BB'])
    expect(inHashOrder(['Aa', 'BB'], new Map([['BB', 0], ['Aa', 1]]))).toEqual(['BB', 'Aa'])
  })

  test("all of a topic's", () => {
    expect(inHashOrder(TOPIC_CONFIGS.map(({ name }) => name), TOPIC_RANKS)).toEqual([
      'compression.type', 'errors.deadletterqueue.group.enable', 'remote.copy.lag.bytes',
      'remote.log.delete.on.disable', 'leader.replication.throttled.replicas',
      'remote.storage.enable', 'min.insync.replicas', 'segment.jitter.ms',
      'remote.log.copy.disable', 'local.retention.ms', 'cleanup.policy', 'flush.ms',
      'follower.replication.throttled.replicas', 'compression.lz4.level', 'segment.bytes',
      'retention.ms', 'compression.gzip.level', 'remote.copy.lag.ms', 'flush.messages',
      'compression.zstd.level', 'max.compaction.lag.ms', 'file.delete.delay.ms',
      'max.message.bytes', 'min.compaction.lag.ms', 'message.timestamp.type',
      'local.retention.bytes', 'preallocate', 'index.interval.bytes', 'min.cleanable.dirty.ratio',
      'unclean.leader.election.enable', 'retention.bytes', 'delete.retention.ms',
      'message.timestamp.after.max.ms', 'max.decompressed.message.bytes',
      'message.timestamp.before.max.ms', 'segment.ms', 'segment.index.bytes',
    ])
  })

  test("all of a broker's", () => {
    const order = inHashOrder(SETTINGS.map(({ name }) => name), BROKER_RANKS)
    expect(order.slice(0, 12)).toEqual([
      'log.cleaner.min.compaction.lag.ms', 'offsets.topic.num.partitions',
      'sasl.oauthbearer.jwks.endpoint.refresh.ms', 'remote.log.metadata.manager.listener.name',
      'log.flush.interval.messages', 'controller.socket.timeout.ms', 'log.flush.interval.ms',
      'principal.builder.class', 'controller.quorum.request.timeout.ms',
      'errors.deadletterqueue.auto.create.topics.enable', 'min.insync.replicas',
      'sasl.oauthbearer.expected.audience',
    ])
    // The largest bucket, and the last one.
    expect(order.slice(-9)).toEqual([
      'max.request.partition.size.limit', 'offsets.topic.compression.codec',
      'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms', 'delegation.token.max.lifetime.ms',
      'replication.quota.window.num', 'group.streams.min.heartbeat.interval.ms',
      'advertised.listeners', 'group.coordinator.cached.buffer.max.bytes',
      'queued.max.request.bytes',
    ])
  })
})
