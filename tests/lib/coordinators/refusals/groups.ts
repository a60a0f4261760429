// DescribeGroups, ListGroups, DeleteGroups and ConsumerGroupDescribe: wrong and borderline
// requests.

import { consumerGroupDescribe } from '../../../../protocol/messages/consumer-group-describe.ts'
import { consumerGroupHeartbeat } from '../../../../protocol/messages/consumer-group-heartbeat.ts'
import { deleteGroups } from '../../../../protocol/messages/delete-groups.ts'
import { describeGroups } from '../../../../protocol/messages/describe-groups.ts'
import { joinGroup } from '../../../../protocol/messages/join-group.ts'
import { listGroups } from '../../../../protocol/messages/list-groups.ts'
import {
  committing, consumer, emptied, emptiedConsumer, heartbeating, joined, joining, preparing, simple,
  stable,
} from './members.ts'
import { offsetCommit } from '../../../../protocol/messages/offset-commit.ts'
import { type Scenario, scenario } from './play.ts'
import type { Body, Talk } from './talk.ts'

interface Groups {
  readonly simple: string
  readonly stable: string
  readonly preparing: string
  readonly completing: string
  readonly emptied: string
  readonly given: string
  readonly consumer: string
  readonly emptiedConsumer: string
  readonly odd: string
}

/** A group in every state. */
async function allKinds(talk: Talk): Promise<Groups> {
  const names = {
    simple: talk.name('simple'), stable: talk.name('stable'), preparing: talk.group,
    completing: talk.name('completing'), emptied: talk.name('emptied'), given: talk.name('given'),
    consumer: talk.name('consumer'), emptiedConsumer: talk.name('emptied-consumer'),
    odd: talk.name('odd'),
  }
  await talk.send(offsetCommit, { ...committing(talk), groupId: names.simple }, 8)
  await stable(talk, { groupId: names.stable, groupInstanceId: 'i' })
  await preparing(talk)
  await joined(talk, { groupId: names.completing })
  await emptied(talk, { groupId: names.odd, protocolType: 'connect', protocols: [
    { name: 'compatible', metadata: Buffer.from('c') }] })
  const left = await consumer(talk, { groupId: names.emptiedConsumer })
  await talk.send(consumerGroupHeartbeat, {
    groupId: names.emptiedConsumer, memberId: left.memberId, memberEpoch: -1 }, 1)
  await consumer(talk, { groupId: names.consumer })
  await talk.send(joinGroup, joining(talk, { groupId: names.given }), 5)
  return names
}

async function listed(
  talk: Talk, label: string, body: Body<typeof listGroups> = { statesFilter: [], typesFilter: [] },
): Promise<void> {
  const { errorCode, groups } = await talk.send(listGroups, body)
  const own = groups.filter(({ groupId }) => talk.isOwn(groupId))
    .sort((a, b) => a.groupId < b.groupId ? -1 : 1)
  talk.write(`${label}: ListGroups`, { errorCode, groups: own })
}

export const DESCRIBE_GROUPS: readonly Scenario[] = [
  scenario(describeGroups, 'groups of every kind', async (talk) => {
    for (const groupId of Object.values(await allKinds(talk))) {
      await talk.note('one', describeGroups, { groups: [groupId] })
    }
  }),
  scenario(describeGroups, 'names', async (talk) => {
    await simple(talk)
    const of = (...groups: string[]) => ({ groups })
    await talk.note('none', describeGroups, of())
    await talk.note('no name', describeGroups, of(''))
    await talk.note('a blank', describeGroups, of('  '))
    await talk.note('unknown', describeGroups, of(talk.name('other')))
    await talk.note('twice', describeGroups, of(talk.group, talk.group))
    await talk.note('some', describeGroups, of('', talk.group, talk.name('other')))
    await talk.note('with operations', describeGroups,
      { groups: [talk.group, talk.name('other'), ''], includeAuthorizedOperations: true })
  }),
]

