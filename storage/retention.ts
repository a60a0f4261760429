// Which segments of a log may go, by `retention.ms`, `retention.bytes` and the log's start.

import type { LogConfig } from './config.ts'

/** Each has several files that get other names, and others wait meanwhile. */
const MAX_AT_ONCE = 16

/** What is asked of a segment. */
export interface Expendable {
  readonly baseOffset: number
  readonly nextOffset: number
  readonly sizeBytes: number
  readonly largestTimestamp: number
  /** Looks whether that is true; it may be another one afterwards. */
  confirmTimes?(): void
}

export interface RetentionState {
  readonly startOffset: number
  readonly highWatermark: number
}

/**
 * How many segments from the oldest on are to be deleted now; then there may be more of them. The
 * last may be among them, unless it is empty: then it has to be rolled before.
 */
export function countExpired(
  segments: readonly Expendable[], config: LogConfig, state: RetentionState, nowMs: number,
): number {
  const isBefore = (_: Expendable, nextOffset: number): boolean => nextOffset <= state.startOffset
  const byStart = countWhile(segments, state, isBefore, true)
  if (byStart === MAX_AT_ONCE || !config.cleanupPolicy.has('delete')) return byStart
  return Math.max(byStart, byTime(segments, config, state, nowMs), bySize(segments, config, state))
}

function byTime(
  segments: readonly Expendable[], { retentionMs }: LogConfig, state: RetentionState, nowMs: number,
): number {
  if (retentionMs < 0) return 0
  const isOld = ({ largestTimestamp }: Expendable): boolean => (
    nowMs - largestTimestamp > retentionMs)
  return countWhile(segments, state, (segment) => {
    if (!isOld(segment)) return false
    // Nothing goes because of an index that tells a wrong time.
    segment.confirmTimes?.()
    return isOld(segment)
  })
}

function bySize(
  segments: readonly Expendable[], { retentionBytes }: LogConfig, state: RetentionState,
): number {
  if (retentionBytes < 0) return 0
  let excessBytes = -retentionBytes
  for (const { sizeBytes } of segments) excessBytes += sizeBytes
  return countWhile(segments, state, ({ sizeBytes }) => {
    if (sizeBytes > excessBytes) return false
    excessBytes -= sizeBytes
    return true
  })
}

/** Only what is committed may go. The active segment goes, if at all, when it has records. */
function countWhile(
  segments: readonly Expendable[], { highWatermark }: RetentionState,
  isExpired: (segment: Expendable, nextOffset: number) => boolean, keepsLast = false,
): number {
  let count = 0
  for (const segment of segments.slice(0, MAX_AT_ONCE)) {
    const isLast = count === segments.length - 1
    if (isLast && (keepsLast || segment.sizeBytes === 0)) break
    // Between segments records may be missing: the log would begin with the next one.
    const nextOffset = segments[count + 1]?.baseOffset ?? segment.nextOffset
    if (nextOffset > highWatermark || !isExpired(segment, nextOffset)) break
    count++
  }
  return count
}
