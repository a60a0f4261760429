// ConsumerGroupDescribe: a consumer group with its members, what they own and what they shall own.

import { ApiError, Errors } from '../../../../protocol/errors.ts'
import type { ConsumerGroupDescribeResponse }
  from '../../../../protocol/messages/consumer-group-describe.ts'
import type { TopicsImage } from '../../../../controller/image/topics.ts'
import type { GroupsState } from '../state.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { consumerGroup } from './fence.ts'

export type DescribedConsumerGroup = ConsumerGroupDescribeResponse['groups'][number]

const CLASSIC_MEMBER = 0
const CONSUMER_MEMBER = 1

/** Also of an error, which is then the group's. */
export function describeConsumerGroup(
  state: GroupsState, groupId: string,
): DescribedConsumerGroup {
  try {
    return described(state, groupId)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return undescribed(groupId, error.code, error.message)
  }
}

export function undescribed(
  groupId: string, errorCode: number, errorMessage: string | null = null,
): DescribedConsumerGroup {
  return {
    errorCode, errorMessage, groupId,
    groupState: '', groupEpoch: 0, assignmentEpoch: 0, assignorName: '', members: [],
  }
}

function described(state: GroupsState, groupId: string): DescribedConsumerGroup {
  const group = consumerGroup(state, groupId)
  const { consumer } = state.world
  const { topics } = state.world.metadata()
  return {
    errorCode: Errors.NONE,
    groupId,
    groupState: group.state,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.targetEpoch,
    assignorName: group.preferredAssignor ?? consumer.assignors[0]!.name,
    members: [...group.members.values()].map((member) => ({
      ...describedMember(member),
      assignment: {
        topicPartitions: namedPartitions([member.assigned, member.pendingRevocation], topics),
      },
      targetAssignment: {
        topicPartitions: namedPartitions([group.target(member.memberId)], topics),
      },
    })),
  }
}

function describedMember(member: ConsumerMember) {
  const { memberId, instanceId, rackId, memberEpoch, clientId, clientHost } = member
  return {
    memberId, instanceId, rackId, memberEpoch, clientId, clientHost,
    subscribedTopicNames: [...member.subscribedTopicNames],
    subscribedTopicRegex: member.subscribedTopicRegex,
    memberType: member.classic === null ? CONSUMER_MEMBER : CLASSIC_MEMBER,
  }
}

interface Partitions {
  keys(): Iterable<number>
}

/** Topics that are no more are left out. */
function namedPartitions(all: readonly ReadonlyMap<string, Partitions>[], topics: TopicsImage) {
  const byTopic = new Map<string, number[]>()
  for (const [topicId, partitions] of all.flatMap((each) => [...each])) {
    byTopic.set(topicId, [...byTopic.get(topicId) ?? [], ...partitions.keys()])
  }
  return [...byTopic].flatMap(([topicId, partitions]) => {
    const topicName = topics.byId(topicId)?.name
    return topicName === undefined ? [] : [{ topicId, topicName, partitions }]
  })
}
