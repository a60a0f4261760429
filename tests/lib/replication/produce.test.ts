// Produce on partitions: what is answered when, and nothing before it is written.

import { describe, expect, test } from '@jest/globals'

import { CloseConnection } from '../../../lib/server/handler.ts'
import { ApiError, Errors } from '../../../protocol/errors.ts'
import type { ProduceResponse } from '../../../protocol/messages/produce.ts'
import { ZERO_UUID } from '../../../protocol/schema.ts'
import { StorageError } from '../../../storage/disk.ts'
import { batchOf, type Outcome, Replica } from './harness.ts'

function partitionIn({ answer }: Outcome<ProduceResponse>) {
  return answer?.responses[0]?.partitionResponses[0]
}

describe('produce', () => {
  test('answers at the end of the turn, when the batch is written', () => {
    const replica = new Replica()
    replica.create('a')
    const { log } = replica.partitions.get('a', 0)!
    const first = replica.send('a', ['1', '2'])
    const second = replica.send('a', ['3'], { acks: 1 })
    expect(first.answer).toBeUndefined()
    expect(second.answer).toBeUndefined()
    expect(log.writtenOffset).toBe(0)
    replica.clock.endTurn()
    expect(partitionIn(first)).toMatchObject({ errorCode: 0, baseOffset: 0, logStartOffset: 0 })
    expect(partitionIn(second)).toMatchObject({ errorCode: 0, baseOffset: 2 })
    expect(log.highWatermark).toBe(3)
  })

  test('says nothing without acknowledgement, and closes after an error', () => {
    const replica = new Replica()
    replica.create('a')
    expect(replica.send('a', ['1'], { acks: 0 }).isSilent).toBe(true)
    expect(replica.send('b', ['1'], { acks: 0 }).error).toBeInstanceOf(CloseConnection)
    replica.clock.endTurn()
    expect(replica.partitions.get('a', 0)!.log.highWatermark).toBe(1)
  })

  test('acknowledges nothing when the disk fails, and the node is told', () => {
    const replica = new Replica()
    replica.create('a')
    const sent = [replica.send('a', ['1']), replica.send('a', ['2'], { acks: 1 })]
    replica.disk.failure = new Error('EIO')
    replica.clock.endTurn()
    expect(sent.map((one) => partitionIn(one)?.errorCode))
      .toEqual([Errors.KAFKA_STORAGE_ERROR, Errors.KAFKA_STORAGE_ERROR])
    expect(replica.failures).toEqual([expect.any(StorageError)])
    replica.disk.failure = undefined
    const later = replica.send('a', ['3'])
    expect(partitionIn(later)?.errorCode).toBe(Errors.KAFKA_STORAGE_ERROR)
  })

  test('waits for the device where flush.messages asks for it, not for ever', async () => {
    const replica = new Replica()
    replica.create('a', 1, { 'flush.messages': '1' })
    const sent = replica.send('a', ['1'])
    replica.clock.endTurn()
    expect(sent.answer).toBeUndefined()
    const late = replica.send('a', ['2'])
    replica.clock.endTurn()
    replica.clock.advance(1001)
    expect(partitionIn(late)).toMatchObject({ errorCode: Errors.REQUEST_TIMED_OUT, baseOffset: 1 })
    const prompt = replica.send('a', ['3'])
    for (let i = 0; i < 4; i++) {
      replica.clock.endTurn()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(partitionIn(prompt)).toMatchObject({ errorCode: 0, baseOffset: 2 })
    expect(replica.partitions.get('a', 0)!.log.recoveryPoint).toBe(3)
  })

  test('gives a batch that is sent again the offset it has', () => {
    const replica = new Replica()
    replica.create('a')
    const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0 }
    const sent = [0, 1].map(() => replica.send('a', ['1'], producer))
    replica.clock.endTurn()
    expect(sent.map((one) => partitionIn(one)))
      .toEqual([0, 1].map(() => expect.objectContaining({ errorCode: 0, baseOffset: 0 })))
    expect(replica.partitions.get('a', 0)!.log.endOffset).toBe(1)
  })

  test.each([
    ['an unknown topic', 'b', 0, batchOf(['1']), -1, Errors.UNKNOWN_TOPIC_OR_PARTITION],
    ['an unknown partition', 'a', 5, batchOf(['1']), -1, Errors.UNKNOWN_TOPIC_OR_PARTITION],
    ['odd acks', 'a', 0, batchOf(['1']), 2, Errors.INVALID_REQUIRED_ACKS],
    ['no batch', 'a', 0, Buffer.alloc(0), -1, Errors.INVALID_RECORD],
    ['two batches', 'a', 0, Buffer.concat([batchOf(['1']), batchOf(['2'])]), -1,
      Errors.INVALID_RECORD],
    ['an internal topic', '__consumer_offsets', 0, batchOf(['1']), -1,
      Errors.INVALID_TOPIC_EXCEPTION],
  ])('refuses %s', (_what, name, index, records, acks, errorCode) => {
    const replica = new Replica()
    replica.create('a')
    replica.create('__consumer_offsets')
    const topicData = [{ name, topicId: ZERO_UUID, partitionData: [{ index, records }] }]
    const { answer } = replica.produce({ acks, topicData })
    expect(partitionIn({ answer: answer! })).toMatchObject({ errorCode, baseOffset: -1 })
  })

  test('refuses a topic id that nobody knows', () => {
    const replica = new Replica()
    const topicData = [
      { name: '', topicId: ZERO_UUID, partitionData: [{ index: 0, records: batchOf(['1']) }] },
    ]
    expect(partitionIn(replica.produce({ topicData }, 13))?.errorCode).toBe(Errors.UNKNOWN_TOPIC_ID)
  })

  test('refuses records of a transaction without a transactional id as a whole', () => {
    const replica = new Replica()
    replica.create('a')
    const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true }
    const { error } = replica.send('a', ['1'], producer)
    expect((error as ApiError).code).toBe(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  })

  test('takes the last of a partition named twice', () => {
    const replica = new Replica()
    replica.create('a')
    const data = (...values: string[]) => ({
      name: 'a', topicId: ZERO_UUID,
      partitionData: values.map((value) => ({ index: 0, records: batchOf([value]) })),
    })
    const sent = replica.produce({ topicData: [data('1', '2'), data('3')] })
    replica.clock.endTurn()
    expect(sent.answer!.responses).toHaveLength(1)
    expect(replica.partitions.get('a', 0)!.log.endOffset).toBe(1)
  })
})
