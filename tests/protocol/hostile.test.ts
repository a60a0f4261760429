// What bytes from a stranger may cost, where Kafka is strict, where it forgives, and what a decode
// error says of its place.

import { describe, expect, test } from '@jest/globals'

import { OUR_MESSAGES } from '../../compat/protocol/our-definitions.ts'
import {
  decodeMessage, DecodeError, decodeRequest, decodeResponse, encodeMessage, encodeRequest,
} from '../../protocol/compile.ts'
import { decodeRequestHeader } from '../../protocol/header.ts'
import { describeGroups } from '../../protocol/messages/describe-groups.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { ALL_APIS } from '../../protocol/messages/index.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import {
  array, bytes, Field, type FieldSpec, int32, message, type Message, type Shape, string, struct,
} from '../../protocol/schema.ts'
import { isThere } from './reference-codec.ts'

type AnyField = Field<unknown, unknown, boolean>
type Values = Record<string, unknown>

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** What reading it throws; fails where it throws nothing, or something else. */
function errorOf(read: () => unknown): DecodeError {
  try {
    read()
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
  throw new Error('it can be read')
}

function versionsOf({ versions: [lowest, highest] }: Message): number[] {
  return Array.from({ length: highest - lowest + 1 }, (_, i) => lowest + i)
}

/** The smallest value: null where that may be, else empty, else zero. */
function leastOf(spec: FieldSpec, version: number): unknown {
  if (spec.nullableSince !== undefined && version >= spec.nullableSince) return null
  switch (spec.kind) {
    case 'bool': return false
    case 'string': return ''
    case 'uuid': return 'AAAAAAAAAAAAAAAAAAAAAA'
    case 'bytes': case 'records': return Buffer.alloc(0)
    case 'array': return []
    case 'struct': return leastValues(spec.shape!, version)
    default: return 0
  }
}

function leastValues(shape: Shape, version: number): Values {
  return Object.fromEntries(Object.entries(shape)
    .filter(([, { spec }]) => isThere(spec, version))
    // A tagged field at its default is not written at all.
    .map(([name, { spec }]) => [name, spec.tag === undefined || spec.default === undefined
      ? leastOf(spec, version) : spec.default]))
}

describe('what a message costs', () => {
  /** Of one byte, as often as the largest frame has it: counts, lengths and nulls of all sorts. */
  const frame = Buffer.alloc(100 * 1024 * 1024)

  test.each([0, 1, 2, 3, 0x7f, 0x80, 0xff])('100 MB of the byte %i, as any request', (byte) => {
    frame.fill(byte)
    for (const { request } of ALL_APIS) {
      const beforeBytes = process.memoryUsage().heapUsed
      const started = process.cpuUsage()
      try {
        decodeMessage(request, request.versions[1], frame)
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
      }
      // Not by the clock: the machine may have much else to do.
      const workedMs = process.cpuUsage(started).user / 1000
      const grownBytes = process.memoryUsage().heapUsed - beforeBytes
      // A tenth of a second alone; here, with others beside it, and twice because of the error.
      expect([request.name, workedMs < 1000, grownBytes < 64e6])
        .toEqual([request.name, true, true])
    }
  })

  test('elements of one byte are not read beyond the budget of a request', () => {
    const groups = (count: number) => encodeMessage(describeGroups.request, 5, {
      groups: Array.from({ length: count }, () => ''), includeAuthorizedOperations: false,
    })
    const most = decodeMessage(describeGroups.request, 5, groups(199_000))
    expect(most.groups).toHaveLength(199_000)
    const tooMany = groups(500_000)
    const beforeBytes = process.memoryUsage().heapUsed
    expect(errorOf(() => decodeMessage(describeGroups.request, 5, tooMany)).message).toBe(
      'DescribeGroupsRequest version 5, groups, byte 0: an array of 500000 elements is too much')
    expect(process.memoryUsage().heapUsed - beforeBytes).toBeLessThan(16e6)
  })

  test('the budget is one for all arrays of a request', () => {
    const nested = message({
      name: 'Nested', versions: [0, 0], fields: { rows: array({ numbers: array(int32) }) },
    })
    const rows = (count: number) => encodeMessage(nested, 0, {
      rows: Array.from({ length: count }, () => ({ numbers: Array<number>(1000).fill(1) })),
    })
    expect(decodeMessage(nested, 0, rows(900)).rows).toHaveLength(900)
    expect(errorOf(() => decodeMessage(nested, 0, rows(1000))).place?.path)
      .toBe('rows[991].numbers')
  })

  test('an answer of another node may hold more', () => {
    const topics = Array.from({ length: 250_000 }, () => ({
      name: 't', topicId: undefined, partitions: [], errorCode: 0,
    }))
    const body = encodeMessage(metadata.response, 8, {
      brokers: [], controllerId: 1, topics, clusterId: null,
    })
    const answer = decodeResponse(metadata, 8, Buffer.concat([Buffer.alloc(4), body]))
    expect(answer.body.topics).toHaveLength(250_000)
    expect(() => decodeMessage(metadata.response, 8, body)).toThrow(DecodeError)
  })

  test('no description nests deeper than six arrays', () => {
    const depthOf = (shape: Shape): number => Math.max(0, ...Object.values(shape).map((field) => {
      let { spec } = field as AnyField
      let own = 0
      for (; spec.element !== undefined; spec = spec.element.spec) own += 1
      return own + (spec.shape === undefined ? 0 : depthOf(spec.shape))
    }))
    const depths = OUR_MESSAGES.map(({ message: { shape } }) => depthOf(shape))
    expect(Math.max(...depths)).toBeLessThanOrEqual(6)
    expect(depthOf(fetch.response.shape)).toBe(3)
  })
})

describe('every message in every version', () => {
  test('takes arrays of the smallest elements there are', () => {
    for (const { message: of } of OUR_MESSAGES) {
      for (const version of versionsOf(of)) {
        const values = leastValues(of.shape, version)
        for (const [name, { spec }] of Object.entries(of.shape) as [string, AnyField][]) {
          if (spec.kind !== 'array' || !isThere(spec, version)) continue
          const element = leastOf({ ...spec.element!.spec }, version)
          const written = encodeMessage(of, version, { ...values, [name]: [element, element] })
          const read = decodeMessage(of, version, written) as Values
          expect([of.name, version, name, (read[name] as unknown[]).length])
            .toEqual([of.name, version, name, 2])
        }
      }
    }
  })

  test('refuses null wherever it may not be, and says where', () => {
    let refusals = 0
    for (const { message: of } of OUR_MESSAGES) {
      const version = of.versions[1]
      for (const [lax, value, path] of withNulls(of.shape, version)) {
        const written = encodeMessage({ ...of, shape: lax }, version, value)
        const error = errorOf(() => decodeMessage(of, version, written))
        expect([of.name, error.place?.path, error.reason])
          .toEqual([of.name, path, 'null where a value must be'])
        refusals += 1
      }
    }
    expect(refusals).toBeGreaterThan(800)
  })
})

const NULLABLE_KINDS = ['string', 'bytes', 'records', 'array']

/**
 * For each field that may not be null: the shape in which it may, a value in which it is, and the
 * field's path.
 */
function withNulls(shape: Shape, version: number): [Shape, Values, string][] {
  const least = leastValues(shape, version)
  return (Object.entries(shape) as [string, AnyField][]).flatMap(([name, field]) => {
    const { spec } = field
    if (!isThere(spec, version) || spec.tag !== undefined) return []
    const inner = spec.shape ?? spec.element?.spec.shape
    const deeper: [Shape, Values, string][] = inner === undefined ? []
      : withNulls(inner, version).map(([lax, value, path]) => [
        { ...shape, [name]: spec.kind === 'array'
          ? new Field({ ...spec, element: new Field({ ...spec.element!.spec, shape: lax }) })
          : new Field({ ...spec, shape: lax }) },
        { ...least, [name]: spec.kind === 'array' ? [value] : value },
        `${name}${spec.kind === 'array' ? '[0]' : ''}.${path}`,
      ])
    const isNullable = spec.nullableSince !== undefined && version >= spec.nullableSince
    if (isNullable || !NULLABLE_KINDS.includes(spec.kind)) return deeper
    return [[{ ...shape, [name]: field.nullable() }, { ...least, [name]: null }, name], ...deeper]
  })
}

describe('a decode error says where', () => {
  const inner = { number: int32, content: bytes }
  const of = message({
    name: 'Sample', versions: [0, 1], flexibleSince: 1,
    fields: { text: string, parts: array(struct(inner)), extra: array(int32).since(1).tag(0) },
  })

  test.each([
    [0, '0001', 'Sample version 0, text, byte 0: 1 bytes are to come, and 0 are left'],
    [0, '0000 00000001 00000007 ffffffff',
      'Sample version 0, parts[0].content, byte 10: null where a value must be'],
    [0, '0000 00000002 00000007 00000000 00000007 000000',
      'Sample version 0, parts, byte 2: an array of 2 elements, and 15 bytes are left'],
    [1, '01 01 01 00 05 03 00000001 000000',
      'Sample version 1, extra, byte 5: an array of 2 elements, and 7 bytes are left'],
    [1, '01 01 ffffffff07',
      'Sample version 1, byte 2: 2147483647 tagged fields, and 0 bytes are left'],
    [1, '01 02 00000007 01 01 09 05 0000',
      'Sample version 1, parts[0], byte 7: 5 bytes are to come, and 2 are left'],
  ])('version %i, %s', (version, text, said) => {
    expect(errorOf(() => decodeMessage(of, version, hex(text))).message).toBe(said)
  })

  test('in a request, counted from the start of its frame', () => {
    const frame = Buffer.concat(encodeRequest(fetch, 13, 1, 'me', {
      maxWaitMs: 0, minBytes: 0, isolationLevel: 0, forgottenTopicsData: [],
      topics: [{ partitions: [{ partition: 1, fetchOffset: 0, partitionMaxBytes: 1 }] }],
    })).subarray(4)
    const { bodyOffset } = decodeRequestHeader(frame)
    const cut = frame.subarray(0, bodyOffset + 60)
    const { place } = errorOf(() => decodeRequest(fetch, 13, cut, bodyOffset))
    expect(place).toEqual({
      message: 'FetchRequest', version: 13, path: 'topics[0].partitions', offset: bodyOffset + 42,
    })
  })

  test.each([
    ['00', 'RequestHeader version 1, requestApiKey, byte 0: 2 bytes are to come, and 1 are left'],
    ['0003 0000 00000001', 'RequestHeader version 1, clientId, byte 8: '
      + '2 bytes are to come, and 0 are left'],
    ['0003 0009 00000001 0000 05',
      'RequestHeader version 2, byte 11: 5 tagged fields, and 0 bytes are left'],
  ])('in the header of a request: %s', (text, said) => {
    expect(errorOf(() => decodeRequestHeader(hex(text))).message).toBe(said)
  })

  test('in the header of a response', () => {
    expect(errorOf(() => decodeResponse(metadata, 9, hex('0000'))).message)
      .toBe('ResponseHeader version 1, correlationId, byte 0: 4 bytes are to come, and 2 are left')
  })

  test('for a version that the message does not have', () => {
    expect(errorOf(() => decodeMessage(of, 2, hex(''))).message).toBe('Sample has no version 2')
  })
})

describe('as lenient as Kafka', () => {
  const of = message({
    name: 'Lenient', versions: [0, 0], flexibleSince: 0,
    fields: {
      text: string.nullable(), numbers: array(int32).nullable(), extra: int32.tag(0).default(3),
    },
  })
  const read = (text: string) => decodeMessage(of, 0, hex(text))

  test('bytes that are no UTF-8 are replaced', () => {
    expect(read('03 c328 00 00').text).toBe('\ufffd(')
  })

  test('bytes after the message are left', () => {
    expect(read('00 00 00 ffff')).toEqual({ text: null, numbers: null, extra: 3 })
  })

  test('unknown tags may come in any order, and twice', () => {
    expect(read('00 00 04 09 00 05 01 ff 09 00 00 04 00000008').extra).toBe(8)
  })

  test('the size of a tagged field that is known is not looked at', () => {
    for (const size of ['00', '7f', 'ffffffff0f']) {
      expect(read(`00 00 01 00 ${size} 00000008`).extra).toBe(8)
    }
  })

  test('ten thousand tagged fields are read, one more is not', () => {
    const filled = (count: number) => Buffer.concat([
      hex('00 00'), Buffer.from([count % 128 + 128, count >> 7]),
      // Tag 9, of no bytes.
      Buffer.alloc(2 * count, Buffer.from([9, 0])),
    ])
    expect(decodeMessage(of, 0, filled(10_000)).extra).toBe(3)
    expect(errorOf(() => decodeMessage(of, 0, filled(10_001))).reason).toMatch(/^10001 tagged/)
  })

  test('a negative length is null where null may be, and the end of the range wraps around', () => {
    expect(read('ffffffff0f ffffffff0f 00')).toEqual({ text: null, numbers: null, extra: 3 })
    // 2^31 − 1 is −2^31 as it is read, and one less is 2^31 − 1 again.
    expect(errorOf(() => read('00 8080808008 00')).reason)
      .toBe('an array of 2147483647 elements, and 1 bytes are left')
    expect(errorOf(() => read('8080808008 00')).reason).toBe('a string of 2147483647 bytes')
  })

  test.each([
    ['a varint of six bytes', '80808080 8000 00 00'],
    ['a negative number of tagged fields', '00 00 ffffffff0f'],
    ['more tagged fields than bytes', '00 00 03 09 00'],
    ['an unknown tag of negative size', '00 00 01 09 ffffffff0f 00'],
    ['a string of 32768 bytes', `818002 ${'61'.repeat(32768)} 00 00`],
  ])('but not with %s', (_what, text) => {
    expect(() => read(text)).toThrow(DecodeError)
  })
})
