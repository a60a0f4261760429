// DescribeQuorum (key 55): the voters and observers of the metadata log, and how far each has come
// (KIP-595).
//
// Only the leader answers; only `__cluster_metadata-0` has a quorum.
//
// Versions: 1 tells when a replica last fetched and was last caught up (KIP-836); 2 has directory
// ids, error messages and the voters' addresses (KIP-853).

import { METADATA_TOPIC } from '../../controller/controller.ts'
import { directoryOf, type Quorum } from '../../controller/raft/quorum.ts'
import type { RaftState } from '../../controller/raft/state.ts'
import { Errors, errorMessage } from '../../protocol/errors.ts'
import {
  describeQuorum, type DescribeQuorumRequest, type DescribeQuorumResponse,
} from '../../protocol/messages/describe-quorum.ts'
import { handler, type ErrorNumber, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type Partition = DescribeQuorumResponse['topics'][number]['partitions'][number]
type Node = NonNullable<DescribeQuorumResponse['nodes']>[number]
type ReplicaState = Partition['currentVoters'][number]

export const describeQuorumHandler = handler(describeQuorum, handleDescribeQuorum, {
  errorAnswer: (_request, version, errorCode) => topLevelError(version, errorCode),
})

function topLevelError(version: number, errorCode: ErrorNumber): DescribeQuorumResponse {
  const message = version >= 2 ? { errorMessage: errorMessage(errorCode) } : {}
  return { errorCode, ...message, topics: [], nodes: [] }
}

function handleDescribeQuorum(
  request: DescribeQuorumRequest, context: RequestContext, services: Services,
): DescribeQuorumResponse {
  const [topic, ...otherTopics] = request.topics
  const [partition, ...otherPartitions] = topic?.partitions ?? []
  const isOurs = topic?.topicName === METADATA_TOPIC && partition?.partitionIndex === 0 &&
    otherTopics.length === 0 && otherPartitions.length === 0
  if (!isOurs) {
    const errorCode = Errors.UNKNOWN_TOPIC_OR_PARTITION
    return {
      errorCode: Errors.NONE, nodes: [],
      topics: request.topics.map(({ topicName, partitions }) => ({
        topicName,
        partitions: partitions.map(({ partitionIndex }) => failed(partitionIndex, errorCode)),
      })),
    }
  }
  const { raftState: state } = services.controller
  const described = state.role.name === 'leader'
    ? describe(state, services.controller.quorum, context.nowMs)
    : failed(0, Errors.NOT_LEADER_OR_FOLLOWER)
  return {
    errorCode: Errors.NONE, nodes: nodesOf(state.settings.voters, services),
    topics: [{ topicName: METADATA_TOPIC, partitions: [described] }],
  }
}

/** The voters that can be reached: a node that is a quorum of its own may have no listener. */
function nodesOf(voters: readonly number[], services: Services): Node[] {
  return voters.map((nodeId) => ({ nodeId, listeners: endpointsOf(nodeId, services) }))
    .filter(({ listeners }) => listeners.length > 0)
}

/**
 * As the log has it, or `controller.quorum.voters`; without both, as the controllers themselves
 * say.
 */
function endpointsOf(
  nodeId: number, { config, broker, controller: { image, quorum } }: Services,
): Node['listeners'] {
  const inLog = quorum.voters.find(({ voterId }) => voterId === nodeId)
  if (inLog !== undefined) return inLog.endpoints
  const { controllerQuorumVoters, controllerListenerNames } = config
  const voter = controllerQuorumVoters.find(({ id }) => id === nodeId)
  if (voter !== undefined) {
    return [{ name: controllerListenerNames[0]!, host: voter.host, port: voter.port }]
  }
  const endpoints = nodeId === broker.nodeId
    ? broker.listeners.filter(({ name }) => controllerListenerNames.includes(name))
    : image.brokers.controllers.get(nodeId)?.endpoints ?? []
  return endpoints.map(({ name, host, port }) => ({ name, host, port }))
}

function failed(partitionIndex: number, errorCode: ErrorNumber): Partition {
  return {
    partitionIndex, errorCode, errorMessage: errorMessage(errorCode),
    leaderId: 0, leaderEpoch: 0, highWatermark: 0, currentVoters: [], observers: [],
  }
}

function describe(state: RaftState, quorum: Quorum, nowMs: number): Partition {
  const { epoch, leaderId, highWatermark, settings, log, role } = state
  const progress = role.name === 'leader' ? role.progress : new Map<never, never>()
  const stateOf = (replicaId: number): ReplicaState => {
    if (replicaId === settings.nodeId) {
      return {
        replicaId, replicaDirectoryId: directoryOf(quorum, replicaId), logEndOffset: log.endOffset,
        lastFetchTimestamp: nowMs, lastCaughtUpTimestamp: nowMs,
      }
    }
    const known = progress.get(replicaId as never) as { endOffset: number } | undefined
    return {
      replicaId, replicaDirectoryId: directoryOf(quorum, replicaId),
      logEndOffset: known?.endOffset ?? -1,
      lastFetchTimestamp: -1, lastCaughtUpTimestamp: -1,
    }
  }
  return {
    partitionIndex: 0, errorCode: Errors.NONE, leaderId, leaderEpoch: epoch, highWatermark,
    currentVoters: settings.voters.map(stateOf),
    observers: [...progress.keys()].filter((id) => !settings.voters.includes(id)).map(stateOf),
  }
}
