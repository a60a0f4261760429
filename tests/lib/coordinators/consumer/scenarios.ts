// What members of consumer groups say, one conversation after the other, each with a group `g` of
// its own. What Kafka 4.4 answered stands in `answers.json`.

import type { ConsumerGroupHeartbeatResponse }
  from '../../../../protocol/messages/consumer-group-heartbeat.ts'
import { deleteGroups } from '../../../../protocol/messages/delete-groups.ts'
import { describeGroups } from '../../../../protocol/messages/describe-groups.ts'
import { heartbeat } from '../../../../protocol/messages/heartbeat.ts'
import { leaveGroup } from '../../../../protocol/messages/leave-group.ts'
import { listGroups } from '../../../../protocol/messages/list-groups.ts'
import { offsetCommit } from '../../../../protocol/messages/offset-commit.ts'
import { offsetDelete } from '../../../../protocol/messages/offset-delete.ts'
import { offsetFetch } from '../../../../protocol/messages/offset-fetch.ts'
import { randomOf } from '../../../storage/random.ts'
import { assignmentOf, type Conversation, pause, subscriptionOf } from './conversation.ts'

type Scenario = (talk: Conversation) => Promise<void>

const JOIN = {
  memberEpoch: 0, rebalanceTimeoutMs: 30_000, topicPartitions: [] as const,
}

async function badRequests(talk: Conversation): Promise<void> {
  const names = { subscribedTopicNames: ['a'] }
  await talk.beat('no group', { ...JOIN, ...names, memberId: 'm', groupId: '' })
  await talk.beat('blank group', { ...JOIN, ...names, memberId: 'm', groupId: '  ' })
  await talk.beat('no member id', { ...JOIN, ...names, memberId: '' })
  await talk.beat('no member id, leaving, version 0', { memberId: '', memberEpoch: -1 }, 0)
  await talk.beat('no instance', { ...JOIN, ...names, memberId: 'm', instanceId: '' })
  await talk.beat('no rack', { ...JOIN, ...names, memberId: 'm', rackId: '' })
  await talk.beat('no time-out', { ...JOIN, ...names, memberId: 'm', rebalanceTimeoutMs: -1 })
  await talk.beat('no partitions', { ...JOIN, ...names, memberId: 'm', topicPartitions: null })
  await talk.beat('partitions', { ...JOIN, ...names, memberId: 'm',
    topicPartitions: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: [0] }] })
  await talk.beat('no subscription', { ...JOIN, memberId: 'm' })
  await talk.beat('no subscription, version 0', { ...JOIN, memberId: 'm' }, 0)
  await talk.beat('static leave without instance', { memberId: 'm', memberEpoch: -2 })
  await talk.beat('epoch -3', { memberId: 'm', memberEpoch: -3 })
  await talk.beat('assignor', { ...JOIN, ...names, memberId: 'm', serverAssignor: 'sticky' })
  await talk.beat('unknown group', { memberId: 'm', memberEpoch: 1 })
  await talk.beat('leaving an unknown group', { memberId: 'm', memberEpoch: -1 })
  await talk.describe('unknown group')
  await talk.describe('no group', '')
}

async function oneMember(talk: Conversation): Promise<void> {
  const topicId = await talk.topic('t', 3)
  const m = { memberId: 'm' }
  const all = [{ topicId, partitions: [0, 1, 2] }]
  const joined = await talk.beat('joins', { ...JOIN, ...m, subscribedTopicNames: ['t', 'u'] })
  const epoch = joined.memberEpoch
  await talk.describe('after joining')
  await talk.beat('again', { ...m, memberEpoch: epoch, topicPartitions: all })
  await talk.beat('says nothing', { ...m, memberEpoch: epoch })
  await talk.beat('says all', { ...m, memberEpoch: epoch, rebalanceTimeoutMs: 30_000,
    subscribedTopicNames: ['t', 'u'], topicPartitions: all })
  await talk.beat('epoch ahead', { ...m, memberEpoch: epoch + 1 })
  await talk.beat('epoch behind', { ...m, memberEpoch: epoch - 1, topicPartitions: all })
  await talk.beat('another member', { memberId: 'n', memberEpoch: epoch })
  await talk.beat('joins again', { ...JOIN, ...m, subscribedTopicNames: ['t', 'u'] })
  await talk.beat('another client', { ...m, memberEpoch: epoch, rackId: 'r' })
  const left = await talk.beat('subscribes to nothing',
    { ...m, memberEpoch: epoch, subscribedTopicNames: [] })
  await talk.describe('subscribed to nothing')
  await talk.beat('has given up',
    { ...m, memberEpoch: left.memberEpoch, topicPartitions: [] })
  const range = await talk.beat('another assignor', {
    ...m, memberEpoch: left.memberEpoch + 1, serverAssignor: 'range', subscribedTopicNames: ['t'],
  })
  await talk.describe('another assignor')
  await talk.note('listed', listGroups, 5, { statesFilter: ['stable'], typesFilter: ['Consumer'] })
  await talk.beat('leaves', { ...m, memberEpoch: -1 })
  await talk.describe('without members')
  await talk.beat('gone', { ...m, memberEpoch: range.memberEpoch })
  await talk.note('deleted', deleteGroups, 2, { groupsNames: [talk.groupId] })
  await talk.describe('deleted')
}

