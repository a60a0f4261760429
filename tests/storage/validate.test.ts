// What a log refuses, and with which of Kafka's errors; and what it makes of what it takes.

import { describe, expect, test } from '@jest/globals'

import { ApiError, Errors } from '../../protocol/errors.ts'
import { Batch, buildBatch, type BatchToBuild } from '../../protocol/records/batch.ts'
import { crc32c } from '../../protocol/records/crc32c.ts'
import { recordsOf } from '../../protocol/records/record.ts'
import { parseLogConfig } from '../../storage/config.ts'
import type { AppendOptions, Log } from '../../storage/log.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { RecordValidationError } from '../../storage/validate.ts'
import { append, batchOf, openLog } from './harness.ts'

const NOW_MS = 1_700_000_000_000
const NAME = 'topic-0'

function logWith(configs: Record<string, string> = {}): Log {
  return openLog(new MemoryDisk(), { config: parseLogConfig(new Map(Object.entries(configs))) })
}

function failureOf(work: () => unknown): ApiError {
  try {
    work()
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

function refusal(
  log: Log, bytes: Buffer, options: Partial<AppendOptions> = {},
): [code: number, message: string] {
  const { endOffset } = log
  const { code, message } = failureOf(() => log.append(bytes, {
    leaderEpoch: 0, nowMs: NOW_MS, origin: 'client', ...options,
  }))
  expect(log.endOffset).toBe(endOffset)
  return [code, message]
}

/** The batch with bytes changed, and a checksum that agrees. */
function patched(bytes: Buffer, change: (bytes: Buffer) => void): Buffer {
  change(bytes)
  bytes.writeUInt32BE(crc32c(bytes, 21), 17)
  return bytes
}

function batch(values: string[] = ['a'], more: Partial<BatchToBuild> = {}): Buffer {
  return batchOf(values, { timestampMs: NOW_MS, ...more })
}

describe('a batch is refused', () => {
  test.each<[string, () => Buffer, keyof typeof Errors, string]>([
    ['with a wrong checksum', () => {
      const bytes = batch()
      bytes[65]! ^= 1
      return bytes
    }, 'CORRUPT_MESSAGE', `Record is corrupt (stored crc = ${new Batch(batch()).crc}) in topic `
      + `partition ${NAME}.`],
    ['with a base offset', () => batch(['a'], { baseOffset: 5 }), 'INVALID_RECORD',
      `The baseOffset of the record batch in the append to ${NAME} should be 0, but it is 5`],
    ['of an unknown format', () => {
      const bytes = batch()
      bytes[16] = 3
      return bytes
    }, 'CORRUPT_MESSAGE', 'Invalid magic found in record: 3'],
    ['that is shorter than any', () => {
      const bytes = batch()
      bytes.writeInt32BE(13, 8)
      return bytes
    }, 'CORRUPT_MESSAGE', 'Record size 13 is less than the minimum record overhead (14)'],
    ['beside another one', () => Buffer.concat([batch(), batch()]), 'INVALID_RECORD',
      'Compressed outer record has more than one batch'],
    ['with other offsets than records',
      () => patched(batch(['a', 'b']), (bytes) => bytes.writeInt32BE(4, 23)), 'INVALID_RECORD',
      `Inconsistent batch offset range [0, 4] and count of records 2 in topic partition ${NAME}`],
    ['with offsets that go back',
      () => patched(batch(), (bytes) => bytes.writeInt32BE(-2, 23)), 'INVALID_RECORD',
      `Batch has an invalid offset range: [0, -2] in topic partition ${NAME}`],
    ['without records', () => patched(batch(), (bytes) => bytes.writeInt32BE(0, 57)),
      'INVALID_RECORD', `Invalid reported count for record batch: 0 in topic partition ${NAME}`],
    ['with control records', () => batch(['a'], { isControl: true }), 'INVALID_RECORD',
      `Clients are not allowed to write control records in topic partition ${NAME}`],
    ['with a producer but no sequence', () => batch(['a'], { producerId: 3, producerEpoch: 0 }),
      'INVALID_RECORD', 'Invalid sequence number -1 in record batch with producerId 3 in topic '
        + `partition ${NAME}`],
  ])('%s', (_what, make, code, message) => {
    expect(refusal(logWith(), make())).toEqual([Errors[code], message])
  })

  test('that is too large', () => {
    const bytes = batch(['a'.repeat(1000)])
    const log = logWith({ 'max.message.bytes': '1000' })
    expect(refusal(log, bytes)).toEqual([Errors.MESSAGE_TOO_LARGE,
      `The record batch size in the append to ${NAME} is ${bytes.length} bytes which exceeds the `
      + 'maximum configured value of 1000).'])
    expect(refusal(log, bytes, { origin: 'coordinator' })[0]).toBe(Errors.MESSAGE_TOO_LARGE)
    log.append(bytes, { leaderEpoch: 3, nowMs: NOW_MS, origin: 'replica' })
    expect(log.endOffset).toBe(1)
  })

  test('that no segment can hold', () => {
    const log = logWith({ 'internal.segment.bytes': '200' })
    expect(refusal(log, batch(['a'.repeat(300)]))[0]).toBe(Errors.RECORD_LIST_TOO_LARGE)
  })

  test('of records that are too large, uncompressed', () => {
    const bytes = batch(['a'.repeat(1000)], { codec: 'gzip' })
    expect(refusal(logWith({ 'max.decompressed.message.bytes': '500' }), bytes)[0])
      .toBe(Errors.INVALID_RECORD)
  })

  test('that says it was made in another epoch, by the leader of the quorum', () => {
    const bytes = batch(['a'], { leaderEpoch: 4 })
    expect(refusal(logWith(), bytes, { origin: 'controller', leaderEpoch: 5 })).toEqual([
      Errors.INVALID_RECORD, 'Append from Raft leader did not set the batch epoch correctly, '
        + 'expected 5 but the batch has 4'])
  })

  test('whose records do not fill it', () => {
    const bytes = patched(batch(['abc']), (one) => { one[61]! -= 2 })
    expect(refusal(logWith(), bytes)[0]).toBe(Errors.INVALID_RECORD)
  })
})

describe('records are refused', () => {
  function errorsOf(log: Log, bytes: Buffer): RecordValidationError {
    const error = failureOf(() => (
      log.append(bytes, { leaderEpoch: 0, nowMs: NOW_MS, origin: 'client' })
    ))
    expect(error).toBeInstanceOf(RecordValidationError)
    return error as RecordValidationError
  }

  test('without keys in a compacted topic, each with its place', () => {
    const records = [null, 'k', null].map((key) => ({
      key: key === null ? null : Buffer.from(key), value: Buffer.from('v'), headers: [],
    }))
    const bytes = buildBatch({ records, timestampMs: NOW_MS })
    const log = logWith({ 'cleanup.policy': 'compact' })
    const { code, recordErrors, message } = errorsOf(log, bytes)
    expect(code).toBe(Errors.INVALID_RECORD)
    expect(recordErrors).toEqual([0, 2].map((batchIndex) => ({
      batchIndex, batchIndexErrorMessage:
        `Compacted topic cannot accept message without key in topic partition ${NAME}`,
    })))
    expect(message).toContain('due to 2 record errors in total, and only showing the first three')
  })

  test('of which not more are told than anybody reads', () => {
    const records = Array.from({ length: 10_002 }, () => ({ key: null, value: null, headers: [] }))
    const bytes = buildBatch({ records, timestampMs: NOW_MS })
    const { recordErrors, message } = errorsOf(logWith({ 'cleanup.policy': 'compact' }), bytes)
    expect(recordErrors).toHaveLength(10_000)
    expect(message).toContain('due to 10002 record errors in total')
  })

  test.each([
    ['too far ahead', NOW_MS + 3_600_001, '1000'], ['too old', NOW_MS - 1001, '1000'],
  ])('%s', (_what, timestampMs, before) => {
    const log = logWith({ 'message.timestamp.before.max.ms': before })
    const { code, message, recordErrors } = errorsOf(log, batch(['a'], { timestampMs }))
    expect(code).toBe(Errors.INVALID_TIMESTAMP)
    expect(message).toBe('One or more records have been rejected due to invalid timestamp')
    expect(recordErrors[0]?.batchIndexErrorMessage).toBe(
      `Timestamp ${timestampMs} of message with offset 0 is out of range. The timestamp should be `
      + `within [${NOW_MS - 1000}, ${NOW_MS + 3_600_000}]`)
  })

  test('with the bounds that Kafka prints where there are none', () => {
    const { recordErrors } = errorsOf(logWith(), batch(['a'], { timestampMs: NOW_MS * 2 }))
    expect(recordErrors[0]?.batchIndexErrorMessage).toContain('[-9223370336854775807, ')
  })

  test('that claim to have the time of their arrival', () => {
    const bytes = batch(['a'], { timestampType: 'LogAppendTime' })
    const taken = logWith()
    // With CreateTime a sound time passes, whoever is said to have set it.
    append(taken, ['a'], { timestampType: 'LogAppendTime' })
    const { code } = errorsOf(logWith({ 'message.timestamp.type': 'LogAppendTime' }), bytes)
    expect(code).toBe(Errors.INVALID_TIMESTAMP)
  })
})

describe('a batch that is taken', () => {
  const options = { leaderEpoch: 7, nowMs: NOW_MS, origin: 'client' } as const

  test('stays as it came, but for its offset and epoch', () => {
    const log = logWith()
    append(log, ['x'])
    const bytes = batch(['a', 'b'])
    const before = Buffer.from(bytes)
    log.append(bytes, options)
    log.flush()
    const { records } = log.read(1, 10_000, { maxOffset: 3, minOneBatch: true })
    const found = new Batch(records)
    expect([found.baseOffset, found.leaderEpoch, found.isCrcValid()]).toEqual([1, 7, true])
    expect(records.subarray(16)).toEqual(before.subarray(16))
  })

  test('gets the largest timestamp that its records have', () => {
    const log = logWith()
    const bytes = patched(batch(['a']), (one) => one.writeBigInt64BE(1n, 35))
    expect(log.append(bytes, options).maxTimestamp).toBe(NOW_MS)
    expect(new Batch(bytes).isCrcValid()).toBe(true)
  })

  test('gets the time of its arrival where the topic says so', () => {
    const log = logWith({ 'message.timestamp.type': 'LogAppendTime' })
    expect(log.append(batch(['a'], { timestampMs: 1 }), options))
      .toMatchObject({ logAppendTimeMs: NOW_MS, maxTimestamp: NOW_MS })
    const [found] = [...log.batches(0)]
    expect([found?.timestampType, found?.isCrcValid()]).toEqual(['LogAppendTime', true])
    expect([...recordsOf(found!)][0]?.timestamp).toBe(NOW_MS)
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd', 'uncompressed'] as const)(
    'is compressed with %s where the topic says so', (codec) => {
      const log = logWith({ 'compression.type': codec })
      const producer = { producerId: 5, producerEpoch: 1, baseSequence: 3 }
      append(log, ['x'])
      const values = Array.from({ length: 50 }, (_, i) => `value ${i}`)
      log.append(batch(values, { codec: codec === 'gzip' ? 'lz4' : 'gzip', ...producer }), options)
      const [found] = [...log.batches(1)]
      expect(found).toMatchObject({
        codec: codec === 'uncompressed' ? 'none' : codec, baseOffset: 1, lastOffset: 50,
        leaderEpoch: 7, ...producer,
      })
      expect(found?.isCrcValid()).toBe(true)
      expect([...recordsOf(found!)].map(({ value }) => String(value))).toEqual(values)
    })

  test('is built again when its compressed records have odd offsets', () => {
    const records = [0, 0].map((offsetDelta) => ({
      key: null, value: Buffer.from('v'), headers: [], offsetDelta,
    }))
    const bytes = buildBatch({ records, codec: 'gzip', lastOffsetDelta: 1, timestampMs: NOW_MS })
    const log = logWith()
    log.append(bytes, options)
    const [found] = [...log.batches(0)]
    expect([...recordsOf(found!)].map(({ offset }) => offset)).toEqual([0, 1])
  })

  test.each(['gzip', 'zstd'] as const)('is built again as it was, but for offsets: %s', (codec) => {
    const records = Array.from({ length: 300 }, (_, i) => ({
      key: i % 3 === 0 ? null : Buffer.alloc(i, i), value: i % 5 === 0 ? null : Buffer.alloc(i, 7),
      headers: i % 7 === 0 ? [{ key: `h${i}`, value: null }, { key: 'ü', value: null }] : [],
      offsetDelta: i === 299 ? 299 : 5_000 + i, timestamp: NOW_MS + (i * 7919) % 1000 - 500,
    }))
    const maxTimestamp = Math.max(...records.map(({ timestamp }) => timestamp))
    const producer = { producerId: 5, producerEpoch: 1, baseSequence: 3 }
    const bytes = buildBatch({ records, codec: 'lz4', lastOffsetDelta: 299, ...producer })
    const log = logWith({ 'compression.type': codec })
    append(log, ['x'])
    expect(log.append(bytes, options))
      .toMatchObject({ firstOffset: 1, lastOffset: 300, maxTimestamp })
    const [found] = [...log.batches(1)]
    expect(found).toMatchObject({
      codec, count: 300, baseTimestamp: NOW_MS - 500, maxTimestamp, leaderEpoch: 7,
      ...producer,
    })
    expect(found?.isCrcValid()).toBe(true)
    expect([...recordsOf(found!)]).toEqual(records.map(({ offsetDelta: _, ...record }, i) => (
      { ...record, offset: 1 + i })))
  })

  test('is told from one that is sent again by its time too', () => {
    const log = logWith()
    const again = () => batch(['a'], { producerId: 1, producerEpoch: 0, baseSequence: 0 })
    expect(log.append(again(), options)).toMatchObject({ logAppendTimeMs: -1, duplicate: false })
    expect(log.append(again(), options))
      .toMatchObject({ logAppendTimeMs: NOW_MS, duplicate: true, firstOffset: 0, lastOffset: 0 })
  })
})

describe('a follower', () => {
  const options = { nowMs: NOW_MS, origin: 'replica' } as const

  test('takes nothing from a leader that it does not follow yet', () => {
    const log = logWith()
    const batches = [2, 2, 3].map((leaderEpoch, i) => (
      batch(['a'], { baseOffset: i, leaderEpoch })
    ))
    expect(log.append(Buffer.concat(batches), { ...options, leaderEpoch: 2 }))
      .toMatchObject({ firstOffset: 0, lastOffset: 1 })
    expect(log.append(batches[2]!, { ...options, leaderEpoch: 2 }))
      .toMatchObject({ firstOffset: -1, sizeBytes: 0 })
    expect([log.endOffset, log.latestEpoch]).toEqual([2, 2])
  })

  test('takes what was compacted, with its gaps, but nothing twice', () => {
    const log = logWith()
    const of = (baseOffset: number) => batch(['a'], { baseOffset, leaderEpoch: 0 })
    log.append(Buffer.concat([of(3), of(8)]), { ...options, leaderEpoch: 0 })
    expect(log.endOffset).toBe(9)
    expect(() => log.append(of(8), { ...options, leaderEpoch: 0 })).toThrow('cannot follow')
  })

  test('takes a batch that is larger than a segment, and offsets far away', () => {
    const log = logWith({ 'internal.segment.bytes': '200' })
    const far = 2 ** 40
    for (const baseOffset of [0, 1, far, far + 1]) {
      const bytes = batch(['a'.repeat(300)], { baseOffset, leaderEpoch: 0 })
      log.append(bytes, { ...options, leaderEpoch: 0 })
    }
    log.flush()
    expect(log.segmentCount).toBe(4)
    expect([...log.batches(0)].map(({ baseOffset }) => baseOffset)).toEqual([0, 1, far, far + 1])
  })
})
