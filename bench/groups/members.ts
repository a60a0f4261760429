// A group of members that live side by side in one process: what is the same whichever protocol
// they speak.

import type { Wire } from '../../compat/harness/wire.ts'

export interface GroupPlan {
  readonly groupId: string
  readonly topic: string
  readonly partitionCount: number
}

/** What is known of each; protocols know more. */
export class Member {
  readonly client: Wire
  /** It is to stop to be heard of. */
  isLeaving = false
  /** Settles when it has. */
  done: Promise<void> = Promise.resolve()

  constructor(client: Wire) {
    this.client = client
  }
}

export interface Removed {
  readonly client: Wire
  /** When it said that it goes, on the clock of `performance.now`. */
  readonly askedMs: number
}

export abstract class GroupOfMembers<M extends Member = Member> {
  protected readonly plan: GroupPlan
  protected readonly members: M[] = []
  #onChange: () => void = () => {}

  constructor(plan: GroupPlan) {
    this.plan = plan
  }

  protected abstract member(client: Wire): M

  /** Joins, and beats until it is leaving. */
  protected abstract live(member: M): Promise<void>

  /** Says that it goes. */
  protected abstract leave(member: M): Promise<void>

  /** Every member has its part, and all partitions are given away. */
  protected abstract isStable(): boolean

  /** Is called by protocols, when the group may have become stable. */
  protected changed(): void {
    this.#onChange()
  }

  /** The client becomes a member. */
  add(client: Wire): void {
    const member = this.member(client)
    this.members.push(member)
    member.done = this.live(member)
    member.done.catch((error: unknown) => {
      console.error(error)
      process.exitCode = 1
    })
  }

  /** A member has left. */
  async removeOne(): Promise<Removed> {
    const member = this.members.pop()!
    member.isLeaving = true
    await member.done
    const askedMs = performance.now()
    await this.leave(member)
    return { client: member.client, askedMs }
  }

  /** Resolves when it is. */
  whenStable(): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange = () => { if (this.isStable()) resolve() }
      this.#onChange()
    })
  }

  /** The members stop to be heard of. */
  async end(): Promise<void> {
    this.#onChange = () => {}
    const members = this.members.splice(0)
    for (const member of members) member.isLeaving = true
    await Promise.all(members.map(({ done }) => done))
  }
}
