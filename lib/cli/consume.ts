// `samsa consume`: records from the beginning, an offset, a time, or for a group.

import { type Client, partitionKey, type TopicPartition } from '../client/client.ts'
import { Fetcher, type Fetched } from '../client/fetcher.ts'
import { committedOffsets } from '../client/group-offsets.ts'
import { Member } from '../client/member.ts'
import { type Ends, endsOf, type Isolation } from '../client/offsets.ts'
import { counted, partitionList, PARTITIONS, partitionsOf, wholeNumber } from './arguments.ts'
import { command } from './command.ts'
import { InterruptedError, UsageError } from './exit.ts'
import { unlessAborted } from './interruption.ts'
import { OFFSET_HELP, type OffsetSpec, parseOffset, resolveOffsets } from './offset-spec.ts'
import { type PlacedRecord, recordJson } from './record-json.ts'
import type { Session } from './session.ts'
import { compileTemplate, TEMPLATE_HELP } from './template.ts'

const CHUNK_BYTES = 64 * 1024
/** How often a group's offsets are committed while it reads. */
const COMMIT_EVERY_MS = 5000

const consumeRecords = command({
  usage: 'consume <topics..>',
  describe: 'Read records, to the end of the topic or on and on',
  examples: [
    ['samsa consume orders', 'all there are, one value a line'],
    ['samsa consume orders --from end --follow', 'those that come'],
    ['samsa consume orders --from 1h --json', 'those of the last hour, as JSON'],
    ["samsa consume orders --format '%p %o %k %s'", 'in a form of your own'],
    ['samsa consume orders --group billing', 'what the group has not read yet'],
  ],
  options: (yargs) => yargs
    .positional('topics', { type: 'string', array: true, demandOption: true, describe: 'Which' })
    .option('from', {
      alias: 'o', type: 'string', default: 'beginning',
      describe: `Where to begin: ${OFFSET_HELP}`,
    })
    .option('until', {
      alias: 'u', type: 'string',
      describe: 'Where to end, written alike; the end as it is now if left out',
    })
    .option('partition', PARTITIONS)
    .option('count', { alias: 'n', type: 'number', describe: 'So many records, and no more' })
    .option('follow', {
      alias: 'f', type: 'boolean', default: false, describe: 'Wait for more until Ctrl-C',
    })
    .option('group', {
      alias: 'g', type: 'string', describe: 'Read as a member of the group, and commit',
    })
    .option('format', {
      alias: 'F', type: 'string', describe: `What is written of a record: ${TEMPLATE_HELP}`,
    })
    .option('uncommitted', {
      type: 'boolean', default: false,
      describe: 'Records of transactions that are open or were aborted as well',
    }),
  async run(given, session) {
    const { from, until, partition, count, follow, group, format, uncommitted } = given
    if (count !== undefined) wholeNumber('--count', count, 1)
    if (follow && until !== undefined) {
      throw new UsageError('--follow and --until do not go together')
    }
    if (group !== undefined && (partition !== undefined || until !== undefined)) {
      throw new UsageError('a --group shares the partitions itself, and reads to the end: '
        + 'leave --partition and --until out')
    }
    if (format !== undefined && given.json) {
      throw new UsageError('--format and --json do not go together')
    }
    const nowMs = session.clock.nowMs()
    const reading = new Reading(session, {
      topics: [...new Set(given.topics)],
      from: parseOffset('--from', from, nowMs),
      until: until === undefined ? undefined : parseOffset('--until', until, nowMs),
      partitions: partition === undefined ? undefined : partitionList('--partition', partition),
      count: count ?? Infinity, follow,
      isolation: uncommitted ? 'read_uncommitted' : 'read_committed',
      write: writerOf(format, session),
    })
    if (group === undefined) await reading.run()
    else await reading.runAsMember(group)
  },
})

function writerOf(format: string | undefined, { output }: Session) {
  const template = compileTemplate(format ?? '%s')
  return output.isJson
    ? (record: PlacedRecord) => Buffer.from(`${recordJson(record)}\n`)
    : template
}

interface ReadingOptions {
  readonly topics: readonly string[]
  readonly from: OffsetSpec
  readonly until: OffsetSpec | undefined
  readonly partitions: readonly number[] | undefined
  readonly count: number
  readonly follow: boolean
  readonly isolation: Isolation
  readonly write: (record: PlacedRecord) => Buffer
}

class Reading {
  readonly #session: Session
  readonly #client: Client
  readonly #options: ReadingOptions
  readonly #fetcher: Fetcher
  /** Where each partition ends for this reading; empty where it goes on and on. */
  #ends = new Map<string, number>()
  #count = 0
  #chunk: Buffer[] = []
  #chunkBytes = 0
  /** Behind the last record that was written, by `topic-partition`. */
  readonly #written = new Map<string, TopicPartition & { offset: number }>()

