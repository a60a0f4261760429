// `kafka-console-consumer`: writes out records as they come.

import { describe } from '../../client/configs.ts'
import type { Isolation } from '../../client/offsets.ts'
import { wholeNumber } from '../arguments.ts'
import { InterruptedError, UsageError } from '../exit.ts'
import type { OffsetSpec } from '../offset-spec.ts'
import { Reading } from '../reading.ts'
import type { PlacedRecord } from '../record-json.ts'
import { readyTopic } from './auto-topic.ts'
import { CONNECTION, type Given, takeProperties } from './options.ts'
import { tool } from './tool.ts'

const OPTIONS = {
  ...CONNECTION, 'consumer.config': 'value', topic: 'value', partition: 'value', offset: 'value',
  'from-beginning': 'flag', 'max-messages': 'value', 'timeout-ms': 'value', group: 'value',
  'isolation-level': 'value', 'consumer-property': 'list', 'command-property': 'list',
  property: 'list', 'formatter-property': 'list', 'formatter-config': 'value',
} as const
const OWN = ['auto.offset.reset', 'group.id', 'isolation.level'] as const
const PRINTS = [
  'print.timestamp', 'print.partition', 'print.offset', 'print.headers', 'print.key', 'print.value',
] as const
const FORMAT = [
  ...PRINTS, 'key.separator', 'line.separator', 'headers.separator', 'null.literal',
  'key.deserializer', 'value.deserializer',
] as const
/** Of strings and bytes alone: what they make of bytes is these bytes. */
const PLAIN_DESERIALIZER
  = /^org\.apache\.kafka\.common\.serialization\.(String|ByteArray)Deserializer$/

type Options = Given<typeof OPTIONS>
type Format = Partial<Record<(typeof FORMAT)[number], string>>

const isOwn = (name: string): boolean => (OWN as readonly string[]).includes(name)

function propertiesOf(given: Options): Map<string, string> {
  const file = given.oneOf(['consumer.config', 'command-config']) ?? 'command-config'
  return given.properties(file, 'consumer-property', 'command-property')
}

export const command = tool({
  options: OPTIONS,
  clientProperties: (given) => new Map([...propertiesOf(given)].filter(([name]) => !isOwn(name))),
  async run(given, session) {
    const topic = given.required('topic')
    const own = takeProperties(new Map([...propertiesOf(given)].filter(([n]) => isOwn(n))), OWN)
    const group = given.value('group') ?? own['group.id']
    const partition = given.number('partition')
    if (group !== undefined && partition !== undefined) {
      throw new UsageError('Options group and partition cannot be specified together.')
    }
    const from = beginningOf(given, own['auto.offset.reset'])
    const format = formatOf(given)
    const idleMs = given.number('timeout-ms', -Infinity) ?? -1
    await readyTopic(session.client, topic)
    const hasLogTime = format['print.timestamp'] !== undefined && (await describe(
      session.client, { type: 'topic', name: topic }, ['message.timestamp.type'],
    )).some(({ value }) => value === 'LogAppendTime')
    const reading = new Reading(session, {
      topics: [topic], from, until: undefined, follow: true,
      partitions: partition === undefined ? undefined : [partition],
      count: countOf(given), idleMs: idleMs < 0 ? undefined : idleMs,
      isolation: isolationOf(given.value('isolation-level') ?? own['isolation.level']),
      write: recordWriter(format, hasLogTime ? 'LogAppendTime' : 'CreateTime'),
    })
    // Asked for before the first wait: Ctrl-C ends it in order.
    session.watchForInterruption()
    try {
      if (group === undefined) await reading.run()
      else await reading.runAsMember(group)
    } finally {
      session.terminal.writeError(`Processed a total of ${reading.count} messages\n`)
    }
    if (session.isInterrupted) throw new InterruptedError()
  },
})

function countOf(given: Options): number {
  const count = given.number('max-messages', -1) ?? -1
  return count < 0 ? Infinity : count
}

function beginningOf(given: Options, reset: string | undefined): OffsetSpec {
  const isFromBeginning = given.has('from-beginning')
  const offset = given.value('offset')
  if (offset !== undefined && !given.has('partition')) {
    throw new UsageError('The partition is required when offset is specified.')
  }
  if (offset !== undefined && isFromBeginning) {
    throw new UsageError('Options from-beginning and offset cannot be specified together.')
  }
  if (isFromBeginning && reset !== undefined && reset !== 'earliest') {
    throw new UsageError(`Can't simultaneously specify --from-beginning and `
      + `'auto.offset.reset=${reset}', please remove one option`)
  }
  const asked = (offset ?? (isFromBeginning ? 'earliest' : reset ?? 'latest')).toLowerCase()
  if (asked === 'earliest') return { kind: 'beginning' }
  if (asked === 'latest') return { kind: 'end' }
  if (offset === undefined) throw new UsageError(`auto.offset.reset=${asked}: earliest or latest`)
  return { kind: 'offset', offset: wholeNumber('--offset', asked) }
}

function isolationOf(level = 'read_uncommitted'): Isolation {
  if (level === 'read_uncommitted' || level === 'read_committed') return level
  throw new UsageError(`--isolation-level ${level}: read_uncommitted or read_committed`)
}

function formatOf(given: Options): Format {
  const format: Format = takeProperties(
    given.properties('formatter-config', 'property', 'formatter-property'), FORMAT)
  for (const name of ['key.deserializer', 'value.deserializer'] as const) {
    if (PLAIN_DESERIALIZER.test(format[name] ?? 'org.apache.kafka.common.serialization.'
      + 'StringDeserializer')) continue
    throw new UsageError(`${name}=${format[name]}: Samsa writes bytes as they are`)
  }
  return format
}

/** As `DefaultMessageFormatter` writes a record. */
function recordWriter(format: Format, timeType: string): (record: PlacedRecord) => Buffer {
  const asked = PRINTS.filter((name) => (
    format[name]?.trim().toLowerCase() ?? String(name === 'print.value')) === 'true')
  const separator = Buffer.from(format['key.separator'] ?? '\t')
  const end = Buffer.from(format['line.separator'] ?? '\n')
  const between = Buffer.from(format['headers.separator'] ?? ',')
  const nothing = Buffer.from(format['null.literal'] ?? 'null')
  const headersOf = ({ headers }: PlacedRecord['record']): Buffer => headers.length === 0
    ? Buffer.from('NO_HEADERS')
    : joined(headers.map(({ key, value }) => (
      Buffer.concat([Buffer.from(`${key}:`), value ?? nothing]))), between)
  const field = ({ record, partition }: PlacedRecord, name: (typeof PRINTS)[number]): Buffer => {
    switch (name) {
      case 'print.timestamp': return Buffer.from(`${timeType}:${record.timestamp}`)
      case 'print.partition': return Buffer.from(`Partition:${partition}`)
      case 'print.offset': return Buffer.from(`Offset:${record.offset}`)
      case 'print.headers': return headersOf(record)
      case 'print.key': return record.key ?? nothing
      case 'print.value': return record.value ?? nothing
    }
  }
  return (placed) => Buffer.concat([
    joined(asked.map((name) => field(placed, name)), separator), ...asked.length === 0 ? [] : [end],
  ])
}

function joined(parts: readonly Buffer[], separator: Buffer): Buffer {
  return Buffer.concat(parts.flatMap((part, index) => index === 0 ? [part] : [separator, part]))
}
