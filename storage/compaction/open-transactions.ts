// What snapshots of producers say of transactions whose mark a cleaning takes away.
//
// A snapshot tells of the transactions that were open there; whoever reads the log again from it
// learns of their end from the marks behind it. Without the mark such a transaction would be open
// for ever, and the last stable offset stay where it began. So before a mark goes, snapshots before
// it are written anew, without the transaction: of it the log holds nothing any more (E4, D5).

import type { Batch } from '../../protocol/records/batch.ts'
import { type CleanedLog, NOTHING, type Steps } from './cleaned-log.ts'

export class OpenInSnapshots {
  readonly #log: CleanedLog
  /** Snapshots from here on were taken behind all that is cleaned. */
  readonly #before: number
  /**
   * Where snapshots lie that say the producer is in a transaction, and whose next mark of it was
   * not seen yet. Undefined until the first mark.
   */
  #open: Map<number, readonly number[]> | undefined
  /** By the snapshot's offset, the producers whose mark behind it is to go. */
  #ended = new Map<number, Set<number>>()

  constructor(log: CleanedLog, before: number) {
    this.#log = log
    this.#before = before
  }

  /** Takes in the next mark of the log; `isGone`: the cleaning leaves nothing that tells of it. */
  *mark({ producerId, baseOffset }: Batch, isGone: boolean): Steps<void> {
    this.#open ??= yield* this.#read()
    const offsets = this.#open.get(producerId) ?? []
    const later = offsets.filter((offset) => offset > baseOffset)
    if (later.length === offsets.length) return
    this.#open.set(producerId, later)
    if (!isGone) return
    for (const offset of offsets.slice(0, offsets.length - later.length)) {
      const ended = this.#ended.get(offset)
      if (ended === undefined) this.#ended.set(offset, new Set([producerId]))
      else ended.add(producerId)
    }
  }

  *#read(): Steps<Map<number, readonly number[]>> {
    const { snapshots, io } = this.#log
    const open = new Map<number, number[]>()
    for (const offset of snapshots.offsets.filter((one) => one < this.#before)) {
      for (const { producerId, isInTransaction } of io(() => snapshots.read(offset)) ?? []) {
        if (!isInTransaction) continue
        const offsets = open.get(producerId)
        if (offsets === undefined) open.set(producerId, [offset])
        else offsets.push(offset)
      }
      yield NOTHING
    }
    return open
  }

  /** Before the marks go. On the device then, whatever becomes of the cleaning. */
  *save(): Steps<void> {
    const { snapshots, io, wait } = this.#log
    for (const [offset, ended] of this.#ended) {
      const entries = io(() => snapshots.read(offset))
      if (entries === undefined) continue
      for (const entry of entries) if (ended.has(entry.producerId)) entry.endTransaction()
      yield { ioBytes: 0, wait: wait(snapshots.rewrite(offset, entries)) }
    }
    this.#ended.clear()
  }
}
