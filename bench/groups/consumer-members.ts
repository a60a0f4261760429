// A group of the consumer protocol (KIP-848): every member tells in its heartbeats what it owns,
// and gives up and takes what it is told at once.

import { randomUUID } from 'node:crypto'
import { sleep } from '../../compat/harness/process.ts'
import type { Wire } from '../../compat/harness/wire.ts'
import { consumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { Errors } from '../../protocol/errors.ts'
import type { GroupOfMembers, GroupPlan, Removed } from './members.ts'

const HEARTBEAT_PAUSE_MS = 50
const JOIN_EPOCH = 0
const LEAVE_EPOCH = -1
const TRY_AGAIN = new Set<number>([
  Errors.COORDINATOR_LOAD_IN_PROGRESS, Errors.NOT_COORDINATOR, Errors.COORDINATOR_NOT_AVAILABLE,
])

interface Member {
  readonly client: Wire
  readonly memberId: string
  epoch: number
  owned: readonly { readonly topicId: string, readonly partitions: readonly number[] }[]
  isLeaving: boolean
  done: Promise<void>
}

export class ConsumerGroupOfMembers implements GroupOfMembers {
  readonly #plan: GroupPlan
  readonly #members: Member[] = []
  #onChange: () => void = () => {}

  constructor(plan: GroupPlan) {
    this.#plan = plan
  }

  get memberCount(): number {
    return this.#members.length
  }

  add(client: Wire): void {
    const member: Member = {
      client, memberId: randomUUID(), epoch: JOIN_EPOCH, owned: [], isLeaving: false,
      done: Promise.resolve(),
    }
    this.#members.push(member)
    member.done = this.#live(member)
    member.done.catch((error: unknown) => {
      console.error(error)
      process.exitCode = 1
    })
  }

  async removeOne(): Promise<Removed> {
    const member = this.#members.pop()!
    member.isLeaving = true
    await member.done
    const askedMs = performance.now()
    await member.client.ask(consumerGroupHeartbeat, 1, {
      groupId: this.#plan.groupId, memberId: member.memberId, memberEpoch: LEAVE_EPOCH,
    })
    return { client: member.client, askedMs }
  }

  whenStable(): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange = () => { if (this.#isStable()) resolve() }
      this.#onChange()
    })
  }

  async end(): Promise<void> {
    this.#onChange = () => {}
    const members = this.#members.splice(0)
    for (const member of members) member.isLeaving = true
    await Promise.all(members.map(({ done }) => done))
  }

  /** All are in one epoch, and all partitions are given away in equal shares. */
  #isStable(): boolean {
    const members = this.#members
    const epoch = members[0]!.epoch
    if (epoch === JOIN_EPOCH || !members.every((member) => member.epoch === epoch)) return false
    const counts = members.map(({ owned }) =>
      owned.reduce((sum, { partitions }) => sum + partitions.length, 0))
    const total = counts.reduce((sum, count) => sum + count, 0)
    return total === this.#plan.partitionCount && Math.max(...counts) - Math.min(...counts) <= 1
  }

  async #live(member: Member): Promise<void> {
    while (!member.isLeaving) {
      if (!await this.#beat(member)) await sleep(HEARTBEAT_PAUSE_MS)
    }
  }

  /** Gives whether there is something to tell at once. */
  async #beat(member: Member): Promise<boolean> {
    const isJoining = member.epoch === JOIN_EPOCH
    const answer = await member.client.ask(consumerGroupHeartbeat, 1, {
      groupId: this.#plan.groupId, memberId: member.memberId, memberEpoch: member.epoch,
      ...isJoining ? { rebalanceTimeoutMs: 60_000, subscribedTopicNames: [this.#plan.topic] } : {},
      topicPartitions: member.owned,
    })
    if (TRY_AGAIN.has(answer.errorCode)) return false
    if (answer.errorCode !== Errors.NONE) {
      throw new Error(`ConsumerGroupHeartbeat: error ${answer.errorCode} ${answer.errorMessage}`)
    }
    const isToldMore = answer.assignment !== null
    member.epoch = answer.memberEpoch
    if (answer.assignment !== null) member.owned = answer.assignment.topicPartitions
    this.#onChange()
    return isToldMore
  }
}
