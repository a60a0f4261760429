// Reads that are made when their bytes are sent: where in a file they lie is known before, and that
// they are sound.

import type { FilePlace, LateBytes, LentBytes } from '../protocol/late-bytes.ts'
import type { BufferPool, ReadFile } from './buffer-pool.ts'
import type { Guard } from './guard.ts'
import type { BatchPlace } from './locate.ts'
import { endOf } from './reading.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'

/** Less is read at once: to look for it twice would cost more. */
const LEAST_BYTES = 64 * 1024

/** What is read of a log, and what stands before it. */
interface Source {
  readonly segments: Segments
  readonly guard: Guard
}

/** The file can be read, whatever becomes of the segment, until it is released. */
export interface LateRead extends LateBytes {
  release(): void
}

export interface LateReadOptions {
  /** Nothing at or after it. */
  readonly maxOffset: number
  readonly maxSizeBytes: number
  /** What lies in memory is better read at once. */
  readonly onlyFromFiles: boolean
}

/**
 * What `readBatches` would give. Undefined where that has to be done: for little, and for what must
 * be looked at before somebody gets it. Throws CORRUPT_MESSAGE.
 */
export function findBatches(
  source: Source, buffers: BufferPool, offset: number, options: LateReadOptions,
): LateRead | undefined {
  const { maxOffset, maxSizeBytes, onlyFromFiles } = options
  const { segments } = source
  if (offset >= maxOffset || maxSizeBytes < LEAST_BYTES) return undefined
  const segment = segments.all[Math.max(0, segments.indexOf(offset))]!
  if (onlyFromFiles && segment.file.descriptor === undefined) return undefined
  const endPosition = endOf(segment, maxOffset)
  const { places } = segment
  if (endPosition - Math.max(0, places.find(offset)) < LEAST_BYTES) return undefined
  const place = segment.locate(offset)
  if (place === undefined) return undefined
  const { position, sizeBytes: firstBatchBytes } = place
  const sizeBytes = Math.min(maxSizeBytes, endPosition - position)
  if (sizeBytes < Math.max(firstBatchBytes, LEAST_BYTES)) return undefined
  const isSound = segment.soundness.knownTo(position) >= position + sizeBytes
  return isSound ? new SegmentRead(source, buffers, segment, { position, sizeBytes }) : undefined
}

class SegmentRead implements LateRead {
  readonly length: number
  readonly release: () => void
  readonly #source: Source
  readonly #buffers: BufferPool
  readonly #segment: Segment
  /** As it is now: to read something else instead is not to be had. */
  readonly #content: ReadFile
  readonly #position: number

  constructor(source: Source, buffers: BufferPool, segment: Segment, place: BatchPlace) {
    this.length = place.sizeBytes
    this.#source = source
    this.#buffers = buffers
    this.#segment = segment
    this.#content = { file: segment.file, places: segment.places }
    this.release = segment.file.hold()
    this.#position = place.position
  }

  read(position: number, sizeBytes: number): LentBytes {
    return this.#guarded(() => this.#read(position, sizeBytes))
  }

  inFile(position: number): FilePlace | undefined {
    const start = this.#position + position
    const descriptor = this.#guarded(() => this.#content.file.descriptor?.())
    if (descriptor === undefined) return undefined
    // For several it is read once, and in the processor's cache when the others get it.
    const isShared = this.#buffers.isSoughtAgain(this.#content, start)
    return isShared ? undefined : { descriptor, position: start }
  }

  #guarded<T>(work: () => T): T {
    if (this.#segment.places !== this.#content.places) throw new Error('the log was cut')
    return this.#isInLog ? this.#source.guard.do(work) : work()
  }

  /** What becomes of a file that belongs to nobody any more says nothing of the log. */
  get #isInLog(): boolean {
    const { guard, segments } = this.#source
    const segment = segments.all[segments.indexOf(this.#segment.baseOffset)]
    return guard.isUsable && segment === this.#segment
  }

  #read(position: number, sizeBytes: number): LentBytes {
    const start = this.#position + position
    const lease = this.#buffers.read(this.#content, start, sizeBytes)
    if (lease.bytes.length === sizeBytes) return lease
    lease.release()
    throw this.#segment.corruptAt(start + lease.bytes.length)
  }
}
