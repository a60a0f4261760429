// How people write times, durations and sizes, and how they are shown to them.

import { UsageError } from './exit.ts'

const DURATIONS: Readonly<Record<string, number>> = {
  '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000,
}
const SIZES: Readonly<Record<string, number>> = {
  '': 1, b: 1, k: 1000, kb: 1000, m: 1e6, mb: 1e6, g: 1e9, gb: 1e9,
  kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3,
}

/** `500ms`, `10s`, `5m`, `2h`, `7d`, or milliseconds without a unit. */
export function durationMs(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|)$/.exec(text)
  if (match !== null) return Number(match[1]) * DURATIONS[match[2]!]!
  throw new UsageError(`${option} ${text}: write 500ms, 10s, 5m, 2h or 7d`)
}

/** `100`, `16k`, `1MB`, `64KiB`. */
export function sizeBytes(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text)
  const unit = SIZES[match?.[2]?.toLowerCase() ?? '?']
  if (match !== null && unit !== undefined) return Math.round(Number(match[1]) * unit)
  throw new UsageError(`${option} ${text}: write a size as 100, 16k, 1MB or 64KiB`)
}

/** Numbers with separators, as people say them: `1k`, `2.5M`. */
export function count(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kKmM]?)$/.exec(text.replaceAll('_', ''))
  const value = match === null ? NaN
    : Number(match[1]) * (match[2] === '' ? 1 : match[2]!.toLowerCase() === 'k' ? 1000 : 1e6)
  if (Number.isSafeInteger(value)) return value
  throw new UsageError(`${option} ${text}: write a number as 1000, 10k or 2M`)
}

/**
 * Milliseconds since 1970 of a time as people write it: `2026-11-21T10:00:00Z`, `2026-11-21`, `1h`
 * (an hour ago), or the milliseconds themselves. Undefined for what is none.
 */
export function timeMs(text: string, nowMs: number): number | undefined {
  const ago = /^(\d+(?:\.\d+)?)(s|m|h|d)(?: ago)?$/.exec(text)
  if (ago !== null) return Math.round(nowMs - Number(ago[1]) * DURATIONS[ago[2]!]!)
  if (/^\d{12,14}$/.test(text)) return Number(text)
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return undefined
  const parsed = Date.parse(text)
  return Number.isNaN(parsed) ? undefined : parsed
}

export function shownTime(timestampMs: number): string {
  const date = new Date(timestampMs)
  return timestampMs < 0 || Number.isNaN(date.getTime()) ? '-' : date.toISOString()
}

export function shownSize(bytes: number): string {
  for (const [unit, size] of [['GB', 1e9], ['MB', 1e6], ['kB', 1e3]] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`
  }
  return `${bytes} B`
}

export function shownDuration(durationOfMs: number): string {
  if (durationOfMs < 1000) return `${Math.round(durationOfMs)} ms`
  const seconds = durationOfMs / 1000
  if (seconds < 120) return `${seconds.toFixed(1)} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
