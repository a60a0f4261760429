// `samsa produce`: records out of lines, JSON or files.

import type { Readable } from 'node:stream'
import type { Codec } from '../../protocol/records/compression.ts'
import type { HeaderToWrite, RecordToWrite } from '../../protocol/records/record-writer.ts'
import type { Client } from '../client/client.ts'
import { RefusedError, RefusedRecordError } from '../client/errors.ts'
import { type Acks, Producer } from '../client/producer.ts'
import { counted, pairList, wholeNumber } from './arguments.ts'
import { command } from './command.ts'
import { unescaped } from './escapes.ts'
import { CommandError, InterruptedError, UsageError } from './exit.ts'
import { inputsOf, piecesOf, wholeFile } from './input.ts'
import { unlessAborted } from './interruption.ts'
import { ACKS, PartitionPicker, withProducing } from './producing.ts'
import { Progress } from './progress.ts'
import { type ReadRecord, recordOfJson } from './record-json.ts'
import type { Session } from './session.ts'
import { count, shownSize } from './units.ts'

const INPUTS = ['lines', 'json', 'files'] as const
/** The clock is looked at after so many records. */
const LOOK_EVERY = 100

interface Options {
  readonly files: readonly string[]
  readonly input: (typeof INPUTS)[number]
  readonly key: string | undefined
  readonly keySeparator: string | undefined
  readonly header: readonly string[]
  readonly partition: number | undefined
  readonly delimiter: string
  readonly nullValues: boolean
  readonly keepPartitions: boolean
}

const produceRecords = command({
  usage: 'produce <topic> [files..]',
  describe: 'Write records: lines of standard input or of files',
  examples: [
    ['samsa produce orders < orders.txt', 'each line is a record'],
    ['samsa produce orders --key-separator :', 'lines of key:value'],
    ['samsa produce images *.png --input files', 'each file is a record'],
    ['samsa consume a --json | samsa produce b --input json', 'copies a topic'],
  ],
  options: (yargs) => withProducing(yargs
    .positional('topic', { type: 'string', demandOption: true, describe: 'Where to' })
    .positional('files', {
      type: 'string', array: true, default: [] as string[],
      describe: 'Files to read; standard input if left out, and for -',
    })
    .option('input', {
      choices: INPUTS, default: 'lines' as const,
      describe: 'What a record is: a line, a line of JSON as consume --json writes it, a file',
    })
    .option('key', { alias: 'k', type: 'string', describe: 'The key of all records' })
    .option('key-separator', {
      alias: 'K', type: 'string', describe: 'What stands between key and value in a line',
    })
    .option('header', {
      alias: 'H', type: 'string', array: true, default: [] as string[],
      describe: 'name=value, for all records; may be given again',
    })
    .option('partition', {
      alias: 'p', type: 'number',
      describe: "If left out: by the key's hash, as Java's clients, or any",
    }))
    .option('rate', { type: 'string', describe: 'At most so many records a second' })
    .option('delimiter', {
      alias: 'D', type: 'string', default: '\\n', describe: 'What ends a record, instead of \\n',
    })
    .option('keep-partitions', {
      type: 'boolean', default: false,
      describe: 'With --input json: into the partition that each record names',
    })
    .option('null-values', {
      alias: 'Z', type: 'boolean', default: false, describe: 'An empty value is null: a tombstone',
    }),
  run: (given, session) => run(given.topic, {
    ...given, acks: ACKS[given.acks],
    ratePerSecond: given.rate === undefined ? Infinity : count('--rate', given.rate),
  }, session),
})

async function run(
  topic: string, options: Options & { codec: Codec, acks: Acks, ratePerSecond: number },
  session: Session,
): Promise<void> {
  const { client, output, clock } = session
  const signal = session.watchForInterruption()
  check(options)
  if (options.ratePerSecond < 1) throw new UsageError('--rate 0: write a number of at least 1')
  const partitions = (await client.topic(topic)).partitions.length
  const delivered = new Map<number, Delivered>()
  let bytes = 0
  let records = 0
  const producer = new Producer(client, {
    acks: options.acks, codec: options.codec,
    onDelivered: ({ partition, count: taken, baseOffset }) => {
      const known = delivered.get(partition)
      delivered.set(partition, known === undefined
        ? { firstOffset: baseOffset, lastOffset: baseOffset + taken - 1, count: taken }
        : { ...known, lastOffset: baseOffset + taken - 1, count: known.count + taken })
    },
  })
  if (session.terminal.isInteractive && options.files.length === 0) {
    output.note('Each line is a record. Ctrl-D ends.')
  }
  const pick = new PartitionPicker(partitions, options.partition)
  const pace = new Pace(client, signal, options.ratePerSecond)
  const progress = new Progress(session)
  const startMs = clock.monotonicMs()
  try {
    const input = { stdin: session.terminal.stdin, signal }
    for await (const { partition, record } of recordsFrom(options, partitions, input)) {
      // What was read is sent, if that takes no time of its own.
      if (signal.aborted && options.ratePerSecond !== Infinity) break
      await pace.next()
      await producer.send({ topic, partition: pick.next(partition, record) }, record)
      records += 1
      bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0)
      if (records % LOOK_EVERY === 0) progress.tell(`${records} records, ${shownSize(bytes)}`)
    }
    await producer.flush()
  } catch (error) {
    // What was read before a line that cannot be is written all the same.
    if (error instanceof CommandError) await producer.flush()
    if (!(error instanceof RefusedError)) throw error
    const taken = [...delivered.values()].reduce((sum, one) => sum + one.count, 0)
    output.progressEnd()
    if (taken > 0) output.warning(`${counted(taken, 'record')} had been written before.`)
    const { line } = error instanceof RefusedRecordError
      ? error.record as InputRecord['record'] : {}
    throw line === undefined ? error
      : new RefusedError(error.code, `line ${line}, ${error.about}`, error.message)
  }
  output.progressEnd()
  const result = {
    topic, records, bytes,
    partitions: [...delivered].sort(([a], [b]) => a - b).map(([partition, one]) => (
      { partition, ...one }
    )),
  }
  if (output.isJson) output.show(result, () => {})
  else {
    const elapsedMs = Math.round(clock.monotonicMs() - startMs)
    output.note(`${counted(records, 'record')} written to ${topic} in ${elapsedMs} ms`)
  }
  if (signal.aborted) throw new InterruptedError()
}

