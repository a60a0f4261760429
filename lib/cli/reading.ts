// Records of topics as a stream of bytes: to the end or on and on, for nobody or for a group.

import { type Client, partitionKey, type TopicPartition } from '../client/client.ts'
import { Fetcher, type Fetched } from '../client/fetcher.ts'
import { committedOffsets } from '../client/group-offsets.ts'
import { Member } from '../client/member.ts'
import { type Ends, endsOf, type Isolation } from '../client/offsets.ts'
import { counted, partitionsOf } from './arguments.ts'
import { InterruptedError } from './exit.ts'
import { unlessAborted } from './interruption.ts'
import { type OffsetSpec, resolveOffsets } from './offset-spec.ts'
import type { PlacedRecord } from './record-json.ts'
import type { Session } from './session.ts'

const CHUNK_BYTES = 64 * 1024
/** How often a group's offsets are committed while it reads. */
const COMMIT_EVERY_MS = 5000

export interface ReadingOptions {
  readonly topics: readonly string[]
  readonly from: OffsetSpec
  readonly until: OffsetSpec | undefined
  readonly partitions: readonly number[] | undefined
  readonly count: number
  readonly follow: boolean
  /** It ends when no record has come for so long; left out: never. */
  readonly idleMs?: number | undefined
  readonly isolation: Isolation
  readonly write: (record: PlacedRecord) => Buffer
}

export class Reading {
  readonly #session: Session
  readonly #client: Client
  readonly #options: ReadingOptions
  readonly #fetcher: Fetcher
  /** Where each partition ends for this reading; empty where it goes on and on. */
  #ends = new Map<string, number>()
  #count = 0
  /** When it began, or the last records came. */
  #busyMs: number
  #chunk: Buffer[] = []
  #chunkBytes = 0
  /** Behind the last record that was written, by `topic-partition`. */
  readonly #written = new Map<string, TopicPartition & { offset: number }>()

  constructor(session: Session, options: ReadingOptions) {
    this.#session = session
    this.#client = session.client
    this.#options = options
    this.#busyMs = session.clock.monotonicMs()
    this.#fetcher = new Fetcher(session.client, {
      isolation: options.isolation,
      onReset: (partition, offset) => session.output.warning(
        `${partitionKey(partition)}: what was to come next is deleted; it goes on at ${offset}`),
    })
  }

  /** How many records were written out. */
  get count(): number {
    return this.#count
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
      || this.#session.clock.monotonicMs() - this.#busyMs > (this.#options.idleMs ?? Infinity)
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
    if (records.length > 0) this.#busyMs = this.#session.clock.monotonicMs()
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
