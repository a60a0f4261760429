// Finding an offset or a time in a log of many segments, beside one of two with the same records.

import { join } from 'node:path'
import type { Log } from '../../storage/log.ts'
import { contest } from '../measure.ts'
import { batchOf, fill, MB, openLog, withDirectory } from './logs.ts'

const BATCH_BYTES = 16 * 1024
const LOG_BYTES = 200 * MB
const MANY = 200
const FEW = 2
const FIRST_MS = 1_700_000_000_000

export async function benchLookups(): Promise<void> {
  console.log(`\nlook-ups in ${LOG_BYTES / MB} MB in ${MANY} segments beside the same in ${FEW} `
    + '(goal: they cost no more)')
  await withDirectory(async (path) => {
    const many = filled(join(path, 'many-0'), MANY)
    const few = filled(join(path, 'few-0'), FEW)
    console.log(`  ${many.segmentCount} segments, ${few.segmentCount} segments`)
    for (const [name, lookUp] of LOOK_UPS) {
      const result = await contest({
        name, ours: repeating(many, lookUp), theirs: repeating(few, lookUp),
      })
      console.log([
        name.padEnd(24), `${MANY}: ${(result.oursNs / 1e3).toFixed(1).padStart(5)} us`,
        `${FEW}: ${(result.theirsNs / 1e3).toFixed(1).padStart(5)} us`,
        `ratio ${result.ratio.toFixed(2)}`,
      ].join('  '))
    }
    many.abandon()
    few.abandon()
  })
}

/** The record at the offset has that timestamp. */
function timeOf(offset: number): number {
  return FIRST_MS + offset
}

function filled(directory: string, segments: number): Log {
  // The size that the last segment reaches too.
  const log = openLog(directory, { config: { segmentBytes: LOG_BYTES / segments + BATCH_BYTES } })
  while (log.sizeBytes < LOG_BYTES) {
    fill(log, batchOf(BATCH_BYTES, 1024, timeOf(log.endOffset)), 1)
  }
  return log
}

const LOOK_UPS: readonly (readonly [string, (log: Log, offset: number) => unknown])[] = [
  ['by offset', (log, offset) => (
    log.read(offset, 1, { maxOffset: log.endOffset, minOneBatch: true }).release())],
  ['by timestamp', (log, offset) => log.offsetForTimestamp(timeOf(offset))],
  ['the newest timestamp', (log) => log.maxTimestampOffset()],
  ['bytes behind an offset', (log, offset) => log.readableBytes(offset, log.endOffset)],
]

/** At places all over the log, in no order that anybody could foresee. */
function repeating(log: Log, lookUp: (log: Log, offset: number) => unknown): () => void {
  let state = 7
  return () => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0
    lookUp(log, state % log.endOffset)
  }
}
