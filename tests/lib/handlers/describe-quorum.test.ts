// DescribeQuorum: where voters are reached.

import { expect, test } from '@jest/globals'

import type { RaftState } from '../../../controller/raft/state.ts'
import { describeQuorumHandler } from '../../../lib/handlers/describe-quorum.ts'
import type { AdvertisedListener, Services } from '../../../lib/services.ts'
import type { DescribeQuorumResponse } from '../../../protocol/messages/describe-quorum.ts'
import { contextOf, joined, NODE_ID, servicesOf } from './services.ts'

const PLAINTEXT: AdvertisedListener = { name: 'PLAINTEXT', host: 'here', port: 9092 }
const CONTROLLER: AdvertisedListener = { name: 'CONTROLLER', host: 'here', port: 9093 }

function nodes(
  listeners: readonly AdvertisedListener[], config: Record<string, string>,
): DescribeQuorumResponse['nodes'] {
  const services = servicesOf(joined(), config)
  const raftState = {
    epoch: 1, leaderId: NODE_ID, highWatermark: 5, log: { endOffset: 5 },
    settings: { nodeId: NODE_ID, voters: [NODE_ID] },
    role: { name: 'leader', progress: new Map() },
  } as unknown as RaftState
  const request = {
    topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
  }
  return (describeQuorumHandler.handle(request, contextOf(2), {
    ...services,
    broker: { ...services.broker, listeners },
    controller: Object.assign(services.controller, { raftState }),
  } as Services) as DescribeQuorumResponse).nodes
}

test("a node that is its own quorum tells its controllers' listener", () => {
  expect(nodes([PLAINTEXT, CONTROLLER], {}))
    .toEqual([{ nodeId: NODE_ID, listeners: [CONTROLLER] }])
})

test('a voter is where controller.quorum.voters says', () => {
  const config = {
    'listeners': 'PLAINTEXT://:9092,CONTROLLER://:9093', 'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': '1@there:9999',
  }
  expect(nodes([PLAINTEXT, CONTROLLER], config)).toEqual([
    { nodeId: NODE_ID, listeners: [{ name: 'CONTROLLER', host: 'there', port: 9999 }] },
  ])
})

test('without a listener for controllers there is nothing to tell', () => {
  expect(nodes([PLAINTEXT], {})).toEqual([])
})
