// A member of a classic group: what it told when it joined, and the answers it waits for.

import type { JoinGroupResponse } from '../../../protocol/messages/join-group.ts'
import type { SyncGroupResponse } from '../../../protocol/messages/sync-group.ts'

/** A protocol that a member can speak (an assignor's name), with its subscription in it. */
export interface Protocol {
  readonly name: string
  readonly metadata: Buffer
}

export const NO_ASSIGNMENT = Buffer.alloc(0)

export interface MemberDescription {
  readonly memberId: string
  /** Set for static members (KIP-345): the name that stays over restarts. */
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  readonly protocolType: string
  /** In the order in which the member likes them. */
  readonly protocols: readonly Protocol[]
  readonly assignment?: Buffer
}

export class Member {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly protocolType: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  protocols: readonly Protocol[]
  assignment: Buffer
  /** Answers the JoinGroup that the member waits in. */
  answerJoin: ((response: JoinGroupResponse) => void) | undefined
  /** Answers the SyncGroup that the member waits in. */
  answerSync: ((response: SyncGroupResponse) => void) | undefined
  /** Joined, but never took part in a generation: it may be gone without anybody having noticed. */
  isNew = false

  constructor(description: MemberDescription) {
    this.memberId = description.memberId
    this.groupInstanceId = description.groupInstanceId
    this.clientId = description.clientId
    this.clientHost = description.clientHost
    this.rebalanceTimeoutMs = description.rebalanceTimeoutMs
    this.sessionTimeoutMs = description.sessionTimeoutMs
    this.protocolType = description.protocolType
    this.protocols = description.protocols
    this.assignment = description.assignment ?? NO_ASSIGNMENT
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null
  }

  get isAwaitingJoin(): boolean {
    return this.answerJoin !== undefined
  }

  /** It waits for an answer and so cannot send heartbeats; a new one is not trusted to. */
  get hasSatisfiedHeartbeat(): boolean {
    return !this.isNew && (this.isAwaitingJoin || this.answerSync !== undefined)
  }

  speaks(protocolName: string): boolean {
    return this.protocols.some(({ name }) => name === protocolName)
  }

  /** What the member said under a protocol that it speaks. */
  metadata(protocolName: string): Buffer {
    const protocol = this.protocols.find(({ name }) => name === protocolName)
    if (protocol === undefined) throw new Error(`member does not speak ${protocolName}`)
    return protocol.metadata
  }

  /** Whether these protocols, in this order, are what it already has. */
  hasProtocols(protocols: readonly Protocol[]): boolean {
    return this.protocols.length === protocols.length
      && this.protocols.every(({ name, metadata }, index) => {
        const other = protocols[index]!
        return other.name === name && other.metadata.equals(metadata)
      })
  }

  /** The member's first choice among the candidates. */
  vote(candidates: ReadonlySet<string>): string {
    const choice = this.protocols.find(({ name }) => candidates.has(name))
    if (choice === undefined) throw new Error('member speaks none of the candidates')
    return choice.name
  }

  /** Answers the JoinGroup it waits in, if any. */
  completeJoin(response: JoinGroupResponse): boolean {
    const answer = this.answerJoin
    this.answerJoin = undefined
    answer?.(response)
    return answer !== undefined
  }

  /** Answers the SyncGroup it waits in, if any. */
  completeSync(response: SyncGroupResponse): boolean {
    const answer = this.answerSync
    this.answerSync = undefined
    answer?.(response)
    return answer !== undefined
  }
}
