// H7, H8: what a log has to be on a disk that is full. It goes on as what was acknowledged of it,
// and all of that can be read.

import type { MemoryDisk } from '../../storage/memory-disk.ts'
import { fits } from '../../storage/room.ts'
import { promisedNow } from './machine.ts'
import type { LogModel } from './model.ts'
import { must, mustEqual } from './promise.ts'
import { verify } from './verify.ts'

/** The model forgets what did not fit. Throws BrokenPromise. */
export function lookAtFull(model: LogModel, memory: MemoryDisk): void {
  const log = model.log!
  const { name } = model
  must('H8', !log.isFailed, () => `${name} has failed, though the disk is only full`)
  fits(() => log.flush())
  const { endOffset, writtenOffset } = log
  must('H7', endOffset >= model.acknowledgedTo,
    () => `${name} ends at ${endOffset}, but was acknowledged up to ${model.acknowledgedTo}`)
  mustEqual('H7', `${name}: the end of what is written`, writtenOffset, endOffset)
  mustEqual('H7', `${name}: bytes in the files`, bytesIn(memory, log.directory), log.sizeBytes)
  for (const { producerId, lastBatch, currentTransactionFirstOffset } of log.producers.all()) {
    must('D5', Math.max(lastBatch?.lastOffset ?? -1, currentTransactionFirstOffset) < endOffset,
      () => `${name}: producer ${producerId} has written behind the end, ${endOffset}`)
  }
  model.forgetFrom(endOffset)
  verify(log, model, promisedNow(model, 'kill'))
}

function bytesIn(memory: MemoryDisk, directory: string): number {
  return memory.list(directory).filter(({ name }) => name.endsWith('.log'))
    .reduce((sum, { name }) => sum + memory.sizeBytes(`${directory}/${name}`)!, 0)
}