async function twoMembers(talk: Conversation): Promise<void> {
  const topicId = await talk.topic('t', 4)
  const owning = (...partitions: number[]) =>
    ({ topicPartitions: [{ topicId, partitions }] })
  const a = { memberId: 'a' }
  const b = { memberId: 'b' }
  const names = { subscribedTopicNames: ['t'] }
  await talk.beat('a joins', { ...JOIN, ...a, ...names })
  await talk.beat('b joins', { ...JOIN, ...b, ...names })
  await talk.describe('b has joined')
  await talk.beat('b waits', { ...b, memberEpoch: 3, topicPartitions: [] })
  const told = await talk.beat('a is told', { ...a, memberEpoch: 2, ...owning(0, 1, 2, 3) })
  await talk.describe('a gives up')
  await talk.beat('a keeps on', { ...a, memberEpoch: 2, ...owning(0, 1, 2, 3) })
  const kept = told.assignment!.topicPartitions[0]!.partitions
  await talk.commit('a commits what it gives up',
    topicId, [0, 1, 2, 3].find((each) => !kept.includes(each))!, { memberId: 'a', epoch: 2 })
  await talk.beat('a has given up', { ...a, memberEpoch: 2, ...owning(...kept) })
  await talk.beat('lost answer', { ...a, memberEpoch: 2, ...owning(...kept) })
  await talk.beat('lost answer, and it owns more', { ...a, memberEpoch: 2, ...owning(0, 1, 2, 3) })
  await talk.commit('a commits in its last epoch', topicId, kept[0]!, { memberId: 'a', epoch: 2 })
  const got = await talk.beat('b gets its share', { ...b, memberEpoch: 3, topicPartitions: [] })
  const share = got.assignment!.topicPartitions[0]!.partitions
  await talk.commit('b commits before its time', topicId, share[0]!, { memberId: 'b', epoch: 2 })
  await talk.commit('a commits what is not its', topicId, share[0]!, { memberId: 'a', epoch: 2 })
  await talk.describe('both have theirs')
  await talk.beat('a leaves', { ...a, memberEpoch: -1 })
  await talk.describe('a has left')
  await talk.beat('b gets all', { ...b, memberEpoch: 3, ...owning(...share) })
  await talk.describe('b has all')
}

async function staticMembers(talk: Conversation): Promise<void> {
  await talk.topic('t', 2)
  const first = { memberId: 'one', instanceId: 'i' }
  const second = { memberId: 'two', instanceId: 'i' }
  const join = { ...JOIN, subscribedTopicNames: ['t'] }
  await talk.beat('joins', { ...join, ...first })
  await talk.beat('another process', { ...join, ...second })
  await talk.beat('another process goes on', { ...second, memberEpoch: 2 })
  await talk.beat('unknown instance', { memberId: 'one', instanceId: 'j', memberEpoch: 2 })
  await talk.beat('without its instance', { memberId: 'one', memberEpoch: 2 })
  await talk.beat('another leaves', { ...second, memberEpoch: -2 })
  await talk.beat('an unknown one leaves', { memberId: 'x', instanceId: 'j', memberEpoch: -2 })
  await talk.beat('leaves for a while', { ...first, memberEpoch: -2 })
  await talk.describe('away')
  await talk.beat('another process comes', { ...join, ...second })
  await talk.describe('back')
  await talk.beat('the first is fenced', { ...first, memberEpoch: 2 })
  await talk.beat('goes on', { ...second, memberEpoch: 2 })
  await talk.beat('leaves for good', { ...second, memberEpoch: -1 })
  await talk.describe('left')
}

