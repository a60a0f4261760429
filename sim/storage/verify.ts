// Holds an open log against its model: what must be there is, nothing else is, and all that is
// derived from the batches (indexes, producers, epochs, aborted transactions) is what they make it.

import { Batch } from '../../protocol/records/batch.ts'
import type { Disk } from '../../storage/disk.ts'
import type { Log } from '../../storage/log.ts'
import type { Dice } from './dice.ts'
import {
  committedOf, type LogModel, type ModelBatch, type ModelRecord, producersOf,
} from './model.ts'
import { must, mustEqual } from './promise.ts'
import { verifySnapshots } from './verify-snapshots.ts'
import { folded, readCommitted, readRecords } from './visible.ts'

export interface Promised {
  /** All below is there. */
  readonly floor: number
  readonly startFloor: number
  /** Of what producers wrote from here on the last five batches are known. */
  readonly producersSince: number
  /** Where snapshots of producers are to be looked at. */
  readonly disk?: Disk
}

/** A batch that lies in the log, and the one of the model that it is, whole or cleaned. */
interface Kept {
  readonly baseOffset: number
  readonly nextOffset: number
  readonly leaderEpoch: number
  /** That of a mark too, which has a time. */
  readonly records: readonly ModelRecord[]
}

/** How many lookups are tried where not all are. */
const FEW = 6

/**
 * Answers which of the model's batches are there, or were cleaned away. Throws BrokenPromise. The
 * log's high watermark is its end afterwards: it is the only replica.
 * With `dice`, lookups are tried at some places, not at all.
 */
export function verify(
  log: Log, model: LogModel, { disk, ...promised }: Promised, dice?: Dice,
): readonly ModelBatch[] {
  const { startOffset, endOffset } = log
  mustOrder(log)
  must('A4 H1 H2', endOffset >= promised.floor,
    () => `${log.name} ends at ${endOffset}, but was promised up to ${promised.floor}`)
  must('A5', endOffset <= Math.max(model.endOffset, model.startCeiling),
    () => `${log.name} ends at ${endOffset}, behind all that was written: ${model.endOffset}`)
  must('G5', startOffset >= Math.min(promised.startFloor, endOffset),
    () => `${log.name} starts at ${startOffset}, not at ${promised.startFloor} or later`)
  must('A2 G1', startOffset <= Math.max(model.startCeiling, model.batches[0]?.baseOffset ?? 0),
    () => `${log.name} starts at ${startOffset}, behind ${model.startCeiling}`)
  const { kept, batches } = verifyBatches(log, model, promised)
  // What is left of it is to go, and nobody has looked at it yet.
  if (model.ongoing.resetTo !== undefined) return batches
  log.advanceHighWatermark(endOffset)
  mustOrder(log)
  verifyOffsets(log, kept, dice)
  verifyTimes(log, kept, dice)
  verifyEpochs(log, kept)
  verifyRetention(log, model)
  // Of a compacted log whose tail has lost some of it, snapshots may know more than the batches.
  const wanted = model.batches.filter(({ nextOffset }) => nextOffset <= endOffset)
  if (model.hasGap || batches.length < wanted.length) return batches
  verifyProducers(log, model, batches, promised.producersSince)
  // Where the log begins within such a tail, marks may be lost as well.
  const isWithinTail = promised.floor < startOffset && model.config.cleanupPolicy.has('compact')
  if (!isWithinTail) verifyTransactions(log, model, batches)
  if (disk !== undefined && !isWithinTail) verifySnapshots(log, disk, producersOf(batches))
  return batches
}

function mustOrder(log: Log): void {
  const { name, startOffset, lastStableOffset, highWatermark, endOffset } = log
  const isOrdered = startOffset <= lastStableOffset && lastStableOffset <= highWatermark
    && highWatermark <= endOffset
  must('A6', isOrdered, () => `${name}: start ${startOffset}, last stable ${lastStableOffset}, `
    + `high watermark ${highWatermark}, end ${endOffset}`)
}

