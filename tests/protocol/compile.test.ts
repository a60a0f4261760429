// The compiled codecs: against the plain ones for every message, against bytes of a real broker,
// and against bytes that lie.

import { describe, expect, test } from '@jest/globals'

import { seeded } from '../../compat/harness/random.ts'
import { APIS } from '../../protocol/apis.ts'
import {
  decodeMessage, DecodeError, decodeResponse, encodeMessage, encodeRequest, encodeResponse,
} from '../../protocol/compile.ts'
import { decodeRequestHeader } from '../../protocol/header.ts'
import { joined } from '../../protocol/late-bytes.ts'
import { ALL_APIS } from '../../protocol/messages/index.ts'
import { apiVersions } from '../../protocol/messages/api-versions.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import { produce } from '../../protocol/messages/produce.ts'
import {
  array, bytes, int32, int64, message, string, struct, type Message,
} from '../../protocol/schema.ts'
import { asRead, randomValues, referenceEncode } from './reference-codec.ts'

function versionsOf({ versions: [lowest, highest] }: { versions: readonly [number, number] }) {
  return Array.from({ length: highest - lowest + 1 }, (_, i) => lowest + i)
}

describe('every message in every version', () => {
  const messages = ALL_APIS.flatMap((api) => [api.request, api.response])
  test.each(messages.map((of): [string, Message] => [of.name, of]))(
    '%s is written and read as the description says', (_name, of) => {
      const below = seeded(1)
      for (const version of versionsOf(of)) {
        for (let round = 0; round < 10; round++) {
          const values = randomValues(of.shape, version, below)
          const expected = referenceEncode(of, version, values)
          const written = encodeMessage(of, version, values as never)
          expect(written.toString('hex')).toBe(expected.toString('hex'))
          const surplus = Buffer.concat([Buffer.from([9]), written, Buffer.from([1, 2, 3])])
          expect(decodeMessage(of, version, surplus, 1)).toEqual(asRead(of.shape, version, values))
        }
      }
    },
  )

  test('the table of all APIs agrees with their descriptions', () => {
    const described = ALL_APIS.map(({ key, name, flexibleSince }) => ({ key, name, flexibleSince }))
    expect(APIS).toEqual(described)
    const keys = APIS.map(({ key }) => key)
    expect(keys).toEqual([...new Set(keys)].sort((a, b) => a - b))
  })

  test('cut short anywhere is an error, not a crash', () => {
    const below = seeded(2)
    for (const { request } of ALL_APIS) {
      const version = request.versions[1]
      const values = randomValues(request.shape, version, below)
      const written = encodeMessage(request, version, values as never)
      for (let length = 0; length < written.length; length += 1 + below(5)) {
        const cut = written.subarray(0, length)
        expect(() => decodeMessage(request, version, cut)).toThrow(DecodeError)
      }
    }
  })
})