async function expressions(talk: Conversation): Promise<void> {
  await talk.topic('orders-a', 1)
  await talk.topic('orders-b', 2)
  await talk.topic('others', 1)
  const m = { memberId: 'm' }
  await talk.beat('not an expression', { ...JOIN, ...m, subscribedTopicRegex: 'orders-(' })
  await talk.beat('one that RE2 has not', { ...JOIN, ...m, subscribedTopicRegex: '(?=orders).*' })
  const joined = await talk.beat('joins', { ...JOIN, ...m, subscribedTopicRegex: 'orders-.*' })
  await pause(500)
  const told = await talk.beat('has topics',
    { ...m, memberEpoch: joined.memberEpoch, topicPartitions: [] })
  await talk.describe('with an expression')
  await talk.beat('also by name', { ...m, memberEpoch: told.memberEpoch,
    subscribedTopicNames: ['others'] })
  await talk.describe('also by name')
  await talk.beat('a second of the same', { ...JOIN, memberId: 'n',
    subscribedTopicRegex: 'orders-.*' })
  await talk.beat('without it', { ...m, memberEpoch: told.memberEpoch + 1,
    subscribedTopicRegex: '' })
  await talk.describe('without it')
  await talk.beat('the second leaves', { memberId: 'n', memberEpoch: -1 })
  await talk.describe('nobody has it')
}

async function offsets(talk: Conversation): Promise<void> {
  const topicId = await talk.topic('t', 2)
  const unused = await talk.topic('unused', 1)
  await talk.commit('unknown group', topicId, 0, { epoch: 3, memberId: 'm' })
  await talk.commit('unused topic, nobody', unused, 0, { epoch: -1 })
  await talk.beat('joins', { ...JOIN, memberId: 'm', subscribedTopicNames: ['t'] })
  await talk.commit('member', topicId, 0, { epoch: 2, memberId: 'm' })
  await talk.commit('epoch ahead', topicId, 0, { epoch: 3, memberId: 'm' })
  await talk.commit('epoch behind', topicId, 0, { epoch: 1, memberId: 'm' })
  await talk.commit('not a member', topicId, 0, { epoch: 2, memberId: 'x' })
  await talk.commit('nobody', topicId, 0, { epoch: -1 })
  for (const version of [8, 9]) {
    await talk.note('by name', offsetCommit, version, {
      groupId: talk.groupId, generationIdOrMemberEpoch: 2, memberId: 'm', groupInstanceId: null,
      topics: [{ name: 't', partitions: [{
        partitionIndex: 1, committedOffset: 7, committedMetadata: 'x',
      }] }],
    })
  }
  const asked = [{ topicId, partitionIndexes: [0, 1] }]
  for (const [what, memberId, memberEpoch] of [
    ['nobody', null, -1], ['member', 'm', 2], ['epoch ahead', 'm', 3], ['epoch behind', 'm', 1],
    ['not a member', 'x', 2], ['no id', '', 2],
  ] as const) {
    await talk.note(what, offsetFetch, 10, {
      groups: [{ groupId: talk.groupId, memberId, memberEpoch, topics: asked }],
      requireStable: true,
    })
  }
  const topics = ['t', 'unused'].map((name) => ({ name, partitions: [{ partitionIndex: 0 }] }))
  await talk.note('deletes', offsetDelete, 0, { groupId: talk.groupId, topics })
  await talk.note('not empty', deleteGroups, 2, { groupsNames: [talk.groupId] })
  await talk.beat('leaves', { memberId: 'm', memberEpoch: -1 })
  await talk.commit('nobody, without members', topicId, 0, { epoch: -1 })
  await talk.commit('somebody, without members', topicId, 0, { epoch: 3, memberId: 'm' })
  await talk.note('empty', deleteGroups, 2, { groupsNames: [talk.groupId] })
}

