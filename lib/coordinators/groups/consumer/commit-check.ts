// Who may commit offsets to a consumer group, and who may fetch them.

import { ApiError, Errors } from '../../../../protocol/errors.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'

export interface Committer {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationIdOrMemberEpoch: number
}

/** Throws where the member may not commit for this partition. */
export type PartitionCheck = (topicId: string, partition: number) => void

const ANY_PARTITION: PartitionCheck = () => {}
/** First version that can say STALE_MEMBER_EPOCH. */
const MEMBER_EPOCH_SINCE = 9
const TRANSACTIONAL_MEMBER_EPOCH_SINCE = 6

/**
 * A member whose epoch has moved on while its commit was on the way may commit for what it has had
 * since before (KIP-1251). Throws what is wrong with the member.
 */
export function checkCommitter(
  group: ConsumerGroup, committer: Committer, isTransactional: boolean, apiVersion: number,
): PartitionCheck {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: epoch } = committer
  if (epoch < 0 && group.isEmpty) return ANY_PARTITION
  // In a transaction the producer's epoch keeps others out: it need not be a member.
  const isNobody = memberId === '' && epoch === -1 && groupInstanceId === null
  if (isTransactional && isNobody) return ANY_PARTITION
  const member = group.member(memberId)
  const isTooOld = !isTransactional && member.classic === null && apiVersion < MEMBER_EPOCH_SINCE
  if (isTooOld) {
    throw new ApiError(Errors.UNSUPPORTED_VERSION, 'OffsetCommit version 9 or above must be used '
      + 'by members using the consumer group protocol')
  }
  const stale = (): ApiError => {
    const isTold = !isTransactional || apiVersion >= TRANSACTIONAL_MEMBER_EPOCH_SINCE
    return isTold ? staleEpoch(member) : new ApiError(Errors.ILLEGAL_GENERATION)
  }
  if (epoch === member.memberEpoch) return ANY_PARTITION
  if (epoch > member.memberEpoch) throw stale()
  return (topicId, partition) => {
    const since = member.assigned.get(topicId)?.get(partition)
      ?? member.pendingRevocation.get(topicId)?.get(partition)
    if (since === undefined || epoch < since) throw stale()
  }
}

/** Nobody in particular may fetch. Throws UNKNOWN_MEMBER_ID or what says that the epoch is not. */
export function checkFetcher(
  group: ConsumerGroup, memberId: string | null, memberEpoch: number,
): void {
  if (memberId === null) {
    if (memberEpoch < 0) return
    // Kafka fails here with an exception that nobody expects.
    throw new ApiError(Errors.UNKNOWN_SERVER_ERROR, 'an epoch, but no member id')
  }
  const member = group.member(memberId)
  if (memberEpoch !== member.memberEpoch) throw staleEpoch(member)
}

function staleEpoch({ classic }: ConsumerMember): ApiError {
  return new ApiError(classic === null ? Errors.STALE_MEMBER_EPOCH : Errors.ILLEGAL_GENERATION)
}
