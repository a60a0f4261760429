// When a batch has to begin the next segment.

import type { Batch } from '../protocol/records/batch.ts'
import { type LogConfig, maxSegmentMs } from './config.ts'
import { MAX_RELATIVE_OFFSET, type Segment } from './segment.ts'

/** `jitterMs`: how much less `segment.ms` is. */
export function isFullFor(
  segment: Segment, batch: Batch, config: LogConfig, jitterMs: number, nowMs: number,
): boolean {
  const { baseOffset, sizeBytes, offsetIndex, timeIndex, createdMs } = segment
  if (batch.lastOffset - baseOffset > MAX_RELATIVE_OFFSET) return true
  // One that is empty takes any batch: a follower cannot choose how large they are.
  if (sizeBytes === 0) return false
  if (sizeBytes > config.segmentBytes - batch.sizeBytes) return true
  const { segmentIndexBytes } = config
  const offsetEntries = Math.floor(segmentIndexBytes / offsetIndex.table.entryBytes)
  const timeEntries = Math.floor(segmentIndexBytes / timeIndex.table.entryBytes) - 1
  if (offsetIndex.count >= offsetEntries || timeIndex.count >= timeEntries) return true
  const first = segment.firstBatchTimestamp
  const ageMs = first >= 0 ? batch.maxTimestamp - first : nowMs - createdMs
  return ageMs > maxSegmentMs(config) - jitterMs
}