/** Also answers what of the model is left: batches that were cleaned away are not lost. */
function verifyBatches(
  log: Log, model: LogModel, promised: Promised,
): { kept: Kept[], batches: ModelBatch[] } {
  const { startOffset, endOffset, name } = log
  const wanted = model.batches.filter(({ nextOffset }) => nextOffset <= endOffset)
  const kept: Kept[] = []
  const lost = new Set<ModelBatch>()
  let at = wanted.findIndex((batch) => batch.nextOffset > startOffset)
  if (at < 0) at = wanted.length
  const skipTo = (offset: number): void => {
    for (; at < wanted.length && wanted[at]!.nextOffset < offset; at++) {
      if (isLost(log, model, wanted[at]!, promised)) lost.add(wanted[at]!)
    }
  }
  let nextOffset = startOffset
  for (const batch of log.batches(startOffset)) {
    const { baseOffset } = batch
    must('A5', batch.nextOffset > nextOffset && (baseOffset >= nextOffset || kept.length === 0),
      () => `${name}: the batch at ${baseOffset} does not follow ${nextOffset}`)
    must('A8', batch.isCrcValid(), () => `${name}: the CRC of the batch at ${baseOffset} is wrong`)
    nextOffset = batch.nextOffset
    skipTo(nextOffset)
    const its = wanted[at++]
    const isWhole = its !== undefined && its.bytes.equals(batch.bytes())
    kept.push(isWhole ? wholeBatch(its) : cleanedBatch(batch, its, model))
  }
  skipTo(Infinity)
  return { kept, batches: wanted.filter((batch) => !lost.has(batch)) }
}

/**
 * Whether a batch that is not there is lost. Only a cleaning may take batches out of a log; but the
 * tail of one that may have been cleaned may have lost any of what was not synced.
 */
function isLost(log: Log, model: LogModel, batch: ModelBatch, { floor }: Promised): boolean {
  const { baseOffset } = batch
  if (model.ongoing.resetTo !== undefined) return true
  if (baseOffset >= floor && model.config.cleanupPolicy.has('compact')) return true
  must('A2 G2', baseOffset < model.cleanedBelow, () => `${log.name}, from ${log.startOffset} to `
    + `${log.endOffset}: the batch at ${baseOffset} is gone, cleaned was only below `
    + `${model.cleanedBelow}`)
  return false
}

function wholeBatch(its: ModelBatch): Kept {
  if (its.mark === undefined) return its
  const { baseOffset: offset, maxTimestamp: timestamp } = its
  return { ...its, records: [{ offset, timestamp, key: null, value: null }] }
}

function cleanedBatch(batch: Batch, its: ModelBatch | undefined, model: LogModel): Kept {
  const { baseOffset, nextOffset, leaderEpoch } = batch
  must('A5 A8', its !== undefined && its.nextOffset === nextOffset
    && baseOffset < model.cleanedBelow,
  () => `${model.name}: the batch at ${baseOffset} is not the one that was written`)
  const records = readRecords(batch)
  for (const record of batch.isControl ? [] : records) {
    const written = its!.records.find(({ offset }) => offset === record.offset)
    mustEqual('G2', `${model.name}: of the cleaned batch at ${baseOffset}`, record, written)
  }
  return { baseOffset, nextOffset, leaderEpoch, records }
}

function some<T>(all: readonly T[], dice: Dice | undefined): readonly T[] {
  if (dice === undefined || all.length <= FEW) return all
  return [...Array.from({ length: FEW - 1 }, () => dice.pick(all)), all.at(-1)!]
}

/** What the offset index leads to is what a look at every batch finds. */
function verifyOffsets(log: Log, kept: readonly Kept[], dice: Dice | undefined): void {
  const { name, startOffset } = log
  for (const batch of some(kept, dice)) {
    for (const offset of [Math.max(batch.baseOffset, startOffset), batch.nextOffset - 1]) {
      const { records, release } = log.read(offset, 1, { maxOffset: Infinity, minOneBatch: true })
      mustEqual('H4', `${name}: the batch that a read from ${offset} finds`,
        new Batch(records).nextOffset, batch.nextOffset)
      release()
    }
  }
}

/** And so is what the time index leads to. */
function verifyTimes(log: Log, kept: readonly Kept[], dice: Dice | undefined): void {
  const records = kept.flatMap((batch) => batch.records)
    .filter(({ offset }) => offset >= log.startOffset)
  const times = some(records, dice).flatMap(({ timestamp }) => [timestamp, timestamp + 1])
  for (const time of times) {
    const wanted = records.find(({ timestamp }) => timestamp >= time)
    mustEqual('H4 I2', `${log.name}: the offset for the time ${time}`,
      log.offsetForTimestamp(time)?.offset, wanted?.offset)
  }
}

