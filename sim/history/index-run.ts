// A run as the rules look at it: what was sent by its name, transactions, what members held and
// committed, and the partitions at the end.

import type {
  End, Event, Holding, PlaceOffset, Send, Start, WorkerHistory,
} from './event.ts'
import type {
  FinalOffsets, FinalPartition, FinalRecord, WrittenEnd,
} from './final-read.ts'

/** All that the rules know. */
export interface Run {
  readonly histories: readonly WorkerHistory[]
  readonly partitions: readonly FinalPartition[]
  readonly offsets: FinalOffsets
  /** Of all transactions, as the coordinator wrote them down. */
  readonly ends: readonly WrittenEnd[]
  /** What did not come to its end though nothing was in its way any more. */
  readonly stuck: readonly string[]
}

export interface Sending {
  readonly worker: string
  readonly event: Send
  /** The offset that the broker told. */
  offset: number | undefined
}

export interface Transaction {
  readonly id: string
  readonly tid: string
  readonly worker: string
  readonly begunAt: number
  readonly sendings: Sending[]
  readonly offsets: PlaceOffset[]
  readonly ends: { readonly event: End, isAcknowledged: boolean }[]
}

/** One commit of one partition's offset. */
export interface CommittedOffset {
  readonly worker: string
  readonly offset: number
  readonly askedAt: number
  /** Undefined: nobody knows. */
  readonly doneAt: number | undefined
}

/** From when to when a member held a partition, by its own knowledge. */
export interface Period {
  readonly worker: string
  readonly isCopier: boolean
  readonly isUncommitted: boolean
  readonly group: string
  readonly place: string
  readonly from: number
  /** Infinity: to its end. */
  to: number
  readonly polls: { readonly at: number, readonly offset: number, readonly value: string }[]
  readonly commits: CommittedOffset[]
}

export interface Indexed extends Run {
  readonly sendings: ReadonlyMap<string, Sending>
  readonly transactions: ReadonlyMap<string, Transaction>
  readonly periods: readonly Period[]
  /** By group and partition. */
  readonly commits: ReadonlyMap<string, readonly CommittedOffset[]>
  readonly finals: ReadonlyMap<string, FinalPartition>
  /** Of each partition, by their offsets. */
  readonly records: ReadonlyMap<string, ReadonlyMap<number, FinalRecord>>
  /** Of each partition, the offsets that readers of committed records get, in order. */
  readonly visible: ReadonlyMap<string, readonly number[]>
}

export const placeOf = (topic: string, partition: number): string => `${topic}-${partition}`
export const inGroup = (group: string, place: string): string => `${group} ${place}`

export function indexRun(run: Run): Indexed {
  const sendings = new Map<string, Sending>()
  const transactions = new Map<string, Transaction>()
  const periods: Period[] = []
  const commits = new Map<string, CommittedOffset[]>()
  for (const history of run.histories) {
    new WorkerIndex(history, { sendings, transactions, periods, commits }).read()
  }
  const finals = new Map(run.partitions.map((one) => [placeOf(one.topic, one.partition), one]))
  return {
    ...run, sendings, transactions, periods, commits, finals,
    records: new Map([...finals].map(([place, { records }]) => (
      [place, new Map(records.map((record) => [record.offset, record]))]))),
    visible: new Map([...finals].map(([place, { committed }]) => (
      [place, committed.map(({ offset }) => offset)]))),
  }
}

interface Into {
  readonly sendings: Map<string, Sending>
  readonly transactions: Map<string, Transaction>
  readonly periods: Period[]
  readonly commits: Map<string, CommittedOffset[]>
}

class WorkerIndex {
  readonly #name: string
  readonly #events: readonly Event[]
  readonly #into: Into
  readonly #held = new Map<string, Period>()
  readonly #start: Start | undefined

  constructor({ name, events }: WorkerHistory, into: Into) {
    this.#name = name
    this.#events = events
    this.#into = into
    this.#start = events.find((event) => event.e === 'start')
  }

  read(): void {
    for (const [index, event] of this.#events.entries()) this.#take(event, index)
  }

  #take(event: Event, index: number): void {
    const { sendings, transactions } = this.#into
    switch (event.e) {
      case 'send': return this.#send(event)
      case 'sent':
        sendings.get(event.v)!.offset = event.offset
        return
      case 'begin': {
        const { txn: id, tid } = event
        transactions.set(id, {
          id, tid, worker: this.#name, begunAt: event.t, sendings: [], offsets: [], ends: [],
        })
        return
      }
      case 'offsets':
        transactions.get(event.txn)!.offsets.push(...event.offsets)
        return
      case 'end':
        transactions.get(event.txn)!.ends.push({ event, isAcknowledged: false })
        return
      case 'ended':
        transactions.get(event.txn)!.ends.at(-1)!.isAcknowledged = true
        return
      case 'assigned': return this.#assigned(event)
      case 'revoked':
      case 'lost':
        return this.#gone(event)
      case 'polled': {
        const { t: at, topic, p, records } = event
        const polls = this.#held.get(placeOf(topic, p))?.polls
        for (const [offset, value] of records) polls?.push({ at, offset, value })
        return
      }
      case 'commit': {
        const done = this.#events.slice(index + 1).find((other) => (
          other.e === 'committed' && other.n === event.n))
        for (const [topic, partition, offset] of event.offsets) {
          this.#commit(placeOf(topic, partition), {
            worker: this.#name, offset, askedAt: event.t, doneAt: done?.t,
          })
        }
        return
      }
      default:
    }
  }

  #send(event: Send): void {
    const sending = { worker: this.#name, event, offset: undefined }
    this.#into.sendings.set(event.v, sending)
    if (event.txn !== undefined) this.#into.transactions.get(event.txn)!.sendings.push(sending)
  }

  #assigned({ t: from, ps }: Holding): void {
    for (const [topic, partition] of ps) {
      const place = placeOf(topic, partition)
      const { role, group = '', isUncommitted = false } = this.#start!
      const period: Period = {
        worker: this.#name, isCopier: role === 'copy', isUncommitted, group, place,
        from, to: Infinity, polls: [], commits: [],
      }
      this.#held.set(place, period)
      this.#into.periods.push(period)
    }
  }

  #gone({ t, ps }: Holding): void {
    for (const [topic, partition] of ps) {
      const place = placeOf(topic, partition)
      const period = this.#held.get(place)
      if (period !== undefined) period.to = t
      this.#held.delete(place)
    }
  }

  #commit(place: string, commit: CommittedOffset): void {
    this.#held.get(place)?.commits.push(commit)
    const key = inGroup(this.#start!.group ?? '', place)
    const known = this.#into.commits.get(key)
    if (known === undefined) this.#into.commits.set(key, [commit])
    else known.push(commit)
  }
}