async function classicRequests(talk: Conversation): Promise<void> {
  await talk.topic('t', 2)
  await talk.beat('joins', { ...JOIN, memberId: 'm', subscribedTopicNames: ['t'] })
  for (const version of [5, 6]) {
    await talk.note('described', describeGroups, version, {
      groups: [talk.groupId], includeAuthorizedOperations: false,
    })
  }
  const beat = { groupId: talk.groupId, generationId: 2, groupInstanceId: null }
  await talk.note('of a consumer', heartbeat, 4, { ...beat, memberId: 'm' })
  await talk.note('of nobody', heartbeat, 4, { ...beat, memberId: 'x' })
  await talk.sync('of a consumer', { memberId: 'm', generationId: 2 })
  await talk.join('another type', {
    memberId: 'c', protocolType: 'connect', protocols: [{ name: 'p', metadata: Buffer.alloc(0) }],
  })
  await talk.join('no protocols', { memberId: 'c' })
  await talk.join('not a subscription', {
    memberId: 'c', protocols: [{ name: 'range', metadata: Buffer.from('00') }],
  })
  const leave = { memberId: 'x', groupInstanceId: null, reason: null }
  await talk.note('of nobody', leaveGroup, 5, { groupId: talk.groupId, members: [leave] })
  await talk.note('of a consumer', leaveGroup, 5,
    { groupId: talk.groupId, members: [{ ...leave, memberId: 'm' }, leave] })
  await talk.describe('left')
}

async function migration(talk: Conversation): Promise<void> {
  const topicId = await talk.topic('t', 4)
  const protocols = (...owned: number[]) => [
    { name: 'range', metadata: subscriptionOf(['t'], owned.length === 0 ? [] : [['t', owned]]) },
    { name: 'cooperative-sticky', metadata: subscriptionOf(['t']) },
  ]
  const { memberId } = await talk.join('classic', { protocols: protocols() })
  const c = { memberId: talk.name(memberId, 'c') }
  await talk.join('classic, with its id', { ...c, protocols: protocols() })
  await talk.sync('classic', {
    ...c, generationId: 1,
    assignments: [{ ...c, assignment: assignmentOf('t', [0, 1, 2, 3]) }],
  })
  await talk.beat('a consumer joins',
    { ...JOIN, memberId: 'm', subscribedTopicNames: ['t'] })
  await talk.describe('both')
  const beat = { groupId: talk.groupId, generationId: 1, groupInstanceId: null, ...c }
  await talk.note('has to rejoin', heartbeat, 4, beat)
  await talk.sync('has to rejoin', { ...c, generationId: 1 })
  const again = await talk.join('rejoins, and owns all', { ...c, protocols: protocols(0, 1, 2, 3) })
  await talk.sync('gives up', { ...c, generationId: again.generationId! })
  await talk.sync('another protocol',
    { ...c, generationId: again.generationId!, protocolName: 'cooperative-sticky' })
  await talk.describe('gives up')
  await talk.note('gives up', heartbeat, 4, { ...beat, generationId: again.generationId! })
  const third = await talk.join('has given up', { ...c, protocols: protocols(0, 1) })
  await talk.sync('has given up', { ...c, generationId: third.generationId! })
  await talk.note('is through', heartbeat, 4, { ...beat, generationId: third.generationId! })
  await talk.beat('the consumer has its share', { memberId: 'm', memberEpoch: 2,
    topicPartitions: [] })
  await talk.describe('shared')
  await talk.note('old generation', heartbeat, 4, { ...beat, generationId: 1 })
  await talk.commit('of the classic member', topicId, 0, { ...c, epoch: third.generationId! })
  await talk.commit('of another generation', topicId, 0, { ...c, epoch: third.generationId! + 1 })
  await talk.beat('the consumer leaves', { memberId: 'm', memberEpoch: -1 })
  await talk.describe('classic again')
  await talk.note('classic again', describeGroups, 6,
    { groups: [talk.groupId], includeAuthorizedOperations: false })
  await talk.note('has to rejoin', heartbeat, 4, { ...beat, generationId: third.generationId! })
  const last = await talk.join('rejoins', { ...c, protocols: protocols(0, 1) })
  await talk.sync('leads', {
    ...c, generationId: last.generationId!,
    assignments: [{ ...c, assignment: assignmentOf('t', [0, 1, 2, 3]) }],
  })
  await talk.note('stable', heartbeat, 4, { ...beat, generationId: last.generationId! })
  await talk.note('leaves', leaveGroup, 5,
    { groupId: talk.groupId, members: [{ ...c, groupInstanceId: null, reason: null }] })
  await talk.beat('an empty one', { ...JOIN, memberId: 'm', subscribedTopicNames: ['t'] })
  await talk.describe('new')
  await talk.beat('leaves', { memberId: 'm', memberEpoch: -1 })
  const next = await talk.join('an empty one', { protocols: protocols() })
  talk.name(next.memberId, 'd')
  await talk.note('classic once more', describeGroups, 6,
    { groups: [talk.groupId], includeAuthorizedOperations: false })
}

