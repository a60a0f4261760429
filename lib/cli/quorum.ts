// `samsa quorum`: who leads the metadata, who votes, and how far the others are behind.

import { describeMetadataQuorum, type Quorum } from '../client/quorum.ts'
import { command } from './command.ts'
import type { Session } from './session.ts'
import { shownDuration } from './units.ts'

type Replica = Quorum['voters'][number]

const showQuorum = command({
  usage: 'quorum',
  describe: 'Leader, voters and observers of the metadata',
  examples: [['samsa quorum --json', 'for programs']],
  options: (yargs) => yargs,
  async run(_, session) {
    const { client, output } = session
    const quorum = await describeMetadataQuorum(client)
    const { leaderId, leaderEpoch, highWatermark, voters, observers, nodes } = quorum
    const row = (role: string) => (replica: Replica) => replicaRow(replica, role, quorum)
    const rows = [...voters.map(row('voter')), ...observers.map(row('observer'))]
    output.show({
      leader: leaderId, leaderEpoch, highWatermark, replicas: rows,
      nodes: nodes.map(({ nodeId, listeners }) => ({ node: nodeId, listeners })),
    }, () => {
      output.line(`leader ${leaderId}, epoch ${leaderEpoch}, committed up to ${highWatermark}`)
      showReplicas(rows, session)
    })
  },
})

function replicaRow(replica: Replica, role: string, { leaderId, voters }: Quorum) {
  const leader = voters.find(({ replicaId }) => replicaId === leaderId)
  const { replicaId, logEndOffset } = replica
  const { lastFetchTimestamp = -1, lastCaughtUpTimestamp = -1 } = replica
  return {
    node: replicaId, role: replicaId === leaderId ? 'leader' : role, logEndOffset,
    lag: leader === undefined ? undefined : Math.max(0, leader.logEndOffset - logEndOffset),
    lastFetchTimestamp: timeOf(lastFetchTimestamp),
    lastCaughtUpTimestamp: timeOf(lastCaughtUpTimestamp),
  }
}

function timeOf(timestamp: number): number | undefined {
  return timestamp < 0 ? undefined : timestamp
}

function showReplicas(
  rows: readonly ReturnType<typeof replicaRow>[], { output, clock }: Session,
): void {
  const ago = (timestamp: number | undefined): string | null => timestamp === undefined
    ? null : `${shownDuration(Math.max(0, clock.nowMs() - timestamp))} ago`
  output.table(['NODE', 'ROLE', 'END', 'LAG', 'LAST FETCH', 'CAUGHT UP'], rows.map((one) => [
    one.node, one.role, one.logEndOffset, one.lag, ago(one.lastFetchTimestamp),
    ago(one.lastCaughtUpTimestamp),
  ]))
}

export const commands = [showQuorum]
