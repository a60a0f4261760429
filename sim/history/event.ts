// What a worker writes down of its doings: a JSON line for each, before it asks and after the
// answer.
//
// Times are of CLOCK_MONOTONIC, in microseconds: one clock for all processes of a machine. What is
// asked for is written down before it leaves, and what is answered after it came, so if an answer's
// time lies before the time of another's asking, it happened before that. No rule of the checker
// says more about time than this.

/** A topic's partition. */
export type Place = readonly [topic: string, partition: number]
export type PlaceOffset = readonly [topic: string, partition: number, offset: number]

interface Timed {
  readonly t: number
}

/**
 * A transaction that takes longer is aborted by the broker: long enough to sit out what is done to
 * that, and a worker that is stopped runs into it.
 */
export const TRANSACTION_TIMEOUT_MS = 10_000

/** The first of every history. */
export interface Start extends Timed {
  readonly e: 'start'
  readonly role: string
  /** Of a consumer, or of the consumer inside a copier. */
  readonly group?: string
  /** It reads what is not committed, too. */
  readonly isUncommitted?: boolean
  /** What it speaks at most, where that is above 1: every transaction has an epoch of its own. */
  readonly transactionVersion?: number
}

/** A producer asks to have its transactional id for itself. */
export interface Init extends Timed {
  readonly e: 'init' | 'inited'
  readonly tid: string
}

/** A record leaves. Its value names it: no other record of the run has the same. */
export interface Send extends Timed {
  readonly e: 'send'
  readonly v: string
  readonly topic: string
  readonly p: number
  readonly txn?: string
  /** What it is a copy of. */
  readonly from?: PlaceOffset
}

export interface Sent extends Timed {
  readonly e: 'sent'
  readonly v: string
  readonly offset: number
}

/** Nobody knows whether it is there. */
export interface Unsent extends Timed {
  readonly e: 'unsent'
  readonly v: string
  readonly why: string
}

export interface Begin extends Timed {
  readonly e: 'begin'
  readonly txn: string
  readonly tid: string
}

/** Offsets that are to count when the transaction is committed. */
export interface TransactionOffsets extends Timed {
  readonly e: 'offsets'
  readonly txn: string
  readonly offsets: readonly PlaceOffset[]
}

export interface End extends Timed {
  readonly e: 'end'
  readonly txn: string
  readonly commit: boolean
}

export interface Ended extends Timed {
  readonly e: 'ended' | 'unended'
  readonly txn: string
  readonly why?: string
}

/** The broker's answer to something in the transaction: this producer is not to go on. */
export interface Refused extends Timed {
  readonly e: 'refused'
  readonly txn: string
  readonly why: string
}

/** What a member holds from now on, beside what it has; or does not any more. */
export interface Holding extends Timed {
  readonly e: 'assigned' | 'revoked' | 'lost'
  readonly ps: readonly Place[]
}

export interface Polled extends Timed {
  readonly e: 'polled'
  readonly topic: string
  readonly p: number
  readonly records: readonly (readonly [offset: number, value: string])[]
}

export interface Commit extends Timed {
  readonly e: 'commit'
  readonly n: number
  readonly offsets: readonly PlaceOffset[]
}

export interface Committed extends Timed {
  readonly e: 'committed' | 'uncommitted'
  readonly n: number
  readonly why?: string
}

/** A member asks to join, and is told the generation that it has joined. */
export interface Joining extends Timed {
  readonly e: 'joining'
}

export interface Joined extends Timed {
  readonly e: 'joined'
  readonly generation: number
}

export type Event =
  | Start | Init | Send | Sent | Unsent | Begin | TransactionOffsets | End | Ended | Refused
  | Holding | Polled | Commit | Committed | Joining | Joined

/** One process, from its start to its end. */
export interface WorkerHistory {
  /** No other process of the run has it. */
  readonly name: string
  readonly events: readonly Event[]
}

/** The last line of a process that was killed may be torn. */
export function parseHistory(name: string, text: string): WorkerHistory {
  const lines = text.split('\n')
  lines.pop()
  return { name, events: lines.map((line) => JSON.parse(line) as Event) }
}
