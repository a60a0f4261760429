// SyncGroup, Heartbeat and LeaveGroup: wrong and borderline requests.

import { describeGroups } from '../../../../protocol/messages/describe-groups.ts'
import { heartbeat } from '../../../../protocol/messages/heartbeat.ts'
import { joinGroup } from '../../../../protocol/messages/join-group.ts'
import { leaveGroup } from '../../../../protocol/messages/leave-group.ts'
import { syncGroup } from '../../../../protocol/messages/sync-group.ts'
import type { Api } from '../../../../protocol/schema.ts'
import {
  beating, consumer, emptied, emptiedConsumer, joined, joining, leaving, preparing, simple, stable,
  syncing,
} from './members.ts'
import { mixed, settled } from './mixed.ts'
import { type Scenario, scenario } from './play.ts'
import type { Body, Talk } from './talk.ts'

const describeGroup = (talk: Talk, label = 'then') =>
  talk.note(label, describeGroups, { groups: [talk.group] })

type Variant = Partial<Body<typeof syncGroup> & Body<typeof heartbeat>>

/** What a member can be mistaken in, whatever it asks for. */
function mistakes(memberId: string, generationId: number): Record<string, Variant> {
  return {
    'no group id': { groupId: '' },
    'no member id': { memberId: '' },
    'unknown member': { memberId: 'nobody' },
    'generation ahead': { memberId, generationId: generationId + 1 },
    'generation behind': { memberId, generationId: generationId - 1 },
    'generation -1': { memberId, generationId: -1 },
    'unknown member, generation -1': { memberId: 'nobody', generationId: -1 },
    'unknown member, wrong generation': { memberId: 'nobody', generationId: 7 },
    'an unknown instance': { memberId, groupInstanceId: 'j' },
    'an empty instance': { memberId, groupInstanceId: '' },
  }
}

/** The same mistakes in groups of every kind. */
function inEveryGroup<A extends Api>(
  api: A, base: (talk: Talk, body: Variant) => Body<A>,
): readonly Scenario[] {
  const all = async (talk: Talk, memberId: string, generationId: number): Promise<void> => {
    for (const [label, variant] of Object.entries(mistakes(memberId, generationId))) {
      const asked = { memberId, generationId, ...variant }
      await talk.note(label, api, base(talk, asked))
    }
  }
  return [
    scenario(api, 'mistakes in a group that is not there', (talk) => all(talk, 'm', 1)),
    scenario(api, 'mistakes in a group of offsets alone', async (talk) => {
      await simple(talk)
      await all(talk, 'm', 1)
      await talk.note('generation 0', api, base(talk, { memberId: '', generationId: 0 }))
    }),
    scenario(api, 'mistakes in a group that had members', async (talk) => {
      const { memberId, generationId } = await emptied(talk)
      await all(talk, memberId, generationId)
    }),
    scenario(api, 'mistakes in a stable group', async (talk) => {
      const { memberId, generationId } = await stable(talk)
      await all(talk, memberId, generationId)
    }),
    scenario(api, 'mistakes in a group in a rebalance', async (talk) => {
      const { memberId, generationId } = await preparing(talk)
      await all(talk, memberId, generationId)
      await talk.note('the member', api, base(talk, { memberId, generationId }))
    }),
    scenario(api, 'mistakes in a group that waits for its assignment', async (talk) => {
      const { memberId, generationId } = await joined(talk)
      await all(talk, memberId, generationId)
      await describeGroup(talk)
    }),
    scenario(api, 'a member that was given an id', async (talk) => {
      const { memberId } = await talk.send(joinGroup, joining(talk), 4)
      await talk.note('generation 0', api, base(talk, { memberId, generationId: 0 }))
      await talk.note('generation -1', api, base(talk, { memberId, generationId: -1 }))
    }),
    scenario(api, 'mistakes of a static member', async (talk) => {
      const { memberId, generationId } = await stable(talk, { groupInstanceId: 'i' })
      const variants: Record<string, Variant> = {
        'another member': { memberId: 'nobody', groupInstanceId: 'i' },
        'no member': { memberId: '', groupInstanceId: 'i' },
        'another instance': { memberId, groupInstanceId: 'j' },
        'another member and a wrong generation':
          { memberId: 'nobody', groupInstanceId: 'i', generationId: 9 },
        'wrong generation': { memberId, groupInstanceId: 'i', generationId: 9 },
        'without its instance': { memberId },
      }
      for (const [label, variant] of Object.entries(variants)) {
        await talk.note(label, api, base(talk, { generationId, ...variant }))
      }
    }, { from: 3 }),
    scenario(api, 'mistakes in a group of the consumer protocol', async (talk) => {
      const { memberId, epoch } = await consumer(talk)
      await all(talk, memberId, epoch)
      await talk.note('the member', api, base(talk, { memberId, generationId: epoch }))
    }),
    scenario(api, 'mistakes of a classic member of a consumer group, in a rebalance',
      async (talk) => {
        const { classic: { memberId, generationId } } = await mixed(talk)
        await all(talk, memberId, generationId)
        await talk.note('the member', api, base(talk, { memberId, generationId }))
      }),
    scenario(api, 'mistakes of a classic member of a consumer group', async (talk) => {
      const { classic: { memberId, generationId } } = await settled(talk)
      await all(talk, memberId, generationId)
    }),
    scenario(api, 'mistakes of a static classic member of a consumer group', async (talk) => {
      const { classic: { memberId, generationId } } = await settled(talk, 'i')
      const variants: Record<string, Variant> = {
        'another member': { memberId: 'nobody', groupInstanceId: 'i' },
        'no member': { memberId: '', groupInstanceId: 'i' },
        'another instance': { memberId, groupInstanceId: 'j' },
        'wrong generation': { memberId, groupInstanceId: 'i', generationId: 99 },
      }
      for (const [label, variant] of Object.entries(variants)) {
        await talk.note(label, api, base(talk, { generationId, ...variant }))
      }
    }, { from: 3 }),
    scenario(api, 'mistakes in an empty group of the consumer protocol', async (talk) => {
      const { memberId, epoch } = await emptiedConsumer(talk)
      await all(talk, memberId, epoch)
    }),
  ]
}

