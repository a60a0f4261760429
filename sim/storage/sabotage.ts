// Rules of the storage, each broken on purpose: by a disk that lies, or by a method that is put in
// the place of another's for as long as the cases run. Every one has to be caught.

import { Batch } from '../../protocol/records/batch.ts'
import { CLEAN_SHUTDOWN_FILE } from '../../storage/checkpoints.ts'
import { OpenInSnapshots } from '../../storage/compaction/open-transactions.ts'
import { isDiskFull } from '../../storage/disk.ts'
import { type BegunSync, Durability } from '../../storage/durability.ts'
import { LeaderEpochs } from '../../storage/epochs.ts'
import { Guard } from '../../storage/guard.ts'
import { Log } from '../../storage/log.ts'
import { OffsetIndex } from '../../storage/offset-index.ts'
import { ProducerEntry, ProducerState } from '../../storage/producers.ts'
import { Room } from '../../storage/room.ts'
import { SavePointFile } from '../../storage/save-point-file.ts'
import { type BegunSavePoint, SavePoints } from '../../storage/save-points.ts'
import { Segment } from '../../storage/segment.ts'
import { SnapshotFiles } from '../../storage/snapshot-files.ts'
import { Soundness } from '../../storage/soundness.ts'
import { TransactionIndex } from '../../storage/transaction-index.ts'
import { runHistories } from './run.ts'
import type { Lies } from './sim-disk.ts'

export interface Sabotage {
  readonly name: string
  readonly lies?: Lies
  /** Answers how to undo it. */
  patch?(): () => void
}

export interface Verdict {
  readonly name: string
  /** The number of cases until then; undefined: not caught. */
  readonly caughtAfter: number | undefined
  /** By which promise. */
  readonly why: string
}

function replace(prototype: object, name: string, descriptor: PropertyDescriptor): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, name)!
  Object.defineProperty(prototype, name, { ...descriptor, configurable: true })
  return () => { Object.defineProperty(prototype, name, own) }
}

function all(...undos: readonly (() => void)[]): () => void {
  return () => { for (const undo of undos) undo() }
}

const doNothing = (prototype: object, name: string) => () => (
  replace(prototype, name, { value: () => {} }))

/** Truncations leave producers as they were. */
function keepProducers(): () => void {
  const truncate = Log.prototype.truncateTo
  return replace(Log.prototype, 'truncateTo', {
    value(this: Log, offset: number): void {
      const before = [...this.producers.all()].map((entry) => (
        Object.assign(new ProducerEntry(entry.producerId), entry, { batches: [...entry.batches] })))
      truncate.call(this, offset)
      this.producers.load(before)
    },
  })
}

/** Duplicates are known of the last batch alone. */
function rememberOne(): () => void {
  const add = ProducerEntry.prototype.addBatch
  return replace(ProducerEntry.prototype, 'addBatch', {
    value(this: ProducerEntry, ...batch: Parameters<typeof add>): void {
      this.batches.length = 0
      add.apply(this, batch)
    },
  })
}

/** A disk that has failed once is used again. */
function forgive(): () => void {
  const failed = Guard.prototype.failed
  return replace(Guard.prototype, 'failed', {
    value(this: Guard, error: unknown): Error {
      return failed.call(new Guard('forgiven', () => {}), error)
    },
  })
}

/** As in Kafka. */
function failWhenFull(): () => void {
  return replace(Guard.prototype, 'fitting', {
    value<T>(this: Guard, work: () => T): T {
      return this.do(work)
    },
  })
}

/** What a full disk has taken of a write stays. */
function leavePart(): () => void {
  return replace(Segment.prototype, 'takeBack', {
    value(this: Segment, endOffset: number): void {
      this.sizeBytes = this.writtenBytes
      this.truncateTo(endOffset)
    },
  })
}

/** All of a write counts, though a full disk has taken a part. */
function goOnBehind(): () => void {
  const write = Segment.prototype.write
  return replace(Segment.prototype, 'write', {
    value(this: Segment, buffers: readonly Uint8Array[], sizeBytes: number): void {
      try {
        write.call(this, buffers, sizeBytes)
      } catch (error) {
        if (!isDiskFull(error)) throw error
        this.writtenBytes += sizeBytes
      }
    },
  })
}

/** Takes a record with it that was there before. */
function takeMore(): () => void {
  const takeBack = Segment.prototype.takeBack
  return replace(Segment.prototype, 'takeBack', {
    value(this: Segment, endOffset: number): void {
      takeBack.call(this, endOffset)
      this.truncateTo(Math.max(this.baseOffset, endOffset - 1))
    },
  })
}

/** A sync that tells that earlier writes had no room after all. */
function forgiveLate(): () => void {
  const failed = Guard.prototype.failed
  return replace(Guard.prototype, 'failed', {
    value(this: Guard, error: unknown): Error {
      const isOfRoom = error instanceof Error && 'code' in error && error.code === 'ENOSPC'
      return failed.call(isOfRoom ? new Guard('forgiven', () => {}) : this, error)
    },
  })
}

/** Whatever became of what a save point speaks of. */
const believeSavePoints = (): () => void => (
  replace(SavePointFile.prototype, 'isTrue', { value: () => true }))

