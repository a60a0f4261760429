// A group of the classic protocol as its clients make it: everybody joins, the leader assigns by
// range, everybody syncs, and heartbeats tell when to join again.

import { sleep } from '../../compat/harness/process.ts'
import type { Wire } from '../../compat/harness/wire.ts'
import { encodeMessage } from '../../protocol/compile.ts'
import {
  consumerProtocolAssignment, consumerProtocolSubscription,
} from '../../protocol/messages/consumer-protocol.ts'
import { heartbeat } from '../../protocol/messages/heartbeat.ts'
import { joinGroup } from '../../protocol/messages/join-group.ts'
import { leaveGroup } from '../../protocol/messages/leave-group.ts'
import { syncGroup } from '../../protocol/messages/sync-group.ts'
import { Errors } from '../../protocol/errors.ts'
import type { Decoded } from '../../protocol/schema.ts'
import { GroupOfMembers, type GroupPlan, Member } from './members.ts'

type Joined = Decoded<typeof joinGroup.response>

const VERSION_OF_CONSUMERS = 1
const HEARTBEAT_PAUSE_MS = 50
const TRY_AGAIN = new Set<number>([
  Errors.REBALANCE_IN_PROGRESS, Errors.COORDINATOR_LOAD_IN_PROGRESS, Errors.NOT_COORDINATOR,
  Errors.COORDINATOR_NOT_AVAILABLE, Errors.ILLEGAL_GENERATION, Errors.UNKNOWN_MEMBER_ID,
])

class ClassicMember extends Member {
  memberId = ''
  /** In which it has its assignment; −1: in none. */
  generationId = -1
}

export class ClassicGroupOfMembers extends GroupOfMembers<ClassicMember> {
  readonly #subscription: Buffer
  /** Members of the generation that was last assigned. */
  #assigned = { generationId: -1, memberCount: 0 }

  constructor(plan: GroupPlan) {
    super(plan)
    this.#subscription = framed(encodeMessage(consumerProtocolSubscription, VERSION_OF_CONSUMERS,
      { topics: [plan.topic], ownedPartitions: [] }))
  }

  protected member(client: Wire): ClassicMember {
    return new ClassicMember(client)
  }

  protected async live(member: ClassicMember): Promise<void> {
    while (!member.isLeaving) {
      await this.#join(member)
      await this.#beat(member)
    }
  }

  protected async leave({ client, memberId }: ClassicMember): Promise<void> {
    await client.ask(leaveGroup, 5, { groupId: this.plan.groupId, members: [{ memberId }] })
  }

  protected isStable(): boolean {
    const { generationId, memberCount } = this.#assigned
    return memberCount === this.members.length
      && this.members.every((member) => member.generationId === generationId)
  }

  async #join(member: ClassicMember): Promise<void> {
    for (;;) {
      const joined = await this.#askToJoin(member)
      const { errorCode, memberId, generationId } = joined
      if (errorCode === Errors.MEMBER_ID_REQUIRED || errorCode === Errors.NONE) {
        member.memberId = memberId
      }
      if (errorCode === Errors.NONE) {
        if (await this.#sync(member, joined)) {
          member.generationId = generationId
          return this.changed()
        }
      } else if (errorCode === Errors.UNKNOWN_MEMBER_ID) member.memberId = ''
      else if (errorCode !== Errors.MEMBER_ID_REQUIRED && !TRY_AGAIN.has(errorCode)) {
        throw new Error(`JoinGroup: error ${errorCode}`)
      }
    }
  }

  #askToJoin({ client, memberId }: ClassicMember): Promise<Joined> {
    return client.ask(joinGroup, 9, {
      groupId: this.plan.groupId, sessionTimeoutMs: 45_000, rebalanceTimeoutMs: 60_000,
      memberId, protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: this.#subscription }],
    })
  }

  async #sync(member: ClassicMember, joined: Joined): Promise<boolean> {
    const { client, memberId } = member
    const { generationId, leader, members } = joined
    const isLeader = leader === memberId
    if (isLeader) this.#assigned = { generationId, memberCount: members.length }
    const { errorCode } = await client.ask(syncGroup, 5, {
      groupId: this.plan.groupId, generationId, memberId,
      protocolType: 'consumer', protocolName: 'range',
      assignments: isLeader ? this.#assign(members.map((each) => each.memberId)) : [],
    })
    if (errorCode === Errors.NONE) return true
    if (!TRY_AGAIN.has(errorCode)) throw new Error(`SyncGroup: error ${errorCode}`)
    return false
  }

  #assign(memberIds: readonly string[]) {
    const { topic, partitionCount } = this.plan
    const share = (index: number) => Math.floor(index * partitionCount / memberIds.length)
    return memberIds.map((memberId, index) => {
      const [from, end] = [share(index), share(index + 1)]
      const partitions = Array.from({ length: end - from }, (_, offset) => from + offset)
      return {
        memberId,
        assignment: framed(encodeMessage(consumerProtocolAssignment, VERSION_OF_CONSUMERS,
          { assignedPartitions: [{ topic, partitions }] })),
      }
    })
  }

  /** Until the group rebalances. */
  async #beat(member: ClassicMember): Promise<void> {
    const { client, memberId, generationId } = member
    while (!member.isLeaving) {
      await sleep(HEARTBEAT_PAUSE_MS)
      const { errorCode } = await client.ask(heartbeat, 4,
        { groupId: this.plan.groupId, generationId, memberId })
      if (TRY_AGAIN.has(errorCode)) return
      if (errorCode !== Errors.NONE) throw new Error(`Heartbeat: error ${errorCode}`)
    }
  }
}

/** What consumers tell each other begins with its version. */
function framed(message: Buffer): Buffer {
  const version = Buffer.alloc(2)
  version.writeInt16BE(VERSION_OF_CONSUMERS)
  return Buffer.concat([version, message])
}