interface Delivered {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly count: number
}

function check(options: Options): void {
  const { key, keySeparator, input, files, partition, delimiter } = options
  if (key !== undefined && keySeparator !== undefined) {
    throw new UsageError('--key and --key-separator both say what the key is')
  }
  if (keySeparator === '') throw new UsageError('--key-separator must not be empty')
  if (input !== 'lines' && keySeparator !== undefined) {
    throw new UsageError(`--key-separator is for lines, not for --input ${input}`)
  }
  if (options.keepPartitions && input !== 'json') {
    throw new UsageError(`--keep-partitions is for --input json, not for ${input}`)
  }
  if (input === 'files' && files.length === 0) {
    throw new UsageError('--input files: name the files')
  }
  if (partition !== undefined) wholeNumber('--partition', partition)
  if (delimiter === '') throw new UsageError('--delimiter must not be empty')
}

interface InputRecord extends ReadRecord {
  /** Of a line with its number, for those who have to be told of it. */
  readonly record: RecordToWrite & { readonly line?: number | undefined }
}

async function* recordsFrom(
  options: Options, partitions: number,
  { stdin, signal }: { readonly stdin: Readable, readonly signal: AbortSignal },
): AsyncGenerator<InputRecord> {
  const { key, keySeparator, nullValues, input, files } = options
  const headers: HeaderToWrite[] = pairList('--header', options.header)
    .map(([name, value]) => ({ key: name, value: Buffer.from(value) }))
  const fixedKey = key === undefined ? null : Buffer.from(key)
  const separator = keySeparator === undefined ? undefined : unescaped(keySeparator)
  const recordOf = (bytes: Buffer, line?: number): InputRecord['record'] => {
    const at = separator === undefined ? -1 : bytes.indexOf(separator)
    const ownKey = at < 0 ? fixedKey : bytes.subarray(0, at)
    const value = at < 0 ? bytes : bytes.subarray(at + separator!.length)
    return { key: ownKey, value: nullValues && value.length === 0 ? null : value, headers, line }
  }
  if (input === 'files') {
    for (const file of files) yield { partition: undefined, record: recordOf(wholeFile(file)) }
    return
  }
  const delimiter = unescaped(options.delimiter)
  let line = 0
  for await (const one of inputsOf(files, stdin)) {
    for await (const piece of piecesOf(one, delimiter, signal)) {
      line += 1
      if (input === 'lines') yield { partition: undefined, record: recordOf(piece, line) }
      else if (piece.length > 0) {
        const read = readJson(piece.toString(), line, { fixedKey, headers })
        const record = { ...read.record, line }
        if (!options.keepPartitions) yield { record, partition: undefined }
        else if ((read.partition ?? 0) < partitions) yield { ...read, record }
        else {
          throw new CommandError(`line ${line}: partition ${read.partition}: there are `
            + `${counted(partitions, 'partition')}; those before it are written`,
          'Without --keep-partitions the keys say which partition it is.')
        }
      }
    }
  }
}

function readJson(
  text: string, line: number,
  { fixedKey, headers }: { fixedKey: Buffer | null, headers: readonly HeaderToWrite[] },
): ReadRecord {
  try {
    const { partition, record } = recordOfJson(text)
    const all = [...record.headers ?? [], ...headers]
    return { partition, record: { ...record, key: record.key ?? fixedKey, headers: all } }
  } catch (error) {
    throw new CommandError(`line ${line}: ${(error as Error).message}; those before it are written`,
      'Each line is an object such as {"key": "a", "value": "b"}; consume --json writes them.')
  }
}

/** Not more than so many records a second. */
class Pace {
  readonly #client: Client
  readonly #signal: AbortSignal
  readonly #perSecond: number
  readonly #startMs: number
  #count = 0

  constructor(client: Client, signal: AbortSignal, perSecond: number) {
    this.#client = client
    this.#signal = signal
    this.#perSecond = perSecond
    this.#startMs = client.clock.monotonicMs()
  }

  async next(): Promise<void> {
    this.#count += 1
    if (this.#perSecond === Infinity) return
    const dueMs = this.#startMs + ((this.#count - 1) / this.#perSecond) * 1000
    const waitMs = dueMs - this.#client.clock.monotonicMs()
    if (waitMs <= 1) return
    await unlessAborted(this.#client.pause(waitMs), this.#signal)
  }
}

export const commands = [produceRecords]
