// The quorum of the metadata: leader, voters, observers, and how far each is (KIP-595).

import {
  describeQuorum, type DescribeQuorumResponse,
} from '../../protocol/messages/describe-quorum.ts'
import type { Client } from './client.ts'
import { throwIfRefused } from './errors.ts'

const METADATA_TOPIC = '__cluster_metadata'

type Partition = DescribeQuorumResponse['topics'][number]['partitions'][number]

export interface Quorum {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
  readonly voters: Partition['currentVoters']
  readonly observers: Partition['observers']
  /** With their addresses; empty of brokers before 3.9. */
  readonly nodes: NonNullable<DescribeQuorumResponse['nodes']>
}

/** Throws RefusedError. */
export async function describeMetadataQuorum(client: Client): Promise<Quorum> {
  return client.retry(async () => {
    const connection = await client.any()
    const answer = await connection.request(describeQuorum, {
      topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0 }] }],
    })
    throwIfRefused(answer.errorCode, 'the quorum', answer.errorMessage)
    const found = answer.topics[0]!.partitions[0]!
    throwIfRefused(found.errorCode, 'the quorum', found.errorMessage)
    const { leaderId, leaderEpoch, highWatermark, currentVoters: voters, observers } = found
    return { leaderId, leaderEpoch, highWatermark, voters, observers, nodes: answer.nodes ?? [] }
  })
}
