// Topics that come into being by being asked for: what they are made with.

import type { CreateTopicsRequest } from '../protocol/messages/create-topics.ts'
import type { Config } from './config.ts'
import {
  GROUP_METADATA_TOPIC, groupMetadataTopic, type InternalTopic, TRANSACTION_STATE_TOPIC,
  transactionStateTopic,
} from './coordinators/internal-topic.ts'

type CreatableTopic = CreateTopicsRequest['topics'][number]

/** A topic as its first use creates it; internal topics have settings of their own. */
export function autoTopic(name: string, config: Config): CreatableTopic {
  switch (name) {
    case GROUP_METADATA_TOPIC: return internal(groupMetadataTopic(config))
    case TRANSACTION_STATE_TOPIC: return internal(transactionStateTopic(config))
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

function internal(
  { name, partitionCount, replicationFactor, configs }: InternalTopic,
): CreatableTopic {
  return topic(name, partitionCount, replicationFactor, configs)
}

function topic(
  name: string, numPartitions: number, replicationFactor: number,
  settings: Readonly<Record<string, string | number | boolean>>,
): CreatableTopic {
  const configs = Object.entries(settings)
    .map(([key, value]) => ({ name: key, value: String(value) }))
  return { name, numPartitions, replicationFactor, assignments: [], configs }
}
