// What must not be in a ConsumerGroupHeartbeat.

import { ApiError, Errors } from '../../../../protocol/errors.ts'
import type { ConsumerGroupHeartbeatRequest }
  from '../../../../protocol/messages/consumer-group-heartbeat.ts'
import type { Assignor } from './assignors/spec.ts'
import { JOIN_EPOCH, LEAVE_EPOCH, LEAVE_STATIC_EPOCH } from './consumer-member.ts'

/** Members of version 1 make up their id themselves (KIP-1082). */
const OWN_MEMBER_ID_SINCE = 1
const NO_TIMEOUT = -1

/** Throws INVALID_REQUEST or UNSUPPORTED_ASSIGNOR. */
export function checkHeartbeat(
  request: ConsumerGroupHeartbeatRequest, apiVersion: number, assignors: readonly Assignor[],
): void {
  const { memberEpoch, serverAssignor } = request
  const hasId = apiVersion >= OWN_MEMBER_ID_SINCE || memberEpoch > 0 || memberEpoch === LEAVE_EPOCH
  if (hasId) checkText(request.memberId, 'MemberId')
  checkText(request.groupId, 'GroupId')
  checkText(request.instanceId, 'InstanceId')
  checkText(request.rackId, 'RackId')
  if (memberEpoch === JOIN_EPOCH) checkJoin(request)
  else if (memberEpoch === LEAVE_STATIC_EPOCH) {
    if (request.instanceId === null) throw invalid("InstanceId can't be null.")
  } else if (memberEpoch < LEAVE_STATIC_EPOCH) throw invalid('MemberEpoch is invalid.')
  const names = assignors.map(({ name }) => name)
  if (serverAssignor !== null && !names.includes(serverAssignor)) {
    throw new ApiError(Errors.UNSUPPORTED_ASSIGNOR, `ServerAssignor ${serverAssignor} is not `
      + `supported. Supported assignors: ${names.join(', ')}.`)
  }
}

function checkJoin(request: ConsumerGroupHeartbeatRequest): void {
  if (request.rebalanceTimeoutMs === NO_TIMEOUT) {
    throw invalid('RebalanceTimeoutMs must be provided in first request.')
  }
  if (request.topicPartitions?.length !== 0) {
    throw invalid('TopicPartitions must be empty when (re-)joining.')
  }
  // Version 0 has no field for an expression.
  if (request.subscribedTopicNames === null && (request.subscribedTopicRegex ?? null) === null) {
    throw invalid('Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when '
      + '(re-)joining.')
  }
}

function checkText(text: string | null, name: string): void {
  if (text?.trim() === '') throw invalid(`${name} can't be empty.`)
}

function invalid(message: string): ApiError {
  return new ApiError(Errors.INVALID_REQUEST, message)
}
