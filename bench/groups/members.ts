// What is asked of the members of a group, whichever protocol they speak.

import type { Wire } from '../../compat/harness/wire.ts'

export interface GroupPlan {
  readonly groupId: string
  readonly topic: string
  readonly partitionCount: number
}

export interface Removed {
  readonly client: Wire
  /** When it said that it goes, on the clock of `performance.now`. */
  readonly askedMs: number
}

export interface GroupOfMembers {
  readonly memberCount: number
  /** The client becomes a member. */
  add(client: Wire): void
  /** A member has left. */
  removeOne(): Promise<Removed>
  /** Resolves when every member has its part, and all partitions are given away. */
  whenStable(): Promise<void>
  /** The members stop to be heard of. */
  end(): Promise<void>
}
