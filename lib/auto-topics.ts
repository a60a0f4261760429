// Topics that come into being by being asked for: what they are made with.

import type { CreateTopicsRequest } from '../protocol/messages/create-topics.ts'
import type { Config } from './config.ts'

type CreatableTopic = CreateTopicsRequest['topics'][number]

/** A topic as its first use creates it; internal topics have settings of their own. */
export function autoTopic(name: string, config: Config): CreatableTopic {
  switch (name) {
    case '__consumer_offsets':
      return topic(name, config.offsetsTopicNumPartitions, config.offsetsTopicReplicationFactor, {
        'cleanup.policy': 'compact',
        'segment.bytes': config.offsetsTopicSegmentBytes,
        'compression.type': 'producer',
      })
    case '__transaction_state':
      return topic(name, config.transactionStateLogNumPartitions,
        config.transactionStateLogReplicationFactor, {
          'unclean.leader.election.enable': false,
          'compression.type': 'uncompressed',
          'cleanup.policy': 'compact',
          'min.insync.replicas': config.transactionStateLogMinIsr,
          'segment.bytes': config.transactionStateLogSegmentBytes,
        })
    case '__share_group_state':
      return topic(name, config.shareCoordinatorStateTopicNumPartitions,
        config.shareCoordinatorStateTopicReplicationFactor, {
          'cleanup.policy': 'delete',
          'compression.type': 'producer',
          'segment.bytes': config.shareCoordinatorStateTopicSegmentBytes,
          'min.insync.replicas': config.shareCoordinatorStateTopicMinIsr,
          'retention.ms': -1,
        })
    default:
      return topic(name, -1, -1, {})
  }
}

function topic(
  name: string, numPartitions: number, replicationFactor: number,
  settings: Readonly<Record<string, string | number | boolean>>,
): CreatableTopic {
  const configs = Object.entries(settings)
    .map(([key, value]) => ({ name: key, value: String(value) }))
  return { name, numPartitions, replicationFactor, assignments: [], configs }
}
