// The topics that coordinators keep their state in: their names, and which partition keeps what.

import type { Controller } from '../../controller/controller.ts'
import { createTopics } from '../../controller/decisions/create-topics.ts'
import { ApiError, Errors, type ErrorCode } from '../../protocol/errors.ts'
import type { Config } from '../config.ts'

export const GROUP_METADATA_TOPIC = '__consumer_offsets'
export const TRANSACTION_STATE_TOPIC = '__transaction_state'

/** What a coordinator's topic is made with, when it is needed for the first time. */
export interface InternalTopic {
  readonly name: string
  readonly partitionCount: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

export function groupMetadataTopic(config: Config): InternalTopic {
  return {
    name: GROUP_METADATA_TOPIC,
    partitionCount: config.offsetsTopicNumPartitions,
    replicationFactor: config.offsetsTopicReplicationFactor,
    configs: {
      'cleanup.policy': 'compact',
      // Clients' commits are small: what matters is that a producer's codec is not undone.
      'compression.type': 'producer',
      'segment.bytes': String(config.offsetsTopicSegmentBytes),
    },
  }
}

export function transactionStateTopic(config: Config): InternalTopic {
  return {
    name: TRANSACTION_STATE_TOPIC,
    partitionCount: config.transactionStateLogNumPartitions,
    replicationFactor: config.transactionStateLogReplicationFactor,
    configs: {
      'unclean.leader.election.enable': 'false',
      'compression.type': 'uncompressed',
      'cleanup.policy': 'compact',
      'min.insync.replicas': String(config.transactionStateLogMinIsr),
      'segment.bytes': String(config.transactionStateLogSegmentBytes),
    },
  }
}

/**
 * The partition that keeps a key, as every Kafka node computes it: Java's hash of the string,
 * without its sign.
 */
export function partitionOf(key: string, partitionCount: number): number {
  let hash = 0
  for (let index = 0; index < key.length; index++) {
    hash = (Math.imul(31, hash) + key.charCodeAt(index)) | 0
  }
  // The lowest of all numbers has no counterpart; Kafka takes 0 for it.
  return hash === -0x8000_0000 ? 0 : Math.abs(hash) % partitionCount
}

/** Creates the topic unless it is there; gives the error of the attempt. */
export async function createInternalTopic(
  controller: Controller, topic: InternalTopic,
): Promise<ErrorCode> {
  const { name, partitionCount, replicationFactor, configs } = topic
  try {
    const [result] = await controller.submit(createTopics({
      validateOnly: false,
      topics: [{
        name,
        numPartitions: partitionCount,
        replicationFactor,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      }],
    }))
    const { errorCode = Errors.NONE } = result ?? {}
    return (errorCode === Errors.TOPIC_ALREADY_EXISTS ? Errors.NONE : errorCode) as ErrorCode
  } catch (error) {
    if (error instanceof ApiError) return error.code
    throw error
  }
}
