// Walks the batches of a segment in steps: each is checked before it is shown.

import type { Batch } from '../../protocol/records/batch.ts'
import type { Segment } from '../segment.ts'
import { BatchChunks } from './batch-chunks.ts'
import { type CleanedLog, CleaningAbandoned, NOTHING, type Steps } from './cleaned-log.ts'

export interface Visitor {
  /** False ends the walk. The bytes of the batch stay until the chunk has been seen. */
  batch(batch: Batch): Steps<boolean>
  /** All batches of a chunk were shown, and are gone with the next. */
  chunkSeen?(): Steps<void>
}

export interface Walk {
  readonly segment: Segment
  /** It begins with the batch that holds the offset. */
  readonly from: number
  readonly buffer: Buffer
}

/**
 * Answers whether the visitor saw everything. Throws CORRUPT_MESSAGE for a batch that is damaged
 * (H3), StorageError, CleaningAbandoned when the segment is no longer there.
 */
export function* walk(
  log: CleanedLog, { segment, from, buffer }: Walk, visitor: Visitor,
): Steps<boolean> {
  if (!log.segments.all.includes(segment)) throw new CleaningAbandoned()
  const start = from <= segment.baseOffset ? 0 : log.io(() => segment.locate(from))?.position
  if (start === undefined) return true
  const file = log.io(() => segment.openFile())
  try {
    const end = segment.writtenBytes
    const chunks = new BatchChunks(file, start, end, buffer)
    let nextOffset = segment.baseOffset
    while (chunks.nextPosition < end) {
      yield { ioBytes: log.io(() => chunks.fill()) }
      if (!chunks.next()) refuse(log, segment, chunks.nextPosition)
      do {
        const { batch } = chunks
        const isInOrder = batch.baseOffset >= nextOffset && batch.nextOffset <= segment.nextOffset
        if (!chunks.isSound || !isInOrder) refuse(log, segment, chunks.position)
        nextOffset = batch.nextOffset
        if (!(yield* visitor.batch(batch))) return false
        yield NOTHING
      } while (chunks.next())
      if (visitor.chunkSeen !== undefined) yield* visitor.chunkSeen()
    }
    return true
  } finally {
    file.close()
  }
}

/** Unless the log was cut meanwhile: then what is there is not to be read. */
function refuse(log: CleanedLog, segment: Segment, position: number): never {
  return log.io(() => { throw segment.corruptAt(position) })
}
