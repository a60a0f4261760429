// OffsetForLeaderEpoch: wrong and borderline requests.

import { offsetForLeaderEpoch } from '../../../../protocol/messages/offset-for-leader-epoch.ts'
import { type Scenario, scenario } from './play.ts'
import type { Body } from './talk.ts'

type Topics = Body<typeof offsetForLeaderEpoch>['topics']
type Asked = Topics[number]['partitions'][number]

const asked = (body: Partial<Asked> = {}): Asked => ({
  partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0, ...body,
})

export const OFFSET_FOR_LEADER_EPOCH: readonly Scenario[] = [
  scenario(offsetForLeaderEpoch, 'topics and partitions', async (talk) => {
    const { name } = await talk.topic('own', 2, false)
    const one = (label: string, ...topics: Topics) =>
      talk.note(label, offsetForLeaderEpoch, { topics })
    await one('none')
    await one('none of a topic', { topic: name, partitions: [] })
    await one('a topic that is not there', { topic: 'nowhere', partitions: [asked()] })
    await one('no name', { topic: '', partitions: [asked()] })
    await one('a bad name', { topic: 'no topic!', partitions: [asked()] })
    await one('partitions that are not there', { topic: name, partitions: [
      asked({ partition: 2 }), asked({ partition: -1 }), asked({ partition: 1 }),
    ] })
    await one('twice', { topic: name, partitions: [asked(), asked({ leaderEpoch: 7 })] })
    await one('some', { topic: 'nowhere', partitions: [asked(), asked({ partition: 1 })] },
      { topic: name, partitions: [asked()] })
    await one('the metadata', { topic: '__cluster_metadata', partitions: [asked()] })
  }),
  scenario(offsetForLeaderEpoch, 'epochs', async (talk) => {
    const { name } = await talk.topic('own', 1, false)
    const one = (label: string, body: Partial<Asked>) => talk.note(label, offsetForLeaderEpoch,
      { topics: [{ topic: name, partitions: [asked(body)] }] })
    for (const leaderEpoch of [0, 1, 9, 2 ** 31 - 1, -1, -2]) {
      await one(`epoch ${leaderEpoch}`, { leaderEpoch })
    }
    for (const currentLeaderEpoch of [0, 1, 2 ** 31 - 1, -2, -(2 ** 31)]) {
      await one(`the leader's is ${currentLeaderEpoch}`, { currentLeaderEpoch })
    }
    await one('both ahead', { currentLeaderEpoch: 3, leaderEpoch: 3 })
  }),
  scenario(offsetForLeaderEpoch, 'replicas', async (talk) => {
    const { name } = await talk.topic('own', 1, false)
    for (const replicaId of [-1, -2, -3, 0, 1, 9]) {
      await talk.note(`replica ${replicaId}`, offsetForLeaderEpoch,
        { replicaId, topics: [{ topic: name, partitions: [asked()] }] })
    }
  }, { from: 3 }),
]
