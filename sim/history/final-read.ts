// What the partitions hold when all is over: every record, and what a reader of committed records
// gets out of it, once by the marks in the log and once by what the broker tells of transactions.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Wire } from '../../compat/harness/wire.ts'
import { TRANSACTION_STATE_TOPIC } from '../../lib/coordinators/internal-topic.ts'
import { transactionsCodec } from '../../lib/coordinators/transactions/records.ts'
import { isEnding } from '../../lib/coordinators/transactions/transaction.ts'
import { Errors, errorName } from '../../protocol/errors.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import { offsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { batchesOf } from '../../protocol/records/batch.ts'
import { recordsOf } from '../../protocol/records/record.ts'
import { endMarkOf } from '../../storage/end-mark.ts'
import type { PlaceOffset } from './event.ts'

export interface FinalRecord {
  readonly offset: number
  readonly value: string
  /** By the marks in the log. Undefined: its transaction never ended. */
  readonly isCommitted: boolean | undefined
  /** Id and epoch of the producer, in a transaction. */
  readonly producer?: string
}

export interface FinalPartition {
  readonly topic: string
  readonly partition: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  /** All data, by their offsets. */
  readonly records: readonly FinalRecord[]
  /** What `read_committed` gives, as the broker tells it. */
  readonly committed: readonly { readonly offset: number, readonly value: string }[]
}

/** That a transaction was to end, in the words of `__transaction_state`. */
export interface WrittenEnd {
  readonly tid: string
  readonly isCommitted: boolean
  /** Of `transaction.version`, as the client's request spoke it. */
  readonly version: number
}

/** What has been committed, a list for each group. */
export type FinalOffsets = ReadonlyMap<string, readonly PlaceOffset[]>

const FETCH_VERSION = 12
const MAX_BYTES = 4 * 2 ** 20
const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
const TIMEOUT_MS = 10_000
const RETRY_MS = 50

async function fetchFrom(
  wire: Wire, topic: string, partition: number, offset: number, isolationLevel: number,
) {
  const response = await wire.ask(fetch, FETCH_VERSION, {
    maxWaitMs: 0, minBytes: 0, maxBytes: MAX_BYTES, isolationLevel, rackId: '',
    topics: [{
      topic, partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: MAX_BYTES }],
    }],
    forgottenTopicsData: [],
  })
  const fetched = response.responses[0]!.partitions[0]!
  if (fetched.errorCode !== Errors.NONE) {
    throw new Error(`${topic}-${partition}: ${errorName(fetched.errorCode)}`)
  }
  return fetched
}

export async function readPartition(
  wire: Wire, topic: string, partition: number,
): Promise<FinalPartition> {
  const { records, highWatermark } = await readAll(wire, topic, partition)
  const { committed, lastStableOffset } = await readCommitted(wire, topic, partition)
  return { topic, partition, highWatermark, lastStableOffset, records, committed }
}

type Mutable = { -readonly [K in keyof FinalRecord]: FinalRecord[K] }

async function readAll(wire: Wire, topic: string, partition: number) {
  const records: Mutable[] = []
  const open = new Map<number, Mutable[]>()
  for (let offset = 0; ;) {
    const { records: bytes, highWatermark } =
      await fetchFrom(wire, topic, partition, offset, READ_UNCOMMITTED)
    const before = offset
    for (const batch of batchesOf(bytes ?? Buffer.alloc(0))) {
      const { producerId, isTransactional } = batch
      offset = batch.nextOffset
      if (batch.isControl) {
        const mark = endMarkOf(batch)
        for (const record of open.get(producerId) ?? []) record.isCommitted = !mark?.isAborted
        open.delete(producerId)
        continue
      }
      for (const record of recordsOf(batch)) {
        const one = {
          offset: record.offset, value: String(record.value),
          isCommitted: isTransactional ? undefined : true,
          ...isTransactional ? { producer: `${producerId}/${batch.producerEpoch}` } : {},
        }
        records.push(one)
        if (!isTransactional) continue
        const own = open.get(producerId)
        if (own === undefined) open.set(producerId, [one])
        else own.push(one)
      }
    }
    if (offset === before) return { records, highWatermark }
  }
}

