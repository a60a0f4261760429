// What fuzzing has found: each finding as the smallest bytes that show it.

import { describe, expect, test } from '@jest/globals'

import { refusals } from '../../lib/handlers/changed-configs.ts'
import { mergedTopics } from '../../lib/handlers/committed-topics.ts'
import { groupsCodec } from '../../lib/coordinators/groups/records.ts'
import { transactionsCodec } from '../../lib/coordinators/transactions/records.ts'
import { DecodeError } from '../../protocol/compile.ts'
import { ApiError, Errors } from '../../protocol/errors.ts'
import { Batch } from '../../protocol/records/batch.ts'
import { endMarkerBatch } from '../../protocol/records/control.ts'
import { readInt64, writeInt64 } from '../../protocol/records/int64.ts'
import { InvalidRecordError } from '../../protocol/records/record-errors.ts'

describe('records of __consumer_offsets', () => {
  const offsetKey = Buffer.from('000100016700017400000000', 'hex')

  test.each([
    ['a key without its number', Buffer.from('00', 'hex'), null],
    ['a value without its number', offsetKey, Buffer.from('00', 'hex')],
    ['a value of a version that is not known', offsetKey, Buffer.from('7fff00', 'hex')],
  ])('%s is a decode error', (_what, key, value) => {
    expect(() => groupsCodec.decode(key, value)).toThrow(DecodeError)
  })
})

describe('records of __transaction_state', () => {
  const { decode } = transactionsCodec(() => 2)
  const key = Buffer.from('0000000174', 'hex')
  const unknownState = Buffer.from(
    '0000 0000000000000001 0000 00000001 63 ffffffff 0000000000000000 0000000000000000'
      .replaceAll(' ', ''), 'hex')

  test.each([
    ['a key without its number', Buffer.from('00', 'hex'), null],
    ['a value without its number', key, Buffer.from('00', 'hex')],
    ['a state that nobody knows', key, unknownState],
  ])('%s is a decode error', (_what, of, value) => {
    expect(() => decode(of, value)).toThrow(DecodeError)
  })
})

describe('64-bit integers of batches', () => {
  test('end where the range does', () => {
    const bytes = Buffer.alloc(8)
    for (const [value, hex] of [
      [2 ** 63, '7fffffffffffffff'], [2 ** 64, '7fffffffffffffff'], [-1, 'ffffffffffffffff'],
      [-(2 ** 63), '8000000000000000'], [-(2 ** 64), '8000000000000000'],
      [2 ** 53, '0020000000000000'],
    ] as const) {
      writeInt64(bytes, value, 0)
      expect(bytes.toString('hex')).toBe(hex)
      expect(readInt64(bytes, 0)).toBe(Math.max(-(2 ** 63), Math.min(value, 2 ** 63)))
    }
  })

  test('so a mark of the highest producer id can be written (WriteTxnMarkers)', () => {
    const bytes = endMarkerBatch({
      type: 'COMMIT', baseOffset: 0, timestampMs: 0, producerId: 2 ** 63, producerEpoch: 0,
      coordinatorEpoch: 0, leaderEpoch: 0,
    })
    expect(new Batch(bytes).producerId).toBe(2 ** 63)
  })
})

describe('requests of many elements take time by their number, not by its square', () => {
  const many = 60_000

  test('AlterConfigs that names a resource again and again', () => {
    const resources = Array.from({ length: many }, (_, i) => (
      { resourceType: 2, resourceName: `topic-${i % (many / 2)}` }
    ))
    const startedMs = performance.now()
    const refused = refusals([...resources, { resourceType: 2, resourceName: 'once' }], () => {})
    expect(performance.now() - startedMs).toBeLessThan(5000)
    expect(refused.filter((error) => error === null)).toHaveLength(1)
    expect(refused.at(-1)).toBeNull()
  })

  test('commits of offsets, and what they are refused for', () => {
    const topicOf = (errorCode: number) => (_: unknown, i: number) => (
      { name: `topic-${i % 100}`, partitions: [{ partitionIndex: i, errorCode }] }
    )
    const refused = Array.from({ length: many }, topicOf(3))
    const startedMs = performance.now()
    const merged = mergedTopics(refused, Array.from({ length: many }, topicOf(0)))
    expect(performance.now() - startedMs).toBeLessThan(5000)
    expect(merged).toHaveLength(100)
    expect(merged[1]).toMatchObject({ name: 'topic-1' })
    const { partitions } = merged[1]!
    expect(partitions).toHaveLength(2 * many / 100)
    expect([partitions[0], partitions.at(-1)]).toEqual([
      { partitionIndex: 1, errorCode: 3 }, { partitionIndex: many - 99, errorCode: 0 },
    ])
    expect(mergedTopics([], refused)).toBe(refused)
  })
})

test('an error that is an answer carries no stack; one that is a bug does', () => {
  const answer = new ApiError(Errors.GROUP_ID_NOT_FOUND)
  expect([answer.name, answer.code, answer.message]).toEqual(['ApiError', 69, expect.any(String)])
  for (const error of [answer, new DecodeError('what'), new InvalidRecordError('why')]) {
    expect(error).toBeInstanceOf(Error)
    expect(error.stack).not.toMatch(/\n\s+at /)
  }
  expect(new Error('bug').stack).toMatch(/\n\s+at /)
})
