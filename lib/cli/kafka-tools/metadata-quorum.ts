// `kafka-metadata-quorum`: who leads the metadata, and how far the others are.

import { addressText } from '../../address.ts'
import { describeMetadataQuorum, type Quorum } from '../../client/quorum.ts'
import { ZERO_UUID } from '../../../protocol/schema.ts'
import { CommandError } from '../exit.ts'
import type { Session } from '../session.ts'
import { CONNECTION } from './options.ts'
import { tool } from './tool.ts'

type Replica = Quorum['voters'][number]

const TITLES = [
  'NodeId', 'DirectoryId', 'LogEndOffset', 'Lag', 'LastFetchTimestamp', 'LastCaughtUpTimestamp',
  'Status',
]

export const command = tool({
  options: { ...CONNECTION, status: 'flag', replication: 'flag', 'human-readable': 'flag' },
  verbs: ['describe'],
  async run(given, session) {
    const what = given.oneOf(['status', 'replication'])
    if (what === undefined) {
      throw new CommandError(
        'One of --status or --replication must be specified with describe sub-command')
    }
    if (what === 'status') given.refuse(['human-readable'], '--status')
    const quorum = await describeMetadataQuorum(session.client)
    if (what === 'status') await showStatus(quorum, session)
    else showReplication(quorum, given.has('human-readable'), session)
  },
})

async function showStatus(quorum: Quorum, { client, output }: Session): Promise<void> {
  const { clusterId } = await client.cluster({ topics: [] })
  const { leaderId, leaderEpoch, highWatermark, voters, observers } = quorum
  const leader = leaderOf(quorum)
  const last = voters.reduce((a, b) => b.logEndOffset < a.logEndOffset ? b : a)
  const [ahead, behind] = [leader.lastCaughtUpTimestamp ?? -1, last.lastCaughtUpTimestamp ?? -1]
  const lagMs = last === leader ? 0 : ahead < 0 || behind < 0 ? -1 : ahead - behind
  const lines = {
    ClusterId: clusterId, LeaderId: leaderId, LeaderEpoch: leaderEpoch,
    HighWatermark: highWatermark, MaxFollowerLag: leader.logEndOffset - last.logEndOffset,
    MaxFollowerLagTimeMs: lagMs, CurrentVoters: shownReplicas(voters, quorum),
    CurrentObservers: shownReplicas(observers, quorum),
  }
  for (const [name, value] of Object.entries(lines)) output.line(`${`${name}:`.padEnd(24)}${value}`)
}

function leaderOf({ leaderId, voters }: Quorum): Replica {
  const leader = voters.find(({ replicaId }) => replicaId === leaderId)
  if (leader !== undefined) return leader
  throw new CommandError('the quorum has no leader at the moment')
}

function shownReplicas(replicas: readonly Replica[], { nodes }: Quorum): string {
  const one = ({ replicaId, replicaDirectoryId: directory = ZERO_UUID }: Replica): string => {
    const { listeners = [] } = nodes.find(({ nodeId }) => nodeId === replicaId) ?? {}
    const endpoints = listeners.map(({ name, ...address }) => `"${name}://${addressText(address)}"`)
    return [
      `{"id": ${replicaId}`, ...directory === ZERO_UUID ? [] : [`"directoryId": "${directory}"`],
      ...endpoints.length === 0 ? [] : [`"endpoints": [${endpoints.join(', ')}]`],
    ].join(', ') + '}'
  }
  return `[${replicas.map(one).join(', ')}]`
}

function showReplication(
  quorum: Quorum, isHumanReadable: boolean, { clock, output }: Session,
): void {
  const leader = leaderOf(quorum)
  const shown = (timestamp = -1): string => (
    isHumanReadable && timestamp >= 0 ? `${clock.nowMs() - timestamp} ms ago` : String(timestamp))
  const row = (status: string) => (replica: Replica): string[] => [
    String(replica.replicaId), replica.replicaDirectoryId ?? ZERO_UUID,
    String(replica.logEndOffset), String(leader.logEndOffset - replica.logEndOffset),
    shown(replica.lastFetchTimestamp), shown(replica.lastCaughtUpTimestamp), status,
  ]
  const rows = [
    TITLES, row('Leader')(leader),
    ...quorum.voters.filter((voter) => voter !== leader).map(row('Follower')),
    ...quorum.observers.map(row('Observer')),
  ]
  const widths = TITLES.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)))
  for (const cells of rows) {
    output.line(cells.map((cell, column) => `${cell.padEnd(widths[column]!)}\t`).join(''))
  }
}
