// `samsa quorum`: who leads the metadata, who votes, and how far the others are behind.

import {
  describeQuorum, type DescribeQuorumResponse,
} from '../../protocol/messages/describe-quorum.ts'
import { throwIfRefused } from '../client/errors.ts'
import { command } from './command.ts'
import type { Session } from './session.ts'
import { shownDuration } from './units.ts'

const METADATA_TOPIC = '__cluster_metadata'

type Partition = DescribeQuorumResponse['topics'][number]['partitions'][number]
type Replica = Partition['currentVoters'][number]

const quorum = command({
  usage: 'quorum',
  describe: 'Leader, voters and observers of the metadata',
  examples: [['samsa quorum --json', 'for programs']],
  options: (yargs) => yargs,
  async run(_, session) {
    const { client, output } = session
    const { partition, nodes } = await client.retry(async () => {
      const connection = await client.any()
      const answer = await connection.request(describeQuorum, {
        topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0 }] }],
      })
      throwIfRefused(answer.errorCode, 'the quorum', answer.errorMessage)
      const found = answer.topics[0]!.partitions[0]!
      throwIfRefused(found.errorCode, 'the quorum', found.errorMessage)
      return { partition: found, nodes: answer.nodes }
    })
    const { leaderId, leaderEpoch, highWatermark, currentVoters, observers } = partition
    const row = (role: string) => (replica: Replica) => replicaRow(replica, role, partition)
    const rows = [...currentVoters.map(row('voter')), ...observers.map(row('observer'))]
    output.show({
      leader: leaderId, leaderEpoch, highWatermark, replicas: rows,
      nodes: nodes.map(({ nodeId, listeners }) => ({ node: nodeId, listeners })),
    }, () => {
      output.line(`leader ${leaderId}, epoch ${leaderEpoch}, committed up to ${highWatermark}`)
      showReplicas(rows, session)
    })
  },
})

function replicaRow(replica: Replica, role: string, { leaderId, currentVoters }: Partition) {
  const leader = currentVoters.find(({ replicaId }) => replicaId === leaderId)
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

export const commands = [quorum]