async function delayedAssignment(talk: Conversation): Promise<void> {
  await talk.topic('t', 2)
  const names = { subscribedTopicNames: ['t'] }
  await talk.beat('a joins', { ...JOIN, memberId: 'a', ...names })
  await talk.beat('b joins', { ...JOIN, memberId: 'b', ...names })
  await talk.describe('too soon')
  await pause(2200)
  await talk.beat('b goes on', { memberId: 'b', memberEpoch: 2, topicPartitions: [] })
  await talk.describe('assigned')
}

/** What a client that is told all remembers, and now and then gets wrong. */
interface Said {
  epoch: number
  owned: number[]
}

/** Members that come, go, lie and lose answers, as a seed has it. */
function randomMembers(seed: number, requests: number): Scenario {
  return async (talk) => {
    const random = randomOf(seed)
    const below = (limit: number) => Math.floor(random() * limit)
    const topicId = await talk.topic('t', 7)
    const said = new Map<string, Said>()
    for (let count = 0; count < requests; count++) {
      const number = below(5)
      const memberId = `m${number}${below(12) === 0 ? 'x' : ''}`
      const instanceId = number < 2 ? `i${number}` : null
      const known = said.get(memberId) ?? { epoch: 0, owned: [] }
      const lie = below(10) === 0 ? below(3) - 1 : 0
      const unusual = [-1, -2, 0][below(10)]
      const memberEpoch = unusual ?? known.epoch + lie
      const isJoining = memberEpoch === 0
      const mustTell = isJoining || below(3) > 0
      const answer = await talk.beat(`${memberId} at ${memberEpoch}`, {
        memberId, instanceId, memberEpoch,
        rebalanceTimeoutMs: isJoining || below(3) === 0 ? 30_000 : -1,
        subscribedTopicNames: isJoining || below(4) === 0
          ? [['t'], ['t', 'u'], []][below(3)]!
          : null,
        serverAssignor: [null, null, null, 'range', 'uniform'][below(5)]!,
        topicPartitions: !mustTell ? null
          : isJoining || known.owned.length === 0 ? [] : [{ topicId, partitions: known.owned }],
      })
      if (below(8) > 0) said.set(memberId, remembered(known, answer))
      if (below(6) === 0) await talk.describe('all')
      const partition = below(7)
      if (below(5) === 0) {
        await talk.commit(`${memberId} for ${partition}`, topicId, partition,
          { memberId, epoch: known.epoch })
      }
    }
  }
}

function remembered(
  known: Said, { errorCode, memberEpoch, assignment }: ConsumerGroupHeartbeatResponse,
): Said {
  if (errorCode !== 0 || memberEpoch <= 0) return { epoch: 0, owned: [] }
  const [topic] = assignment?.topicPartitions ?? []
  const owned = assignment === null || assignment === undefined ? known.owned : topic?.partitions
  return { epoch: memberEpoch, owned: [...owned ?? []] }
}

export interface Script {
  readonly run: Scenario
  readonly assignmentIntervalMs?: number
}

export const SCENARIOS: readonly (readonly [name: string, script: Script])[] = [
  ['bad requests', { run: badRequests }],
  ['one member', { run: oneMember }],
  ['two members', { run: twoMembers }],
  ['static members', { run: staticMembers }],
  ['expressions', { run: expressions }],
  ['offsets', { run: offsets }],
  ['classic requests', { run: classicRequests }],
  ['migration', { run: migration }],
  ['random members', { run: randomMembers(1, 70) }],
  ['other random members', { run: randomMembers(2, 70) }],
  ['delayed assignment', { run: delayedAssignment, assignmentIntervalMs: 2000 }],
]