export const CONSUMER_GROUP_DESCRIBE: readonly Scenario[] = [
  scenario(consumerGroupDescribe, 'groups of every kind', async (talk) => {
    for (const groupId of Object.values(await allKinds(talk))) {
      await talk.note('one', consumerGroupDescribe,
        { groupIds: [groupId], includeAuthorizedOperations: false })
    }
  }),
  scenario(consumerGroupDescribe, 'names', async (talk) => {
    await consumer(talk)
    const of = (...groupIds: string[]) => ({ groupIds, includeAuthorizedOperations: false })
    await talk.note('none', consumerGroupDescribe, of())
    await talk.note('no name', consumerGroupDescribe, of(''))
    await talk.note('a blank', consumerGroupDescribe, of('  '))
    await talk.note('unknown', consumerGroupDescribe, of(talk.name('other')))
    await talk.note('twice', consumerGroupDescribe, of(talk.group, talk.group))
    await talk.note('some', consumerGroupDescribe, of('', talk.group, talk.name('other')))
    await talk.note('with operations', consumerGroupDescribe, {
      groupIds: [talk.group, talk.name('other'), ''], includeAuthorizedOperations: true })
  }),
]

export const LIST_GROUPS: readonly Scenario[] = [
  scenario(listGroups, 'groups of every kind', async (talk) => {
    await allKinds(talk)
    await listed(talk, 'all')
  }),
  scenario(listGroups, 'by state', async (talk) => {
    await allKinds(talk)
    const states = [
      'Empty', 'empty', 'STABLE', 'PreparingRebalance', 'CompletingRebalance', 'Dead', 'Assigning',
      'Reconciling', 'Unknown', 'NotReady', 'nothing', '', ' Stable', 'Stable ',
    ]
    for (const state of states) {
      await listed(talk, `"${state}"`, { statesFilter: [state], typesFilter: [] })
    }
    await listed(talk, 'two, one of them unknown',
      { statesFilter: ['Stable', 'x', 'Stable', 'Empty'], typesFilter: [] })
  }, { from: 4 }),
  scenario(listGroups, 'by type', async (talk) => {
    await allKinds(talk)
    const types = [
      'classic', 'Classic', 'CONSUMER', 'share', 'Streams', 'unknown', 'x', '', ' classic',
    ]
    for (const type of types) {
      await listed(talk, `"${type}"`, { statesFilter: [], typesFilter: [type] })
    }
    await listed(talk, 'one of them unknown', { statesFilter: [], typesFilter: ['x', 'consumer'] })
    await listed(talk, 'and state', { statesFilter: ['Empty'], typesFilter: ['consumer'] })
  }, { from: 5 }),
]

export const DELETE_GROUPS: readonly Scenario[] = [
  scenario(deleteGroups, 'groups of every kind', async (talk) => {
    for (const [kind, groupId] of Object.entries(await allKinds(talk))) {
      await talk.note(kind, deleteGroups, { groupsNames: [groupId] })
      await talk.note(`${kind} again`, deleteGroups, { groupsNames: [groupId] })
    }
    await listed(talk, 'then')
  }),
  scenario(deleteGroups, 'names', async (talk) => {
    await simple(talk)
    const of = (...groupsNames: string[]) => ({ groupsNames })
    await talk.note('none', deleteGroups, of())
    await talk.note('a blank', deleteGroups, of('  '))
    await talk.note('unknown', deleteGroups, of(talk.name('other')))
    await talk.note('unknown, twice', deleteGroups, of(talk.name('other'), talk.name('other')))
    await talk.note('twice', deleteGroups, of(talk.group, talk.group))
  }),
  scenario(deleteGroups, 'a member that was given an id', async (talk) => {
    const { memberId } = await talk.send(joinGroup, joining(talk), 5)
    await talk.note('deletes', deleteGroups, { groupsNames: [talk.group] })
    await talk.note('it joins', joinGroup, joining(talk, { memberId }))
  }),
  scenario(deleteGroups, 'an empty consumer group, and its member', async (talk) => {
    const { memberId, epoch } = await emptiedConsumer(talk)
    await talk.note('deletes', deleteGroups, { groupsNames: [talk.group] })
    await talk.note('it comes back', consumerGroupHeartbeat,
      heartbeating(talk, { memberId, memberEpoch: epoch }))
  }),
]