function verifyEpochs(log: Log, kept: readonly Kept[]): void {
  for (const { baseOffset, leaderEpoch } of kept) {
    const offset = Math.max(baseOffset, log.startOffset)
    mustEqual('B6 H4', `${log.name}: the epoch of offset ${offset}`, log.epochOf(offset),
      leaderEpoch)
  }
  const { epochs, endOffset } = log
  const isSound = epochs.every(({ epoch, startOffset }, i) => startOffset <= endOffset && (
    i === 0 || epoch > epochs[i - 1]!.epoch && startOffset > epochs[i - 1]!.startOffset))
  must('B6', isSound, () => `${log.name}: epochs up to ${endOffset}: ${JSON.stringify(epochs)}`)
}

/** What only compacts begins at 0 for ever: a reader who is there must not be sent away. */
function verifyRetention(log: Log, { config }: LogModel): void {
  // Of others segments may have to go, which this would do.
  if (config.cleanupPolicy.has('delete') || log.startOffset > 0) return
  mustEqual('G1', `${log.name}: segments that go by retention`, log.applyRetention(0), 0)
}

/** D5: a producer of whom something is in the log goes on where it was. */
function verifyProducers(
  log: Log, model: LogModel, batches: readonly ModelBatch[], since: number,
): void {
  const { startOffset, name } = log
  for (const [producerId, wanted] of producersOf(batches)) {
    const last = wanted.batches.at(-1)
    if (last === undefined || last[0] < startOffset) continue
    // A cleaning keeps the last batch of each; of what was lost since it had kept a later one.
    const isCut = model.isCutSinceCleaning || batches.length < model.batches.length
    if (last[0] < model.cleanedBelow && isCut) continue
    const its = log.producers.get(producerId)
    const where = `${name}: producer ${producerId}`
    mustEqual('D5', `${where}: epoch and sequence`, [its?.epoch, its?.lastSequence],
      [wanted.epoch, last[1]])
    const remembered = its!.batches.map(({ lastOffset, lastSequence }) => (
      [lastOffset, lastSequence]))
    const all = wanted.batches
    // A cleaning may have taken what lies between.
    const known = model.cleanedBelow > 0
      ? all.slice(-1) : all.slice(all.length - remembered.length)
    mustEqual('D2 D5', `${where}: the last batches`, remembered.slice(-known.length), known)
    if (model.cleanedBelow > 0) continue
    // Of older ones a snapshot has the last alone.
    const least = all.filter(([lastOffset]) => lastOffset >= since).length
    must('D2 D5', remembered.length >= least,
      () => `${where}: of ${JSON.stringify(all)} only ${JSON.stringify(remembered)} are `
        + 'remembered')
  }
}

/** E1, E4: what consumers of committed records get. */
function verifyTransactions(
  log: Log, model: LogModel, batches: readonly ModelBatch[],
): void {
  const { startOffset, endOffset, name } = log
  const open = [...producersOf(batches).values()].map(({ openSince }) => openSince ?? Infinity)
  const unstable = Math.min(...open)
  const stable = Math.min(unstable, endOffset)
  // Where an open transaction begins before the log, the log may not know of it any more.
  if (unstable >= startOffset) {
    mustEqual('E4', `${name}: the last stable offset`, log.lastStableOffset, stable)
  }
  const committed = committedOf(batches)
    .filter(({ offset }) => offset >= startOffset && offset < log.lastStableOffset)
  const visible = readCommitted(log).filter(({ offset }) => offset < log.lastStableOffset)
  const all = new Set(committed.map(({ offset }) => offset))
  const wrong = visible.find(({ offset }) => !all.has(offset))
  must('E1', wrong === undefined,
    () => `${name}: the record at ${wrong?.offset} is of no committed transaction`)
  if (model.cleanedBelow > 0) {
    mustEqual('G2 G3', `${name}: the last values of all keys`, folded(visible), folded(committed))
  } else {
    mustEqual('E2', `${name}: the offsets of the committed records`,
      visible.map(({ offset }) => offset), committed.map(({ offset }) => offset))
  }
}
