// What Apache Kafka 4.4.0 does with requests that are wrong, written down from a broker; rows of
// `connection-table.test.ts`.

import { encodeMessage } from '../../../protocol/compile.ts'
import { describeGroups } from '../../../protocol/messages/describe-groups.ts'
import { fetch } from '../../../protocol/messages/fetch.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'

/** What is seen: of an answer perhaps the error that is its first field. */
export type Seen = 'closed' | 'nothing' | 'answered' | { readonly error: number }

export type Row = readonly [what: string, bytes: Buffer, seen: Seen]

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** An int32, and so many bytes of the text. */
function frameOf(sizeBytes: number, rest: Buffer | string): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(sizeBytes)
  return Buffer.concat([size, Buffer.from(rest)])
}

function frame(...parts: readonly Buffer[]): Buffer {
  const whole = Buffer.concat(parts)
  return frameOf(whole.length, whole)
}

/** Key, version, correlation id 9, client `kdiff`, and tags: none, or as given. */
function header(key: number, version: number, tags = ''): Buffer {
  const start = Buffer.alloc(4)
  start.writeInt16BE(key, 0)
  start.writeInt16BE(version, 2)
  return Buffer.concat([start, hex('00000009 0005'), Buffer.from('kdiff'), hex(tags)])
}

const API_VERSIONS = 18
const METADATA = 3
const FIND_COORDINATOR = 10
const HEARTBEAT = 12

const sizes: readonly Row[] = [
  ['a size of −1', frameOf(-1, 'x'), 'closed'],
  ['the least size', frameOf(-(2 ** 31), 'x'), 'closed'],
  ['a size of 0', frameOf(0, ''), 'closed'],
  ['a size of 1', frameOf(1, 'x'), 'closed'],
  ['a size above socket.request.max.bytes', frameOf(104_857_601, 'x'), 'closed'],
  ['the largest size', frameOf(2 ** 31 - 1, 'x'), 'closed'],
  ['a request of HTTP', Buffer.from('GET / HTTP/1.0\r\n\r\n'), 'closed'],
  ['a hello of TLS', hex('16 0301 0005 01 000001 03'), 'closed'],
  ['half a frame', frameOf(100, 'only this much'), 'nothing'],
]

/** Not there, gone, or for controllers and other brokers. */
const UNSERVED_KEYS = [
  95, 1000, 32767, -1, 4, 5, 6, 7, 52, 53, 54, 56, 58, 59, 62, 63, 67, 70, 71, 72, 73, 82,
]

const headers: readonly Row[] = [
  ...UNSERVED_KEYS.map((key): Row => [`API ${key}`, frame(header(key, 0)), 'closed']),
  ['version 14 of Metadata', frame(header(METADATA, 14, '00'), hex('00000000')), 'closed'],
  ['version −1 of Metadata', frame(header(METADATA, -1), hex('00000000')), 'closed'],
  ['version 32767 of Metadata', frame(header(METADATA, 32767, '00'), hex('00000000')), 'closed'],
  ['version 3 of Fetch', frame(header(1, 3)), 'closed'],
  ['version 14 of Produce', frame(header(0, 14, '00')), 'closed'],
  ['version 2 of Produce, which is advertised', frame(header(0, 2), hex('ffff 00000064 00000000')),
    'closed'],
  ['version 6 of ApiVersions', frame(header(API_VERSIONS, 6, '00'), hex('020202 00')),
    { error: 35 }],
  ['version −1 of ApiVersions', frame(header(API_VERSIONS, -1)), { error: 35 }],
  ['version 99 of ApiVersions, with nothing behind', frame(header(API_VERSIONS, 99, '00')),
    { error: 35 }],
  ['a header cut short', frame(hex('000300')), 'closed'],
  ['a client id of null', frame(hex('0012 0000 00000009 ffff')), { error: 0 }],
  ['a client id of length −2', frame(hex('0012 0000 00000009 fffe')), { error: 0 }],
  ['a client id past the end', frame(hex('0012 0000 00000009 7fff')), 'closed'],
  ['a client id that is no UTF-8', frame(hex('0012 0000 00000009 0002 c328')),
    { error: 0 }],
  ['an unknown tag in the header',
    frame(header(API_VERSIONS, 4, '01 63 03 616263'), hex('02 78 02 31 00')), { error: 0 }],
  ['more tags in the header than bytes', frame(header(API_VERSIONS, 4, '09')), 'closed'],
  ['a negative number of tags in the header',
    frame(header(API_VERSIONS, 4, 'ffffffff0f'), hex('02 78 02 31 00')), 'closed'],
]

/** Metadata 9: topic, no creation, no operations, no tags; with another end where one is given. */
const metadataBody = (end = '00') => Buffer.concat([
  encodeMessage(metadata.request, 9, {
    topics: [{ name: 'nowhere' }], allowAutoTopicCreation: false,
  }).subarray(0, -1), hex(end),
])
const oldMetadataBody = encodeMessage(metadata.request, 8, {
  topics: [{ name: 'nowhere' }], allowAutoTopicCreation: false,
})
const metadata9 = (body: Buffer) => frame(header(METADATA, 9, '00'), body)
const metadata8 = (body: Buffer) => frame(header(METADATA, 8), body)

