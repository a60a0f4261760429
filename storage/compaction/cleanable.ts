// Which part of a log a cleaning may touch, whether it is worth one, and which segments become one.

import type { LogConfig } from '../config.ts'
import { MAX_RELATIVE_OFFSET } from '../segment.ts'

/** What is asked of a segment. */
export interface CleanableSegment {
  readonly baseOffset: number
  readonly sizeBytes: number
  readonly largestTimestamp: number
  /** The largest timestamp of its first batch; −1 without one. */
  readonly firstBatchTimestamp: number
  readonly offsetIndexBytes: number
  readonly timeIndexBytes: number
}

export interface CleanableState {
  /** All of the log; the last one is active. */
  readonly segments: readonly CleanableSegment[]
  readonly config: LogConfig
  readonly startOffset: number
  readonly endOffset: number
  readonly lastStableOffset: number
  /** What the checkpoint says; undefined: the log was never cleaned. */
  readonly cleanedTo: number | undefined
}

export interface Cleanable {
  /** Below it keys are there once; from it on they are looked at. */
  readonly firstDirtyOffset: number
  /** The base of the first segment that must stay as it is. */
  readonly firstUncleanableOffset: number
  readonly cleanableBytes: number
  /** How much of what may be cleaned is dirty, 0 to 1. */
  readonly dirtyRatio: number
  /** For how long it should have been cleaned, whatever the ratio (`max.compaction.lag.ms`). */
  readonly overdueMs: number
  /** It has to be cleaned now, whatever the ratio (KIP-354). */
  readonly isOverdue: boolean
}

/** Undefined where there is nothing to clean, or not enough. */
export function findCleanable(state: CleanableState, nowMs: number): Cleanable | undefined {
  const dirt = findDirt(state, nowMs)
  return dirt !== undefined && isWorthCleaning(dirt, state.config) ? dirt : undefined
}

export function isWorthCleaning(
  { isOverdue, dirtyRatio }: Cleanable, config: Pick<LogConfig, 'minCleanableDirtyRatio'>,
): boolean {
  return isOverdue || dirtyRatio > config.minCleanableDirtyRatio
}

/** Undefined where there is nothing to clean. */
export function findDirt(state: CleanableState, nowMs: number): Cleanable | undefined {
  const { segments } = state
  if (segments.length < 2) return undefined
  const firstDirtyOffset = firstDirty(state)
  const firstUncleanableOffset = firstUncleanable(state, firstDirtyOffset, nowMs)
  const dirty = between(segments, firstDirtyOffset, firstUncleanableOffset)
  const clean = segments.filter(({ baseOffset }) => baseOffset < firstDirtyOffset)
  const cleanableBytes = sizeOf(dirty)
  if (cleanableBytes === 0) return undefined
  const dirtyRatio = cleanableBytes / (sizeOf(clean) + cleanableBytes)
  const overdueMs = overdue(state, firstDirtyOffset, nowMs)
  return {
    firstDirtyOffset, firstUncleanableOffset, cleanableBytes, dirtyRatio, overdueMs,
    isOverdue: overdueMs > 0,
  }
}

/** A checkpoint that is not within the log tells nothing: it is cleaned from its start then. */
function firstDirty({ cleanedTo, startOffset, endOffset }: CleanableState): number {
  return cleanedTo === undefined || cleanedTo < startOffset || cleanedTo > endOffset
    ? startOffset : cleanedTo
}

/** G1, G3: neither the active segment, nor what is not stable, nor what is too young. */
function firstUncleanable(
  { segments, config, lastStableOffset }: CleanableState, firstDirtyOffset: number, nowMs: number,
): number {
  const active = segments.at(-1)!
  const lagMs = config.minCompactionLagMs
  const young = lagMs <= 0 ? undefined : between(segments, firstDirtyOffset, active.baseOffset)
    .find(({ largestTimestamp }) => largestTimestamp > nowMs - lagMs)
  const limit = Math.max(firstDirtyOffset,
    Math.min(lastStableOffset, active.baseOffset, young?.baseOffset ?? Infinity))
  return segments.findLast(({ baseOffset }) => baseOffset <= limit)?.baseOffset ?? 0
}

function overdue(
  { segments, config }: CleanableState, firstDirtyOffset: number, nowMs: number,
): number {
  if (config.maxCompactionLagMs === Infinity) return 0
  let earliestMs = Infinity
  for (const segment of between(segments, firstDirtyOffset, segments.at(-1)!.baseOffset)) {
    const { firstBatchTimestamp } = segment
    if (firstBatchTimestamp > 0) earliestMs = Math.min(earliestMs, firstBatchTimestamp)
  }
  return Math.max(0, nowMs - config.maxCompactionLagMs - earliestMs)
}

/** From the segment that holds the first offset to before the one that begins at the other. */
export function between<T extends { readonly baseOffset: number }>(
  segments: readonly T[], from: number, to: number,
): T[] {
  return segments.filter(({ baseOffset }, i) => (
    baseOffset < to && (segments[i + 1]?.baseOffset ?? Infinity) > from))
}

function sizeOf(segments: readonly CleanableSegment[]): number {
  let sum = 0
  for (const { sizeBytes } of segments) sum += sizeBytes
  return sum
}

export interface GroupLimits {
  /** `segment.bytes` */
  readonly segmentBytes: number
  /** `segment.index.bytes` */
  readonly segmentIndexBytes: number
  /** Where the last of the segments ends. */
  readonly endOffset: number
}

/**
 * Puts neighbours together that fit into one segment: in bytes, in entries of their indexes, and in
 * offsets, which a segment counts in 31 bits from its base (KAFKA-6264).
 */
export function groupSegments<T extends CleanableSegment>(
  segments: readonly T[], { segmentBytes, segmentIndexBytes, endOffset }: GroupLimits,
): T[][] {
  const groups: T[][] = []
  let sizeBytes = 0
  let offsetIndexBytes = 0
  let timeIndexBytes = 0
  for (const [i, segment] of segments.entries()) {
    const group = groups.at(-1)
    const lastOffset = (segments[i + 1]?.baseOffset ?? endOffset) - 1
    sizeBytes += segment.sizeBytes
    offsetIndexBytes += segment.offsetIndexBytes
    timeIndexBytes += segment.timeIndexBytes
    const fits = group !== undefined && sizeBytes <= segmentBytes
      && offsetIndexBytes <= segmentIndexBytes && timeIndexBytes <= segmentIndexBytes
      && (segment.sizeBytes === 0 || lastOffset - group[0]!.baseOffset <= MAX_RELATIVE_OFFSET)
    if (fits) {
      group.push(segment)
      continue
    }
    groups.push([segment])
    sizeBytes = segment.sizeBytes
    offsetIndexBytes = segment.offsetIndexBytes
    timeIndexBytes = segment.timeIndexBytes
  }
  return groups
}