export const SYNC_GROUP: readonly Scenario[] = [
  ...inEveryGroup(syncGroup, (talk, body) => syncing(talk, body)),
  scenario(syncGroup, 'protocols', async (talk) => {
    const { memberId, generationId } = await stable(talk)
    const variants: Record<string, Partial<Body<typeof syncGroup>>> = {
      'no type': { protocolType: null },
      'no name': { protocolName: null },
      'neither': { protocolType: null, protocolName: null },
      'another type': { protocolType: 'connect' },
      'another name': { protocolName: 'sticky' },
      'an empty type': { protocolType: '' },
      'an empty name': { protocolName: '' },
      'another type in a wrong generation': { protocolType: 'connect', generationId: 9 },
      'no type, unknown member': { protocolType: null, memberId: 'nobody' },
      'no type, no group': { protocolType: null, groupId: '' },
    }
    for (const [label, variant] of Object.entries(variants)) {
      await talk.note(label, syncGroup, syncing(talk, { memberId, generationId, ...variant }))
    }
  }),
  scenario(syncGroup, 'assignments', async (talk) => {
    const { memberId, generationId } = await joined(talk)
    await talk.note('for others, and twice', syncGroup, syncing(talk, {
      memberId, generationId,
      assignments: [
        { memberId: 'nobody', assignment: Buffer.from('x') },
        { memberId, assignment: Buffer.from('first') },
        { memberId, assignment: Buffer.from('second') },
      ],
    }))
    await talk.note('again, with others', syncGroup, syncing(talk,
      { memberId, generationId, assignments: [{ memberId, assignment: Buffer.from('third') }] }))
    await describeGroup(talk)
  }),
  scenario(syncGroup, 'no assignments', async (talk) => {
    const { memberId, generationId } = await joined(talk)
    await talk.note('syncs', syncGroup, syncing(talk, { memberId, generationId }))
    await describeGroup(talk)
  }),
]

export const HEARTBEAT: readonly Scenario[] = [
  ...inEveryGroup(heartbeat, (talk, body) => beating(talk, body)),
]