/** Of no bytes each, under the same tag. */
const manyTags = (count: number) => (
  `${(count % 128 + 128).toString(16)}${(count >> 7).toString(16)}${'6300'.repeat(count)}`
)

const bodies: readonly Row[] = [
  ['no body', metadata9(Buffer.alloc(0)), 'closed'],
  ['a body cut short', metadata9(metadataBody('')), 'closed'],
  ['one byte too many', metadata9(metadataBody('00 00')), 'answered'],
  ['a hundred bytes too many', metadata9(metadataBody('00'.repeat(101))), 'answered'],
  ['one byte too many, before tags were', metadata8(Buffer.concat([oldMetadataBody, hex('00')])),
    'answered'],
  ['an array past the end', metadata9(hex('ffffffff07 00')), 'closed'],
  ['an array past the end, before tags were', metadata8(hex('7fffffff 00')), 'closed'],
  ['an array of −2 where null may be', frame(header(METADATA, 7), hex('fffffffe 00')), 'answered'],
  ['an array of −2, and too few bytes', metadata8(hex('fffffffe 00')), 'closed'],
  ['null for a name', metadata8(hex('00000001 ffff 00 00 00')), 'closed'],
  ['a varint of ten bytes', metadata9(hex('ffffffffffffffffff 01')), 'closed'],
  ['zero as a varint of two bytes', metadata9(hex('8000 00 00 00 00')), 'answered'],
  ['2^32 − 1 as a varint: −2, and so null', metadata9(hex('ffffffff0f 00 00 00 00')), 'answered'],
  ['2^31 as a varint: wraps around to 2^31 − 1', metadata9(hex('8080808008 00 00 00 00')),
    'closed'],
  ['an unknown tag', metadata9(metadataBody('01 63 03 616263')), 'answered'],
  ['an unknown tag twice', metadata9(metadataBody('02 63 01 61 63 01 62')), 'answered'],
  ['tags out of order', metadata9(metadataBody('02 63 01 61 62 01 62')), 'answered'],
  ['a tag past the end', metadata9(metadataBody('01 63 09 61')), 'closed'],
  ['a tag of negative size', metadata9(metadataBody('01 63 ffffffff0f')), 'closed'],
  ['a negative number of tags', metadata9(metadataBody('ffffffff0f')), 'closed'],
  ['ten thousand tags', metadata9(metadataBody(manyTags(10_000))), 'answered'],
  ['ten thousand and one', metadata9(metadataBody(manyTags(10_001))), 'closed'],
  ['a million and one elements, of two bytes each',
    frame(header(15, 0), encodeMessage(describeGroups.request, 0, {
      groups: Array<string>(1_000_001).fill(''),
    })), 'closed'],
]

const fetchBody = (version: number, end: string) => frame(header(1, version, '00'), Buffer.concat([
  encodeMessage(fetch.request, version, {
    maxWaitMs: 0, minBytes: 0, topics: [], isolationLevel: 0, forgottenTopicsData: [],
  }).subarray(0, -1), hex(end),
]))

const fields: readonly Row[] = [
  ['null for a key, before tags were', frame(header(FIND_COORDINATOR, 0), hex('ffff')), 'closed'],
  ['null for a key', frame(header(FIND_COORDINATOR, 3, '00'), hex('00 00 00')), 'closed'],
  ['null for a list', frame(header(FIND_COORDINATOR, 4, '00'), hex('00 00 00')), 'closed'],
  ['null for a group', frame(header(HEARTBEAT, 4, '00'), hex('00 00000001 02 6d 00 00')), 'closed'],
  ['a group that is no UTF-8',
    frame(header(HEARTBEAT, 4, '00'), hex('03 c328 00000001 02 6d 00 00')), 'answered'],
  ['a string of 32768 bytes',
    frame(header(HEARTBEAT, 4, '00'), hex('818002'), Buffer.alloc(32_768, 'g'),
      hex('00000001 02 6d 00 00')), 'closed'],
  ['null for protocols', frame(header(11, 0), hex('0001 67 00002710 0000 0001 63 ffffffff')),
    'closed'],
  ['a known tag', fetchBody(12, '01 00 02 02 78'), 'answered'],
  ['a known tag under a wrong size', fetchBody(12, '01 00 7f 02 78'), 'answered'],
  ['a known tag that the version does not have', fetchBody(12, `01 01 0d ${'00'.repeat(13)}`),
    'closed'],
]

export const CONNECTION_TABLE: readonly Row[] = [...sizes, ...headers, ...bodies, ...fields]

/**
 * Metadata of a topic whose name fits into a request, but not into an answer: it holds a byte that
 * is no UTF-8, which becomes three. Kafka never answers it, and nothing that follows.
 */
export const TOO_LONG_TO_ANSWER = metadata8(Buffer.concat([
  hex('00000001 7fff'), Buffer.alloc(32_766, 'n'), hex('ff 00 00 00'),
]))