/** The sync of what a save point speaks of waits until that is written down. */
function hurrySavePoints(): () => void {
  const owners = new WeakMap<BegunSavePoint, SavePoints>()
  const { begin } = SavePoints.prototype
  const { finish } = Durability.prototype
  return all(
    replace(SavePoints.prototype, 'begin', {
      value(this: SavePoints) {
        const savePoint = begin.call(this)
        if (savePoint !== undefined) owners.set(savePoint, this)
        return savePoint
      },
    }),
    replace(Durability.prototype, 'finish', {
      value(this: Durability, begun: BegunSync): Promise<void> {
        const { savePoint } = begun
        if (savePoint === undefined) return finish.call(this, begun)
        const written = owners.get(savePoint)!.finish(savePoint)
        const segments = begun.segments.map((segment) => Object.create(segment, {
          file: { value: { syncAsync: () => written.then(() => segment.file.syncAsync()) } },
        }) as Segment)
        return finish.call(this, { ...begun, segments, savePoint: undefined })
      },
    }),
    replace(SavePointFile.prototype, 'isReached', { value: () => true }),
    believeSavePoints(),
  )
}

/** A recovery from a save point knows of no producer before it. */
function forgetProducers(): () => void {
  const { find } = SavePointFile.prototype
  return replace(SavePointFile.prototype, 'find', {
    value(this: SavePointFile, ...where: Parameters<typeof find>) {
      const point = find.apply(this, where)
      return point && { ...point, producers: [] }
    },
  })
}

export const SABOTAGES: readonly Sabotage[] = [
  { name: 'fsync of a file does nothing', lies: { ignoresSync: () => true } },
  { name: 'fsync of a directory does nothing', lies: { ignoresDirectorySync: true } },
  { name: 'what is renamed over another file removes that first', lies: { replacesInTwo: true } },
  {
    name: 'a cleaned segment is swapped in before it is on the device',
    lies: { ignoresSync: (path) => path.endsWith('.cleaned') },
  },
  {
    name: 'the mark of a clean end stays when the logs are opened',
    lies: { ignoresRemove: (path) => path.endsWith(CLEAN_SHUTDOWN_FILE) },
  },
  {
    name: 'an append is acknowledged before it is written',
    patch: () => replace(Log.prototype, 'writtenOffset', {
      get(this: Log) { return this.endOffset },
    }),
  },
  {
    name: 'the recovery point runs ahead of the fsync',
    patch: () => replace(Log.prototype, 'recoveryPoint', {
      get(this: Log) { return this.writtenOffset },
    }),
  },
  {
    name: 'a recovery takes batches whose CRC is wrong',
    patch: () => replace(Batch.prototype, 'isCrcValid', { value: () => true }),
  },
  {
    name: 'a truncation leaves the recovery point where it was',
    patch: doNothing(Durability.prototype, 'truncated'),
  },
  { name: 'a truncation leaves the producers as they were', patch: keepProducers },
  {
    name: 'a truncation leaves snapshots of what is gone',
    patch: doNothing(SnapshotFiles.prototype, 'removeAbove'),
  },
  {
    name: 'a truncation leaves the leader epochs of what is gone',
    patch: doNothing(LeaderEpochs.prototype, 'truncateFromEnd'),
  },
  {
    name: 'a cleaning takes marks, and snapshots say that their transactions are open',
    patch: () => replace(OpenInSnapshots.prototype, 'save', { value: () => [] }),
  },
  {
    name: 'aborted transactions are not indexed',
    patch: doNothing(TransactionIndex.prototype, 'append'),
  },
  { name: 'one batch of a producer is remembered, not five', patch: rememberOne },
  {
    name: 'the last stable offset runs past open transactions',
    patch: () => replace(ProducerState.prototype, 'firstUnstableOffset', {
      get: () => undefined,
    }),
  },
  {
    name: 'batches that lie in a file are believed',
    patch: () => replace(Soundness.prototype, 'knownTo', { value: () => Infinity }),
  },
  {
    name: 'offset indexes are believed',
    patch: () => replace(OffsetIndex.prototype, 'isSound', { value: () => true }),
  },
  { name: 'a log goes on after a call of its disk has failed', patch: forgive },
  { name: 'what has got to a full disk of a write stays in the file', patch: leavePart },
  { name: 'a log goes on behind what did not fit on the disk', patch: goOnBehind },
  { name: 'what did not fit takes an acknowledged record with it', patch: takeMore },
  {
    name: 'producers stay as if it had fitted',
    patch: doNothing(ProducerState.prototype, 'takeBack'),
  },
  { name: 'a log has failed when its disk is full', patch: failWhenFull },
  {
    name: 'that there is room again is not seen',
    patch: () => replace(Room.prototype, 'look', { value: () => false }),
  },
  { name: 'a log goes on after a sync that found no room', patch: forgiveLate },
  {
    name: 'a save point is written before what it speaks of is synced, and believed',
    patch: hurrySavePoints,
  },
  {
    name: 'a save point outlives what a truncation takes of it, and is believed',
    patch: () => all(doNothing(SavePoints.prototype, 'cut')(), believeSavePoints()),
  },
  {
    name: 'the indexes of a save point are not synced, and believed',
    lies: { ignoresSync: (path) => /\.(index|timeindex|txnindex)$/.test(path) },
    patch: believeSavePoints,
  },
  { name: 'a save point knows of no producers', patch: forgetProducers },
]

/** Runs cases until one fails, at most so many. */
export async function tryOut(
  { name, lies = {}, patch }: Sabotage, { seed, cases }: { seed: number, cases: number },
): Promise<Verdict> {
  const undo = patch?.()
  try {
    const { failures } = await runHistories({ seed, cases, lies, mostFailures: 1 })
    const caught = failures[0]
    return {
      name, caughtAfter: caught === undefined ? undefined : caught.index + 1,
      why: caught?.text.split('\n')[0] ?? '',
    }
  } finally {
    undo?.()
  }
}