export const LEAVE_GROUP: readonly Scenario[] = [
  scenario(leaveGroup, 'groups without members', async (talk) => {
    await talk.note('no group id', leaveGroup, leaving(talk, [['m']], ''))
    await talk.note('unknown group', leaveGroup, leaving(talk, [['m']]))
    await talk.note('unknown group, no member', leaveGroup, leaving(talk, [['']]))
    await simple(talk)
    await talk.note('unknown member', leaveGroup, leaving(talk, [['m']]))
    await talk.note('no member', leaveGroup, leaving(talk, [['']]))
    await describeGroup(talk)
  }),
  scenario(leaveGroup, 'nobody leaves', async (talk) => {
    await talk.note('no group id', leaveGroup, leaving(talk, [], ''))
    await talk.note('unknown group', leaveGroup, leaving(talk, []))
    await stable(talk)
    await talk.note('stable group', leaveGroup, leaving(talk, []))
    await describeGroup(talk)
  }, { from: 3 }),
  scenario(leaveGroup, 'a stable group', async (talk) => {
    const { memberId } = await stable(talk)
    await talk.note('unknown member', leaveGroup, leaving(talk, [['nobody']]))
    await talk.note('no member', leaveGroup, leaving(talk, [['']]))
    await talk.note('the member', leaveGroup, leaving(talk, [[memberId]]))
    await talk.note('the member again', leaveGroup, leaving(talk, [[memberId]]))
    await describeGroup(talk)
  }),
  scenario(leaveGroup, 'several at once', async (talk) => {
    const { memberId } = await stable(talk)
    await talk.note('unknown ones', leaveGroup, leaving(talk,
      [['nobody'], ['', 'i'], ['', ''], ['nobody', 'i'], [memberId, 'i'], ['', null]]))
    await describeGroup(talk, 'still there')
    await talk.note('the same twice', leaveGroup,
      leaving(talk, [['nobody'], [memberId], [memberId]]))
    await describeGroup(talk)
  }, { from: 3 }),
  scenario(leaveGroup, 'static members', async (talk) => {
    const { memberId } = await stable(talk, { groupInstanceId: 'i' })
    await talk.note('mistakes', leaveGroup, leaving(talk,
      [['nobody', 'i'], [memberId, 'j'], ['', 'j'], ['', '']]))
    await talk.note('by instance alone, twice', leaveGroup, leaving(talk, [['', 'i'], ['', 'i']]))
    await describeGroup(talk)
    const next = await stable(talk, { groupInstanceId: 'i' })
    await talk.note('by member alone', leaveGroup, leaving(talk, [[next.memberId]]))
    await describeGroup(talk)
  }, { from: 3 }),
  scenario(leaveGroup, 'a member that was given an id', async (talk) => {
    const { memberId } = await talk.send(joinGroup, joining(talk), 4)
    await talk.note('leaves', leaveGroup, leaving(talk, [[memberId]]))
    await talk.note('leaves again', leaveGroup, leaving(talk, [[memberId]]))
    await talk.note('joins after that', joinGroup, joining(talk, { memberId }))
    await describeGroup(talk)
  }),
  scenario(leaveGroup, 'an id that was given, and an instance', async (talk) => {
    const { memberId } = await talk.send(joinGroup, joining(talk), 4)
    await talk.note('leaves', leaveGroup, leaving(talk, [[memberId, 'i']]))
    await talk.note('leaves again', leaveGroup, leaving(talk, [[memberId]]))
  }, { from: 3 }),
  scenario(leaveGroup, 'a member that waits in a rebalance', async (talk) => {
    const { memberId } = await stable(talk)
    const other = await talk.send(joinGroup, joining(talk), 4)
    const waiting = talk.begin('waits', joinGroup, joining(talk, { memberId: other.memberId }), 5)
    await talk.inState('PreparingRebalance')
    await talk.note('it leaves', leaveGroup, leaving(talk, [[other.memberId]]))
    await talk.finish(waiting)
    await talk.note('the other heartbeats', heartbeat, beating(talk, { memberId }))
    await talk.note('the other leaves', leaveGroup, leaving(talk, [[memberId]]))
    await describeGroup(talk)
  }),
  scenario(leaveGroup, 'a member that waits for its assignment', async (talk) => {
    const a = await joined(talk, { groupInstanceId: 'a' })
    const joins = talk.begin('', joinGroup, joining(talk, { groupInstanceId: 'b' }), 5)
    await talk.inState('PreparingRebalance')
    await joined(talk, { memberId: a.memberId, groupInstanceId: 'a' })
    const b = await joins.answer as { memberId: string, generationId: number }
    const waiting = talk.begin('b waits', syncGroup,
      syncing(talk, { ...b, groupInstanceId: 'b', assignments: [] }))
    await talk.note('b heartbeats', heartbeat, beating(talk, b))
    await talk.note('a leaves', leaveGroup, leaving(talk, [[a.memberId]]))
    await talk.finish(waiting)
    await describeGroup(talk)
  }),
  scenario(leaveGroup, 'a group of the consumer protocol', async (talk) => {
    const { memberId } = await consumer(talk, { instanceId: 'i' })
    await talk.note('unknown member', leaveGroup, leaving(talk, [['nobody']]))
    await talk.note('no member', leaveGroup, leaving(talk, [['']]))
    await talk.note('the member', leaveGroup, leaving(talk, [[memberId]]))
    await talk.note('again', leaveGroup, leaving(talk, [[memberId]]))
    await describeGroup(talk)
  }),
  scenario(leaveGroup, 'static members of the consumer protocol', async (talk) => {
    const { memberId } = await consumer(talk, { instanceId: 'i' })
    await talk.note('mistakes', leaveGroup, leaving(talk,
      [['nobody', 'i'], [memberId, 'j'], ['', 'j'], ['', ''], ['nobody', 'j']]))
    await talk.note('by instance alone, twice', leaveGroup,
      leaving(talk, [['', 'i'], ['', 'i'], [memberId]]))
  }, { from: 3 }),
]