/** The coordinator's log is short, and not compacted before it is full. */
export async function readEnds(wire: Wire, partitionCount: number): Promise<WrittenEnd[]> {
  const ends: WrittenEnd[] = []
  const codec = transactionsCodec(() => 0)
  for (let partition = 0; partition < partitionCount; partition++) {
    for (let offset = 0; ;) {
      const { records: bytes } =
        await fetchFrom(wire, TRANSACTION_STATE_TOPIC, partition, offset, READ_UNCOMMITTED)
      const before = offset
      for (const batch of batchesOf(bytes ?? Buffer.alloc(0))) {
        offset = batch.nextOffset
        for (const { key, value } of recordsOf(batch)) {
          const transaction = codec.decode(key!, value)?.value
          if (transaction === null || transaction === undefined || !isEnding(transaction)) continue
          const { transactionalId: tid, state, clientVersion: version } = transaction
          ends.push({ tid, isCommitted: state === 'PrepareCommit', version })
        }
      }
      if (offset === before) break
    }
  }
  return ends
}

/** As Kafka's clients do it: a transaction that is listed is left out until its mark. */
async function readCommitted(wire: Wire, topic: string, partition: number) {
  const committed: { offset: number, value: string }[] = []
  for (let offset = 0; ;) {
    const { records: bytes, lastStableOffset, abortedTransactions } =
      await fetchFrom(wire, topic, partition, offset, READ_COMMITTED)
    const before = offset
    const coming = [...abortedTransactions ?? []].sort((a, b) => a.firstOffset - b.firstOffset)
    const aborted = new Set<number>()
    for (const batch of batchesOf(bytes ?? Buffer.alloc(0))) {
      offset = batch.nextOffset
      while (coming.length > 0 && coming[0]!.firstOffset <= batch.lastOffset) {
        aborted.add(coming.shift()!.producerId)
      }
      if (batch.isControl) {
        aborted.delete(batch.producerId)
        continue
      }
      if (batch.isTransactional && aborted.has(batch.producerId)) continue
      for (const record of recordsOf(batch)) {
        committed.push({ offset: record.offset, value: String(record.value) })
      }
    }
    if (offset === before) return { committed, lastStableOffset }
  }
}

export interface ReadOffsets {
  readonly offsets: readonly PlaceOffset[]
  /** Else a transaction may still change them. */
  readonly isStable: boolean
}

/** Waits, but not longer than that, for what a transaction may still change. */
export async function readOffsets(
  wire: Wire, groupId: string, patienceMs: number,
): Promise<ReadOffsets> {
  const startedMs = performance.now()
  for (;;) {
    const requireStable = performance.now() - startedMs < patienceMs
    const { groups } = await wire.ask(offsetFetch, 8, {
      groups: [{ groupId, topics: null }], requireStable,
    })
    const { topics, errorCode } = groups[0]!
    const places = topics.flatMap(({ name, partitions }) => partitions.map((one) => (
      { ...one, topic: name })))
    const isUnstable = places.some((one) => one.errorCode === Errors.UNSTABLE_OFFSET_COMMIT)
    if (errorCode === Errors.NONE && !isUnstable) {
      const offsets = places.map(({ topic, partitionIndex, committedOffset }) => (
        [topic, partitionIndex, committedOffset] as const))
      return { offsets, isStable: requireStable }
    }
    if (!isUnstable && errorCode !== Errors.COORDINATOR_LOAD_IN_PROGRESS) {
      throw new Error(`offsets of ${groupId}: ${errorName(errorCode)}`)
    }
    await sleep(RETRY_MS)
  }
}

/**
 * Ends what was left open under the id, as its next producer would. False: it does not end, for all
 * of so many questions.
 */
export async function takeOver(
  wire: Wire, transactionalId: string, attempts = 400,
): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { errorCode } = await wire.ask(initProducerId, 4, {
      transactionalId, transactionTimeoutMs: TIMEOUT_MS,
    })
    if (errorCode === Errors.NONE) return true
    if (errorCode !== Errors.CONCURRENT_TRANSACTIONS
      && errorCode !== Errors.COORDINATOR_LOAD_IN_PROGRESS) {
      throw new Error(`${transactionalId} cannot be taken over: ${errorName(errorCode)}`)
    }
    await sleep(RETRY_MS)
  }
  return false
}
