// Fetches that wait: until there is enough to read in their partitions, or until their time is up.

import type { Clock, Timer } from '../world/clock.ts'
import type { AskedPartition } from './fetch-sessions.ts'
import { type Partition, ANY_EPOCH } from './partition.ts'
import { isFollower, type Reader, readableEnd } from './partition-read.ts'

/** A partition to be watched, from an offset on. */
export interface Watched {
  readonly partition: Partition
  readonly asked: AskedPartition
}

export interface FetchWait {
  readonly clock: Pick<Clock, 'setTimer'>
  readonly watched: readonly Watched[]
  readonly reader: Reader
  readonly minBytes: number
  readonly maxWaitMs: number
  /** Called once; within this very call if there is nothing to wait for. */
  done(): void
}

/** A change that nobody need count bytes for: the fetch is answered with what is there. */
const CHANGED = Infinity

/**
 * Waits for so many bytes, for a partition that can no longer be read as was asked, or for the
 * time. Partitions tell of new records in the storage phase of a turn, so the answer leaves in the
 * same turn as the producers'.
 */
export class DelayedFetch {
  readonly #wait: FetchWait
  /** What is readable of each partition, counted when it was last heard of. */
  readonly #bytes = new Map<Partition, number>()
  #timer: Timer | undefined
  #isOver = false

  constructor(wait: FetchWait) {
    this.#wait = wait
    for (const { partition } of wait.watched) this.#count(partition)
    if (this.#isEnough()) {
      this.#isOver = true
      wait.done()
      return
    }
    for (const { partition } of wait.watched) partition.addReader(this.#onReadable)
    this.#timer = wait.clock.setTimer(wait.maxWaitMs, this.#expired)
  }

  readonly #onReadable = (partition: Partition): void => {
    this.#count(partition)
    if (this.#isEnough()) this.#done()
  }

  readonly #expired = (): void => {
    const { watched: [first], reader } = this.#wait
    if (first !== undefined && !isFollower(reader)) first.partition.allTraffic.expiredFetches++
    this.#done()
  }

  readonly #done = (): void => {
    if (this.abandon()) this.#wait.done()
  }

  /** Waits no longer, without `done`; false if that was called already. */
  abandon(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#timer?.cancel()
    for (const { partition } of this.#wait.watched) partition.removeReader(this.#onReadable)
    return true
  }

  #isEnough(): boolean {
    let sizeBytes = 0
    for (const count of this.#bytes.values()) sizeBytes += count
    return sizeBytes >= this.#wait.minBytes
  }

  #count(partition: Partition): void {
    const { watched, reader } = this.#wait
    let sizeBytes = 0
    for (const one of watched) {
      if (one.partition === partition) sizeBytes += readableBytes(one, reader)
    }
    this.#bytes.set(partition, sizeBytes)
  }
}

function readableBytes({ partition, asked }: Watched, reader: Reader): number {
  const { currentLeaderEpoch, fetchOffset, partitionMaxBytes } = asked
  const isFenced = currentLeaderEpoch > ANY_EPOCH && currentLeaderEpoch !== partition.leaderEpoch
  if (!partition.isLeader || isFenced) return CHANGED
  const endOffset = readableEnd(partition.log, reader)
  if (fetchOffset > endOffset) return CHANGED
  return Math.min(partition.log.readableBytes(fetchOffset, endOffset), partitionMaxBytes)
}
