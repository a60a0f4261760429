// All that can be seen of an open log, to be compared with what is seen of it elsewhere.

import { ApiError, Errors } from '../../protocol/errors.ts'
import { Batch } from '../../protocol/records/batch.ts'
import type { Log } from '../../storage/log.ts'
import type { LogModel } from './model.ts'
import { readCommitted, readRecords } from './visible.ts'

export interface SeenBatch {
  readonly baseOffset: number
  readonly nextOffset: number
  readonly bytes: Buffer
}

export interface Sight {
  readonly startOffset: number
  readonly endOffset: number
  readonly batches: readonly SeenBatch[]
  /** Times, and the offsets that are found for them. */
  readonly times: readonly (readonly [number, number | undefined])[]
  /** Of the batches. */
  readonly epochs: readonly number[]
  /** What consumers of committed records get. */
  readonly committed: readonly number[]
  /** Of whom something is in the log: epoch and last sequence. */
  readonly producers: readonly (readonly [number, number, number])[]
}

/** Throws what the log throws: for one that is sound. */
export function sightOf(log: Log, model: LogModel): Sight {
  log.advanceHighWatermark(log.endOffset)
  const { startOffset, endOffset } = log
  const batches = [...log.batches(startOffset)].length === 0 ? [] : seenBatches(log)
  const times = batches.flatMap(({ bytes }) => (
    readRecords(new Batch(bytes)).map(({ timestamp }) => timestamp)))
  return {
    startOffset, endOffset, batches, times: timesOf(log, [...new Set(times)]),
    epochs: epochsOf(log, batches),
    committed: readCommitted(log).map(({ offset }) => offset),
    producers: producersOf(log, model),
  }
}

function seenBatches(log: Log): SeenBatch[] {
  const batches: SeenBatch[] = []
  for (const batch of log.batches(log.startOffset)) {
    const { baseOffset, nextOffset } = batch
    batches.push({ baseOffset, nextOffset, bytes: Buffer.from(batch.bytes()) })
  }
  return batches
}

export function timesOf(log: Log, times: readonly number[]): [number, number | undefined][] {
  return times.map((time) => [time, log.offsetForTimestamp(time)?.offset])
}

export function epochsOf(log: Log, batches: readonly SeenBatch[]): number[] {
  return batches.map(({ baseOffset }) => log.epochOf(Math.max(baseOffset, log.startOffset)))
}

/** A cleaning leaves the log less than producers knew. */
export function producersOf(log: Log, model: LogModel): [number, number, number][] {
  if (model.config.cleanupPolicy.has('compact')) return []
  return [...log.producers.all()]
    .filter(({ lastBatch }) => (lastBatch?.lastOffset ?? -1) >= log.startOffset)
    .map(({ producerId, epoch, lastSequence }): [number, number, number] => (
      [producerId, epoch, lastSequence]))
    .sort(([a], [b]) => a - b)
}

/**
 * The batch that a read from the offset begins with: undefined when it is refused as damaged, null
 * behind the end or before the start.
 */
export function probe(log: Log, offset: number): SeenBatch | undefined | null {
  try {
    const { records, release } = log.read(offset, 1, { maxOffset: Infinity, minOneBatch: true })
    if (records.length === 0) return null
    const batch = new Batch(records)
    const { baseOffset, nextOffset } = batch
    const bytes = Buffer.from(batch.bytes())
    release()
    return { baseOffset, nextOffset, bytes }
  } catch (error) {
    if (isRefusal(error)) return undefined
    if (error instanceof ApiError && error.code === Errors.OFFSET_OUT_OF_RANGE) return null
    throw error
  }
}

export function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.code === Errors.CORRUPT_MESSAGE
}
