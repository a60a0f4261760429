// A group of the consumer protocol (KIP-848): every member tells in its heartbeats what it owns,
// and gives up and takes what it is told at once.

import { randomUUID } from 'node:crypto'
import { sleep } from '../../compat/harness/process.ts'
import type { Wire } from '../../compat/harness/wire.ts'
import { consumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { Errors } from '../../protocol/errors.ts'
import { GroupOfMembers, Member } from './members.ts'

const HEARTBEAT_PAUSE_MS = 50
const JOIN_EPOCH = 0
const LEAVE_EPOCH = -1
const TRY_AGAIN = new Set<number>([
  Errors.COORDINATOR_LOAD_IN_PROGRESS, Errors.NOT_COORDINATOR, Errors.COORDINATOR_NOT_AVAILABLE,
])

class ConsumerMember extends Member {
  readonly memberId = randomUUID()
  epoch = JOIN_EPOCH
  owned: readonly { readonly topicId: string, readonly partitions: readonly number[] }[] = []
}

export class ConsumerGroupOfMembers extends GroupOfMembers<ConsumerMember> {
  protected member(client: Wire): ConsumerMember {
    return new ConsumerMember(client)
  }

  protected async live(member: ConsumerMember): Promise<void> {
    while (!member.isLeaving) {
      if (!await this.#beat(member)) await sleep(HEARTBEAT_PAUSE_MS)
    }
  }

  protected async leave({ client, memberId }: ConsumerMember): Promise<void> {
    await client.ask(consumerGroupHeartbeat, 1, {
      groupId: this.plan.groupId, memberId, memberEpoch: LEAVE_EPOCH,
    })
  }

  /** All are in one epoch, and all partitions are given away in equal shares. */
  protected isStable(): boolean {
    const epoch = this.members[0]!.epoch
    if (epoch === JOIN_EPOCH) return false
    if (!this.members.every((member) => member.epoch === epoch)) return false
    const counts = this.members.map(({ owned }) =>
      owned.reduce((sum, { partitions }) => sum + partitions.length, 0))
    const total = counts.reduce((sum, count) => sum + count, 0)
    return total === this.plan.partitionCount && Math.max(...counts) - Math.min(...counts) <= 1
  }

  /** Gives whether there is something to tell at once. */
  async #beat(member: ConsumerMember): Promise<boolean> {
    const isJoining = member.epoch === JOIN_EPOCH
    const answer = await member.client.ask(consumerGroupHeartbeat, 1, {
      groupId: this.plan.groupId, memberId: member.memberId, memberEpoch: member.epoch,
      ...isJoining ? { rebalanceTimeoutMs: 60_000, subscribedTopicNames: [this.plan.topic] } : {},
      topicPartitions: member.owned,
    })
    if (TRY_AGAIN.has(answer.errorCode)) return false
    if (answer.errorCode !== Errors.NONE) {
      throw new Error(`ConsumerGroupHeartbeat: error ${answer.errorCode} ${answer.errorMessage}`)
    }
    const isToldMore = answer.assignment !== null
    member.epoch = answer.memberEpoch
    if (answer.assignment !== null) member.owned = answer.assignment.topicPartitions
    this.changed()
    return isToldMore
  }
}
