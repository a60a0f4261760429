// Records as JSON, one a line: what `consume --json` writes and `produce --input json` reads. Bytes
// that are no UTF-8 are written in base 64, under another name.

import type { Record } from '../../protocol/records/record.ts'
import type { RecordToWrite } from '../../protocol/records/record-writer.ts'
import type { TopicPartition } from '../client/client.ts'

export interface PlacedRecord extends TopicPartition {
  readonly record: Record
}

export function recordJson({ topic, partition, record }: PlacedRecord): string {
  const { offset, timestamp, key, value, headers } = record
  return JSON.stringify({
    topic, partition, offset, timestamp, ...named('key', key), ...named('value', value),
    ...headers.length === 0 ? {} : {
      headers: headers.map((header) => ({ key: header.key, ...named('value', header.value) })),
    },
  })
}

export function named(name: string, bytes: Buffer | null): { [name: string]: string | null } {
  if (bytes === null) return { [name]: null }
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes)
    ? { [name]: text } : { [`${name}Base64`]: bytes.toString('base64') }
}

export interface ReadRecord {
  readonly partition: number | undefined
  readonly record: RecordToWrite
}

/** What `recordJson` writes; topic and offset are for those who read it. */
const FIELDS = [
  'topic', 'partition', 'offset', 'timestamp', 'key', 'keyBase64', 'value', 'valueBase64',
  'headers',
]
const HEADER_FIELDS = ['key', 'value', 'valueBase64']

/** Throws an Error that says what is wrong with it. */
export function recordOfJson(line: string): ReadRecord {
  const object = objectIn(line)
  checkFields('a record', object, FIELDS)
  const partition = numberIn(object, 'partition', 0)
  // −1 is Kafka's word for a record without a time.
  const timestamp = numberIn(object, 'timestamp', -1)
  const pairs = headersIn(object)
  return {
    partition,
    record: {
      key: bytesIn(object, 'key'), value: bytesIn(object, 'value'),
      ...timestamp === undefined || timestamp < 0 ? {} : { timestamp },
      headers: pairs.map((pair) => {
        const header = (pair ?? {}) as { [name: string]: unknown }
        checkFields('a header', header, HEADER_FIELDS)
        if (typeof header['key'] !== 'string') throw new Error('each header must have a key')
        return { key: header['key'], value: bytesIn(header, 'value') }
      }),
    },
  }
}

/** A value under a misspelt name would be a record without a value: a tombstone. */
function checkFields(what: string, object: object, known: readonly string[]): void {
  const unknown = Object.keys(object).find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new Error(`${what} has no field ${unknown}, but ${known.join(', ')}`)
}

function numberIn(
  object: { [name: string]: unknown }, name: string, least: number,
): number | undefined {
  const value = object[name]
  if (value === undefined) return undefined
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number
  throw new Error(`${name} must be a whole number of at least ${least}`)
}

/** A list of keys and values, or an object of them; none if it is null or left out. */
function headersIn({ headers }: { [name: string]: unknown }): readonly unknown[] {
  if (headers === undefined || headers === null) return []
  if (Array.isArray(headers)) return headers
  if (typeof headers !== 'object') throw new Error('headers must be a list or an object')
  return Object.entries(headers).map(([key, value]) => ({ key, value: value as unknown }))
}

function objectIn(line: string): { [name: string]: unknown } {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new Error('it is no JSON')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as { [name: string]: unknown }
  }
  throw new Error('it is no JSON object')
}

/** Text as it is; other values as the JSON of themselves. */
function bytesIn(object: { [name: string]: unknown }, name: string): Buffer | null {
  const encoded = object[`${name}Base64`]
  if (encoded !== undefined && encoded !== null) {
    const bytes = typeof encoded === 'string' ? Buffer.from(encoded, 'base64') : undefined
    if (bytes !== undefined && bytes.toString('base64') === encoded) return bytes
    throw new Error(`${name}Base64 is no base 64`)
  }
  const value = object[name]
  if (value === undefined || value === null) return null
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}
