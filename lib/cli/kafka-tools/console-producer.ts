// `kafka-console-producer`: each line of standard input is a record.

import { CODECS, type Codec } from '../../../protocol/records/compression.ts'
import type { RecordToWrite } from '../../../protocol/records/record-writer.ts'
import { Producer } from '../../client/producer.ts'
import { wholeNumber } from '../arguments.ts'
import { CommandError, InterruptedError, UsageError } from '../exit.ts'
import { piecesOf } from '../input.ts'
import { ACKS, PartitionPicker } from '../producing.ts'
import { readyTopic } from './auto-topic.ts'
import { CONNECTION, type Given, takeProperties } from './options.ts'
import { tool } from './tool.ts'

const OPTIONS = {
  ...CONNECTION, 'producer.config': 'value', topic: 'value', sync: 'flag',
  'compression-codec': 'optional', 'request-required-acks': 'value', 'batch-size': 'value',
  timeout: 'value', 'producer-property': 'list', 'command-property': 'list', property: 'list',
  'reader-property': 'list', 'reader-config': 'value',
} as const
const OWN = ['acks', 'batch.size', 'compression.type', 'linger.ms'] as const
const READER = [
  'parse.key', 'key.separator', 'parse.headers', 'headers.delimiter', 'headers.separator',
  'headers.key.separator', 'ignore.error', 'null.marker',
] as const

type Options = Given<typeof OPTIONS>

const isOwn = (name: string): boolean => (OWN as readonly string[]).includes(name)

function propertiesOf(given: Options): Map<string, string> {
  const file = given.oneOf(['producer.config', 'command-config']) ?? 'command-config'
  return given.properties(file, 'producer-property', 'command-property')
}

export const command = tool({
  options: OPTIONS,
  clientProperties: (given) => new Map([...propertiesOf(given)].filter(([name]) => !isOwn(name))),
  async run(given, session) {
    const topic = given.required('topic')
    const readRecord = recordReader(given)
    const { client, terminal } = session
    const signal = session.watchForInterruption()
    const producer = new Producer(client, producerOptions(given))
    const { partitions } = await readyTopic(client, topic)
    const pick = new PartitionPicker(partitions.length, undefined)
    const prompt = (): void => { if (terminal.isInteractive) terminal.writeOut('>') }
    let line = 0
    prompt()
    try {
      for await (const piece of piecesOf(terminal.stdin, Buffer.from('\n'), signal)) {
        line += 1
        const record = readRecord(piece.toString(), line)
        await producer.send({ topic, partition: pick.next(undefined, record) }, record)
        if (given.has('sync')) await producer.flush()
        prompt()
      }
    } finally {
      // Also what stands before a line that cannot be read.
      await producer.flush()
    }
    if (signal.aborted) throw new InterruptedError()
  },
})

function producerOptions(given: Options) {
  const all = propertiesOf(given)
  const { acks = given.value('request-required-acks') ?? 'all', ...more } = takeProperties(
    new Map([...all].filter(([name]) => isOwn(name))), OWN)
  const codec = given.has('compression-codec')
    ? given.value('compression-codec') ?? 'gzip' : more['compression.type'] ?? 'none'
  const known = acks === '-1' ? 'all' : acks
  if (known !== 'all' && known !== '1' && known !== '0') {
    throw new UsageError(`acks=${acks}: write all, -1, 0 or 1`)
  }
  if (!CODECS.includes(codec as Codec)) {
    throw new UsageError(`--compression-codec ${codec}: there are ${CODECS.join(', ')}`)
  }
  const batchBytes = given.value('batch-size') ?? more['batch.size']
  const lingerMs = given.value('timeout') ?? more['linger.ms']
  return {
    acks: ACKS[known], codec: codec as Codec,
    ...batchBytes === undefined ? {} : { batchBytes: wholeNumber('batch.size', batchBytes, 1) },
    ...lingerMs === undefined ? {} : { lingerMs: wholeNumber('linger.ms', lingerMs) },
  }
}

/** As `LineMessageReader` reads a line: headers, key and value, with separators between them. */
function recordReader(given: Options): (text: string, line: number) => RecordToWrite {
  const own = takeProperties(
    given.properties('reader-config', 'property', 'reader-property'), READER)
  const isSet = (name: 'parse.key' | 'parse.headers' | 'ignore.error'): boolean => (
    own[name]?.trim().toLowerCase() === 'true')
  const marker = own['null.marker']
  const bytesOf = (text: string): Buffer | null => text === marker ? null : Buffer.from(text)
  const fail = (message: string): undefined => {
    if (!isSet('ignore.error')) throw new CommandError(message)
  }
  const headerSeparator = own['headers.separator'] ?? ','
  const headerKeySeparator = own['headers.key.separator'] ?? ':'
  const headersOf = (text: string, line: number) => text.split(headerSeparator).map((pair) => {
    const at = pair.indexOf(headerKeySeparator)
    if (at < 0) {
      fail(`No header key separator found in pair '${pair}' on line number ${line}`)
      return { key: pair, value: null }
    }
    return { key: pair.slice(0, at), value: bytesOf(pair.slice(at + headerKeySeparator.length)) }
  })
  return (text, line) => {
    let rest = text
    const cut = (isAsked: boolean, separator: string, name: string): string | undefined => {
      if (!isAsked) return undefined
      const at = rest.indexOf(separator)
      if (at < 0) return fail(`No ${name} found on line number ${line}: '${text}'`)
      const part = rest.slice(0, at)
      rest = rest.slice(at + separator.length)
      return part
    }
    const headers = cut(
      isSet('parse.headers'), own['headers.delimiter'] ?? '\t', 'headers delimiter')
    const key = cut(isSet('parse.key'), own['key.separator'] ?? '\t', 'key separator')
    return {
      key: key === undefined ? null : bytesOf(key), value: bytesOf(rest),
      headers: headers === undefined || headers === marker ? [] : headersOf(headers, line),
    }
  }
}
