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

/** Throws an Error that says what is wrong with it. */
export function recordOfJson(line: string): ReadRecord {
  const object = objectIn(line)
  const { partition, timestamp, headers = [] } = object
  for (const [name, number] of Object.entries({ partition, timestamp })) {
    if (number !== undefined && !Number.isSafeInteger(number)) {
      throw new Error(`${name} must be a whole number`)
    }
  }
  const pairs = Array.isArray(headers) ? headers as unknown[]
    : Object.entries(headers as object).map(([key, value]) => ({ key, value: value as unknown }))
  return {
    partition: partition as number | undefined,
    record: {
      key: bytesIn(object, 'key'), value: bytesIn(object, 'value'),
      ...timestamp === undefined ? {} : { timestamp: timestamp as number },
      headers: pairs.map((pair) => {
        const header = pair as { [name: string]: unknown }
        if (typeof header['key'] !== 'string') throw new Error('each header must have a key')
        return { key: header['key'], value: bytesIn(header, 'value') }
      }),
    },
  }
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
  if (typeof encoded === 'string') return Buffer.from(encoded, 'base64')
  const value = object[name]
  if (value === undefined || value === null) return null
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}
