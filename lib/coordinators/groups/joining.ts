// One JoinGroup on its way: what all that handle it need.

import type { JoinGroupRequest, JoinGroupResponse } from '../../../protocol/messages/join-group.ts'
import type { Member } from './member.ts'

export interface JoinContext {
  readonly apiVersion: number
  readonly clientId: string
  /** As Kafka writes it: a slash and the address. */
  readonly clientHost: string
}

export interface Join {
  readonly request: JoinGroupRequest
  readonly context: JoinContext
  readonly answer: (response: JoinGroupResponse) => void
}

/** The member is as its new request says, and waits for the answer to it. */
export function rejoin(member: Member, { request, answer }: Join): void {
  member.protocols = request.protocols
  member.rebalanceTimeoutMs = request.rebalanceTimeoutMs
  member.sessionTimeoutMs = request.sessionTimeoutMs
  member.answerJoin = answer
}

export function reasonOf({ request }: Join, what: string): string {
  return request.reason === null || request.reason === '' ? what : `${what}: ${request.reason}`
}
