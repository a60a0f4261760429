// Members of a group in tests: they send the requests that a client would, and note the answers.

import type { JoinGroupRequest, JoinGroupResponse } from '../../../protocol/messages/join-group.ts'
import type { OffsetCommitRequest } from '../../../protocol/messages/offset-commit.ts'
import type { SyncGroupResponse } from '../../../protocol/messages/sync-group.ts'
import { commitOffsets } from '../../../lib/coordinators/groups/commit.ts'
import { heartbeat } from '../../../lib/coordinators/groups/heartbeat.ts'
import { joinGroup } from '../../../lib/coordinators/groups/join.ts'
import { leaveGroup } from '../../../lib/coordinators/groups/leave.ts'
import { syncGroup } from '../../../lib/coordinators/groups/sync.ts'
import type { ShardLog } from '../../../lib/coordinators/shard.ts'
import type { GroupsFixture } from './groups-harness.ts'
import { type Outcome, outcomeOf } from './harness.ts'

type AnyFixture = GroupsFixture<ShardLog>

export const GROUP = 'orders'

/** ConsumerProtocolSubscription, version 0, without user data. */
export function subscription(...topics: string[]): Buffer {
  const parts = topics.map((topic) => {
    const bytes = Buffer.from(topic)
    const length = Buffer.alloc(2)
    length.writeInt16BE(bytes.length)
    return Buffer.concat([length, bytes])
  })
  const head = Buffer.alloc(6)
  head.writeInt32BE(topics.length, 2)
  return Buffer.concat([head, ...parts, Buffer.from([0xff, 0xff, 0xff, 0xff])])
}

export function joinRequest(given: Partial<JoinGroupRequest> = {}): JoinGroupRequest {
  return {
    groupId: GROUP, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 60_000, memberId: '',
    groupInstanceId: null, protocolType: 'consumer', reason: null,
    protocols: [{ name: 'range', metadata: subscription('a') }],
    ...given,
  }
}

export function join(
  { shard, clock }: AnyFixture, given: Partial<JoinGroupRequest> = {}, apiVersion = 9,
): Outcome<JoinGroupResponse> {
  const outcome: Outcome<JoinGroupResponse> = {}
  shard.run((state) => ({
    ...joinGroup(state, {
      request: joinRequest(given),
      context: { apiVersion, clientId: 'client', clientHost: '/127.0.0.1' },
      answer: (response) => { outcome.value = response },
    }),
    answer: undefined,
  })).settle(() => {}, (error) => { outcome.error = error })
  clock.endTurn()
  return outcome
}

/** Joins as a dynamic member does since version 4: twice, the second time with the id it got. */
export function joinTwice(
  fixture: AnyFixture, given: Partial<JoinGroupRequest> = {},
): { memberId: string, joined: Outcome<JoinGroupResponse> } {
  const memberId = join(fixture, given).value!.memberId
  return { memberId, joined: join(fixture, { ...given, memberId }) }
}

export function sync(
  { shard, clock }: AnyFixture, memberId: string, generationId: number,
  assignments: Record<string, string> = {}, groupInstanceId: string | null = null,
): Outcome<SyncGroupResponse> {
  const outcome: Outcome<SyncGroupResponse> = {}
  shard.run((state) => ({
    ...syncGroup(state, {
      groupId: GROUP, memberId, generationId, groupInstanceId,
      protocolType: 'consumer', protocolName: 'range',
      assignments: Object.entries(assignments).map(([id, assignment]) =>
        ({ memberId: id, assignment: Buffer.from(assignment) })),
    }, (response) => { outcome.value = response }),
    answer: undefined,
  })).settle(() => {}, (error) => { outcome.error = error })
  clock.endTurn()
  return outcome
}

export function beat(
  { shard }: AnyFixture, memberId: string, generationId: number,
  groupInstanceId: string | null = null,
): Outcome<number> {
  return outcomeOf(shard.run((state) => ({
    records: [],
    answer: heartbeat(state, { groupId: GROUP, memberId, generationId, groupInstanceId }),
  })))
}

export function leave(
  { shard, clock }: AnyFixture, memberId: string, groupInstanceId: string | null = null,
): number {
  const outcome = outcomeOf(shard.run((state) => {
    const { writes, left } = leaveGroup(state, GROUP, [{ memberId, groupInstanceId, reason: null }])
    return { ...writes, answer: left }
  }))
  clock.endTurn()
  if (outcome.error !== undefined) throw outcome.error
  return outcome.value![0]!.errorCode
}

export function commit(
  { shard }: AnyFixture, offset: number, given: Partial<OffsetCommitRequest> = {},
  apiVersion = 9,
): Outcome<unknown> {
  return outcomeOf(shard.run((state) => commitOffsets(state, {
    groupId: GROUP, generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null,
    retentionTimeMs: -1,
    topics: [{
      name: 'a', topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
      partitions: [{
        partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1,
        committedMetadata: null,
      }],
    }],
    ...given,
  }, apiVersion)))
}

/** A stable group of so many dynamic members, in the order in which they joined. */
export function stableGroup(fixture: AnyFixture, count: number): string[] {
  const members = Array.from({ length: count }, () => joinTwice(fixture).memberId)
  fixture.clock.advance(9000)
  const assignments = Object.fromEntries(members.map((id) => [id, `of ${id}`]))
  for (const id of members.toReversed()) {
    sync(fixture, id, 1, id === members[0] ? assignments : {})
  }
  return members
}
