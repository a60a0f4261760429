// ListOffsets, OffsetForLeaderEpoch and DeleteRecords on partitions.

import { describe, expect, test } from '@jest/globals'

import { deleteRecordsHandler } from '../../../lib/handlers/delete-records.ts'
import { listOffsetsHandler } from '../../../lib/handlers/list-offsets.ts'
import { offsetForLeaderEpochHandler } from '../../../lib/handlers/offset-for-leader-epoch.ts'
import { Errors } from '../../../protocol/errors.ts'
import type { DeleteRecordsResponse } from '../../../protocol/messages/delete-records.ts'
import type { ListOffsetsResponse } from '../../../protocol/messages/list-offsets.ts'
import type {
  OffsetForLeaderEpochResponse,
} from '../../../protocol/messages/offset-for-leader-epoch.ts'
import { Replica } from './harness.ts'

/** A topic `a` with records at offsets 0 to 3, of the times 1000, 3000, 3000 and 2000. */
function replicaWithRecords(configs: Record<string, string> = {}): Replica {
  const replica = new Replica()
  replica.create('a', 1, configs)
  const key = Buffer.from('key')
  for (const [value, timestamp] of Object.entries({ first: 1000, second: 3000 })) {
    replica.send('a', [], { records: [{ key, value: Buffer.from(value), headers: [], timestamp }] })
  }
  replica.send('a', [], {
    records: [3000, 2000].map((timestamp) => ({ key, value: key, headers: [], timestamp })),
  })
  replica.clock.endTurn()
  return replica
}

interface Asked {
  readonly timestamp: number
  readonly currentLeaderEpoch?: number
  readonly partitionIndex?: number
}

function listOffsets(replica: Replica, asked: readonly Asked[], apiVersion = 11) {
  const partitions = asked.map((one) => ({ partitionIndex: 0, currentLeaderEpoch: -1, ...one }))
  const request = {
    replicaId: -1, isolationLevel: 0, timeoutMs: 0, topics: [{ name: 'a', partitions }],
  }
  const context = replica.context(apiVersion)
  return listOffsetsHandler.handle(request, context, replica.services) as ListOffsetsResponse
}

function offsetOf(replica: Replica, timestamp: number, apiVersion?: number) {
  return listOffsets(replica, [{ timestamp }], apiVersion).topics[0]!.partitions[0]
}

describe('list offsets', () => {
  test('knows the ends, times, and the record with the largest one', () => {
    const replica = replicaWithRecords()
    expect(offsetOf(replica, -1)).toMatchObject({ offset: 4, timestamp: -1, leaderEpoch: 0 })
    expect(offsetOf(replica, -2)).toMatchObject({ offset: 0, timestamp: -1, leaderEpoch: 0 })
    expect(offsetOf(replica, -3)).toMatchObject({ offset: 1, timestamp: 3000 })
    expect(offsetOf(replica, 1001)).toMatchObject({ offset: 1, timestamp: 3000 })
    expect(offsetOf(replica, 3001)).toMatchObject({ offset: -1, timestamp: -1, errorCode: 0 })
  })

  test.each([[-3, 6], [-4, 7], [-5, 8], [-6, 10], [-7, 11]])(
    'does not understand %i in version %i', (timestamp, apiVersion) => {
      expect(offsetOf(replicaWithRecords(), timestamp, apiVersion))
        .toMatchObject({ errorCode: Errors.UNSUPPORTED_VERSION })
    })

  test('answers a partition that is asked for twice once, as a mistake', () => {
    const { topics } = listOffsets(replicaWithRecords(), [{ timestamp: -1 }, { timestamp: -2 }])
    expect(topics[0]!.partitions).toEqual([
      { partitionIndex: 0, errorCode: Errors.INVALID_REQUEST, timestamp: -1, offset: -1,
        leaderEpoch: -1 },
    ])
  })

  test.each([
    [-2, Errors.FENCED_LEADER_EPOCH], [-1, Errors.NONE], [0, Errors.NONE],
    [1, Errors.UNKNOWN_LEADER_EPOCH],
  ])('holds a leader epoch of %i against its own', (currentLeaderEpoch, errorCode) => {
    const { topics } = listOffsets(replicaWithRecords(), [{ timestamp: -1, currentLeaderEpoch }])
    expect(topics[0]!.partitions[0]).toMatchObject({ errorCode })
  })

  test('tells a partition that is not there', () => {
    const { topics } = listOffsets(replicaWithRecords(), [{ timestamp: -1, partitionIndex: 7 }])
    expect(topics[0]!.partitions[0])
      .toMatchObject({ errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION })
  })
})

function endOf(replica: Replica, leaderEpoch: number) {
  const partitions = [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch }]
  const request = { replicaId: -1, topics: [{ topic: 'a', partitions }] }
  const answer = offsetForLeaderEpochHandler.handle(request, replica.context(4), replica.services)
  return (answer as OffsetForLeaderEpochResponse).topics[0]!.partitions[0]
}

describe('offset for leader epoch', () => {
  test.each([
    [0, { leaderEpoch: 0, endOffset: 4 }], [1, { leaderEpoch: -1, endOffset: -1 }],
    [-1, { leaderEpoch: -1, endOffset: -1 }], [-2, { leaderEpoch: -2, endOffset: 0 }],
  ])('of epoch %i', (leaderEpoch, end) => {
    expect(endOf(replicaWithRecords(), leaderEpoch)).toMatchObject({ errorCode: 0, ...end })
  })
})

function deleteRecords(replica: Replica, ...offsets: number[]) {
  const partitions = offsets.map((offset) => ({ partitionIndex: 0, offset }))
  const request = { timeoutMs: 1000, topics: [{ name: 'a', partitions }] }
  const answer = deleteRecordsHandler.handle(request, replica.context(2), replica.services)
  return (answer as DeleteRecordsResponse).topics[0]!.partitions
}

describe('delete records', () => {
  test('moves the start of the log, never back', () => {
    const replica = replicaWithRecords()
    expect(deleteRecords(replica, 2)).toMatchObject([{ lowWatermark: 2, errorCode: 0 }])
    expect(deleteRecords(replica, 1)).toMatchObject([{ lowWatermark: 2, errorCode: 0 }])
    expect(offsetOf(replica, -2)).toMatchObject({ offset: 2 })
    expect(deleteRecords(replica, -1)).toMatchObject([{ lowWatermark: 4, errorCode: 0 }])
  })

  test('of a partition named twice the last counts, and is answered once', () => {
    expect(deleteRecords(replicaWithRecords(), 1, 3)).toMatchObject([{ lowWatermark: 3 }])
  })

  test('refuses what lies ahead, and compacted topics', () => {
    expect(deleteRecords(replicaWithRecords(), 5))
      .toMatchObject([{ lowWatermark: -1, errorCode: Errors.OFFSET_OUT_OF_RANGE }])
    expect(deleteRecords(replicaWithRecords({ 'cleanup.policy': 'compact' }), 1))
      .toMatchObject([{ errorCode: Errors.POLICY_VIOLATION }])
  })
})