  constructor(session: Session, options: ReadingOptions) {
    this.#session = session
    this.#client = session.client
    this.#options = options
    this.#fetcher = new Fetcher(session.client, {
      isolation: options.isolation,
      onReset: (partition, offset) => session.output.warning(
        `${partitionKey(partition)}: what was to come next is deleted; it goes on at ${offset}`),
    })
  }

  async run(): Promise<void> {
    const partitions = await this.#partitions()
    const ends = await endsOf(this.#client, partitions, this.#options.isolation)
    const { from, until } = this.#options
    const starts = await resolveOffsets(this.#client, from, partitions, ends)
    const stops = until === undefined
      ? new Map([...ends].map(([key, { end }]) => [key, end]))
      : await resolveOffsets(this.#client, until, partitions, ends)
    this.#begin(partitions, starts, stops)
    await this.#readToEnd()
    await this.#flush()
    if (!this.#options.follow && until === undefined) await this.#tellHeldBack(partitions, ends)
  }

  /** Reads what is assigned to it, and commits what was written out. */
  async runAsMember(groupId: string): Promise<void> {
    for (const topic of this.#options.topics) await this.#client.topic(topic)
    const member = new Member(this.#client, groupId, this.#options.topics)
    const signal = this.#session.watchForInterruption()
    try {
      do {
        await this.#commit(member)
        const assigned = await unlessAborted(member.join(), signal)
        if (assigned === undefined) throw new InterruptedError()
        await this.#beginAssigned(groupId, assigned)
        await this.#readToEnd(member)
      } while (member.checkForRejoin() && !this.#isOver)
      await this.#commit(member)
    } finally {
      await member.leave()
    }
  }

  async #beginAssigned(groupId: string, assigned: readonly TopicPartition[]): Promise<void> {
    this.#written.clear()
    this.#fetcher.dropAll()
    const ends = await endsOf(this.#client, assigned, this.#options.isolation)
    const starts = await resolveOffsets(this.#client, this.#options.from, assigned, ends)
    // Behind an open transaction there may be records that somebody read uncommitted.
    const all = this.#options.isolation === 'read_uncommitted'
      ? ends : await endsOf(this.#client, assigned, 'read_uncommitted')
    for (const committed of await committedOffsets(this.#client, groupId)) {
      const { offset } = committed
      const key = partitionKey(committed)
      const there = all.get(key)
      if (there === undefined) continue
      if (offset >= there.start && offset <= there.end) starts.set(key, offset)
      else {
        // As clients do by auto.offset.reset, which is --from here.
        this.#session.output.warning(`${key}: ${groupId} has committed ${offset}, but there are `
          + `${there.start} to ${there.end}; it goes on at ${starts.get(key)!}`)
      }
    }
    this.#begin(assigned, starts, new Map([...ends].map(([key, { end }]) => [key, end])))
  }

  async #partitions(): Promise<TopicPartition[]> {
    const { topics, partitions: wanted } = this.#options
    const found: TopicPartition[] = []
    for (const topic of topics) found.push(...await partitionsOf(this.#client, topic, wanted))
    return found
  }

  #begin(
    partitions: readonly TopicPartition[], starts: ReadonlyMap<string, number>,
    stops: ReadonlyMap<string, number>,
  ): void {
    this.#ends = new Map(this.#options.follow ? [] : stops)
    for (const one of partitions) {
      const start = starts.get(partitionKey(one))!
      if (start < (this.#ends.get(partitionKey(one)) ?? Infinity)) this.#fetcher.seek(one, start)
    }
  }

  get #isOver(): boolean {
    return this.#count >= this.#options.count || this.#session.isInterrupted
  }

  /** Ends where all is read, where the group joins anew, and by a signal. */
  async #readToEnd(member?: Member): Promise<void> {
    const { clock } = this.#session
    const signal = this.#session.watchForInterruption()
    let committedMs = clock.monotonicMs()
    while (!this.#isOver && (this.#fetcher.partitionCount > 0 || this.#options.follow)) {
      if (member?.checkForRejoin() === true) break
      // A member without partitions waits until it gets some.
      const fetched = this.#fetcher.partitionCount === 0
        ? await unlessAborted(this.#client.pause(100).then(() => []), signal)
        : await unlessAborted(this.#fetcher.next(), signal)
      for (const one of fetched ?? []) await this.#write(one)
      // Somebody may look on.
      if (this.#options.follow || member !== undefined) await this.#flush()
      if (member !== undefined && clock.monotonicMs() - committedMs > COMMIT_EVERY_MS) {
        committedMs = clock.monotonicMs()
        await this.#commit(member)
      }
    }
    await this.#flush()
  }

  async #write(fetched: Fetched): Promise<void> {
    const { topic, partition, records, nextOffset } = fetched
    const key = partitionKey(fetched)
    const end = this.#ends.get(key) ?? Infinity
    let next = nextOffset
    for (const record of records) {
      if (record.offset >= end || this.#isOver) {
        next = Math.min(next, record.offset)
        break
      }
      this.#count += 1
      const bytes = this.#options.write({ topic, partition, record })
      this.#chunk.push(bytes)
      this.#chunkBytes += bytes.length
      if (this.#chunkBytes > CHUNK_BYTES) await this.#flush()
    }
    this.#written.set(key, { topic, partition, offset: next })
    if (nextOffset >= end) this.#fetcher.drop(fetched)
  }

  async #flush(): Promise<void> {
    if (this.#chunk.length === 0) return
    const chunk = Buffer.concat(this.#chunk)
    this.#chunk = []
    this.#chunkBytes = 0
    await this.#session.output.stream(chunk)
  }

  async #commit(member: Member): Promise<void> {
    await this.#flush()
    if (this.#written.size === 0) return
    // What nobody has is not committed.
    await this.#session.output.written()
    if (await member.commit([...this.#written.values()])) this.#written.clear()
  }

  /** An open transaction holds back what is behind it: who sees nothing should know why. */
  async #tellHeldBack(
    partitions: readonly TopicPartition[], ends: ReadonlyMap<string, Ends>,
  ): Promise<void> {
    const { output } = this.#session
    if (this.#options.isolation === 'read_uncommitted' || !this.#session.terminal.isWatched) return
    const all = await endsOf(this.#client, partitions, 'read_uncommitted')
    for (const one of partitions) {
      const key = partitionKey(one)
      const held = all.get(key)!.end - ends.get(key)!.end
      if (held > 0) {
        output.note(`${key}: ${counted(held, 'offset')} behind an open transaction; --uncommitted `
          + 'shows them, `samsa transactions list` whose it is')
      }
    }
  }
}

export const commands = [consumeRecords]