describe('frames', () => {
  test('of a response as Apache Kafka 4.4 sends it', () => {
    // The answer of a broker to an ApiVersions request of version 99.
    const [frame] = encodeResponse(apiVersions, 0, 7, {
      errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 5 }],
    })
    expect(frame!.toString('hex')).toBe('0000001000000007002300000001001200000005')
    // Of version 3, tagged features and all (the list of APIs left out).
    const answer = joined(encodeResponse(apiVersions, 3, 7, {
      errorCode: 0, apiKeys: [],
      supportedFeatures: [{ name: 'metadata.version', minVersion: 7, maxVersion: 33 }],
      finalizedFeaturesEpoch: 42,
      finalizedFeatures: [{ name: 'group.version', maxVersionLevel: 1, minVersionLevel: 1 }],
    }))
    expect(answer.toString('hex', 4)).toBe('000000070000010000000003'
      + '001702116d657461646174612e76657273696f6e0007002100'
      + '0108000000000000002a' + '0214020e67726f75702e76657273696f6e0001000100')
  })

  test('of requests: header and body are found again', () => {
    for (const version of [8, 9, 13]) {
      const [frame] = encodeRequest(metadata, version, 77, 'me', { topics: null })
      const header = decodeRequestHeader(frame!.subarray(4))
      expect(frame!.readInt32BE(0)).toBe(frame!.length - 4)
      expect(header)
        .toMatchObject({ apiKey: 3, apiVersion: version, correlationId: 77, clientId: 'me' })
      const body = frame!.subarray(4 + header.bodyOffset)
      expect(decodeMessage(metadata.request, version, body).topics).toBeNull()
    }
  })

  test('carry records by reference', () => {
    const records = Buffer.from('pretend these are batches')
    const partition = (partitionIndex: number) => ({
      partitionIndex, errorCode: 0, highWatermark: 5, abortedTransactions: null, records,
    })
    const parts = encodeResponse(fetch, 12, 1, {
      errorCode: 0, responses: [{ topic: 't', partitions: [partition(0), partition(1)] }],
    })
    expect(parts.filter((part) => part === records)).toHaveLength(2)
    const frame = joined(parts)
    expect(frame.readInt32BE(0)).toBe(frame.length - 4)
    const { body } = decodeResponse(fetch, 12, frame.subarray(4))
    expect(body.responses[0]!.partitions.map((of) => of.records)).toEqual([records, records])
  })

  test('of requests give records as views of the frame', () => {
    const records = Buffer.from('batch')
    const frame = Buffer.concat(encodeRequest(produce, 9, 1, null, {
      acks: -1, timeoutMs: 1, topicData: [{ name: 't', partitionData: [{ index: 0, records }] }],
    }))
    const { bodyOffset } = decodeRequestHeader(frame.subarray(4))
    const body = decodeMessage(produce.request, 9, frame, bodyOffset + 4)
    const read = body.topicData[0]!.partitionData[0]!.records!
    expect(read.toString()).toBe('batch')
    expect(read.buffer).toBe(frame.buffer)
  })
})

describe('bytes that lie', () => {
  const old = message({
    name: 'Old', versions: [0, 1],
    fields: { names: array(string).nullable(1), parts: array(struct({ content: bytes })) },
  })
  const tagged = message({
    name: 'Tagged', versions: [0, 2], flexibleSince: 0,
    fields: { number: int32.since(1).tag(0).default(3), text: string.nullable() },
  })
  const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

  test.each([
    ['a count of two billion', '00000000 7fffffff'],
    ['a count that the bytes cannot hold', '00000000 00000002 00000000'],
    ['null where none may be', '00000000 ffffffff'],
    ['bytes of negative length', '00000000 00000001 fffffff0'],
    ['bytes beyond the end', '00000000 00000001 00000004 aabbcc'],
    ['a string of negative length', '00000001 ffff 00000000'],
  ])('%s', (_what, text) => {
    expect(() => decodeMessage(old, 0, hex(text))).toThrow(DecodeError)
  })

  test('what Kafka forgives is forgiven', () => {
    // A nullable array of length −2 is null.
    expect(decodeMessage(old, 1, hex('fffffffe 00000000')).names).toBeNull()
    // A varint zero in five bytes, and 2^32 − 1, which is −1 as Kafka reads it.
    expect(decodeMessage(tagged, 1, hex('ffffffff0f 00')).text).toBeNull()
    expect(decodeMessage(tagged, 1, hex('8080808000 00')).text).toBeNull()
    // A tag given twice: the later counts. Unknown tags pass.
    expect(decodeMessage(tagged, 1, hex('02 61 03 00 04 00000007 00 04 00000008 63 02 ffff')))
      .toEqual({ number: 8, text: 'a' })
  })

  test.each([
    ['a tag that only other versions have', 0, '00 01 00 04 00000007'],
    ['a tagged field beyond the end', 1, '00 01 05 04 000000'],
    ['more tags than sense', 1, '00 ffffffff07'],
    ['a varint without end', 1, 'ffffffffffff'],
  ])('%s', (_what, version, text) => {
    expect(() => decodeMessage(tagged, version, hex(text))).toThrow(DecodeError)
  })
})

describe('numbers', () => {
  const wide = message({ name: 'Wide', versions: [0, 0], fields: { values: array(int64) } })

  test('of 64 bits keep their value up to 2^53, and the ends of their range', () => {
    const values = [
      0, 1, -1, 2 ** 32, -(2 ** 32) - 1, 2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 63, -(2 ** 63),
    ]
    const written = encodeMessage(wide, 0, { values })
    expect(decodeMessage(wide, 0, written)).toEqual({ values })
    expect(written.toString('hex', 4 + 7 * 8)).toBe('7fffffffffffffff8000000000000000')
  })
})
