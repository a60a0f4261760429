// Templates for records, in the letters that kcat has made known: `%t %p %o %k %s\n`.

import { bytesOfEscape } from './escapes.ts'
import { UsageError } from './exit.ts'
import type { PlacedRecord } from './record-json.ts'
import { shownTime } from './units.ts'

type Part = Buffer | ((record: PlacedRecord) => string | Buffer)

const NOTHING = Buffer.alloc(0)

const FIELDS: Readonly<Record<string, (record: PlacedRecord) => string | Buffer>> = {
  t: ({ topic }) => topic,
  p: ({ partition }) => String(partition),
  o: ({ record }) => String(record.offset),
  k: ({ record }) => record.key ?? NOTHING,
  K: ({ record }) => String(record.key?.length ?? -1),
  s: ({ record }) => record.value ?? NOTHING,
  S: ({ record }) => String(record.value?.length ?? -1),
  T: ({ record }) => String(record.timestamp),
  d: ({ record }) => shownTime(record.timestamp),
  h: ({ record }) => record.headers
    .map(({ key, value }) => `${key}=${value === null ? '' : value.toString()}`).join(','),
}

export const TEMPLATE_HELP = '%t topic, %p partition, %o offset, %k key, %s value, %h headers, '
  + '%T time in ms, %d time, %K and %S lengths, %% a percent sign; \\n \\t \\0 \\xHH'

/**
 * Reads a template; what it gives makes the bytes of a record. A line ends behind each record,
 * unless the template says itself where lines end.
 */
export function compileTemplate(text: string): (record: PlacedRecord) => Buffer {
  const parts: Part[] = []
  for (const [token] of text.matchAll(/%[\s\S]?|\\x[0-9a-fA-F]{2}|\\[\s\S]?|[^%\\]+/g)) {
    parts.push(partOf(token))
  }
  if (!text.includes('\\n') && !text.includes('\n')) parts.push(Buffer.from('\n'))
  return (record) => Buffer.concat(parts.map((part) => {
    const piece = typeof part === 'function' ? part(record) : part
    return typeof piece === 'string' ? Buffer.from(piece) : piece
  }))
}

function partOf(token: string): Part {
  if (token === '%%') return Buffer.from('%')
  const part = token.startsWith('%') ? FIELDS[token.slice(1)]
    : token.startsWith('\\') ? bytesOfEscape(token) : Buffer.from(token)
  if (part === undefined) throw new UsageError(`--format ${token}: there are ${TEMPLATE_HELP}`)
  return part
}
