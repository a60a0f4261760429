// What fuzzing has found: each finding as the smallest bytes that show it.

import { describe, expect, test } from '@jest/globals'

import { groupsCodec } from '../../lib/coordinators/groups/records.ts'
import { DecodeError } from '../../protocol/compile.ts'
import { Batch } from '../../protocol/records/batch.ts'
import { endMarkerBatch } from '../../protocol/records/control.ts'
import { readInt64, writeInt64 } from '../../protocol/records/int64.ts'

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
