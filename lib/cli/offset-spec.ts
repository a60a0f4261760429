// Where in a partition to begin or to end, as people write it.

import type { Client, TopicPartition } from '../client/client.ts'
import { partitionKey } from '../client/client.ts'
import type { Ends } from '../client/offsets.ts'
import { offsetOf, offsetsAt } from '../client/offsets.ts'
import { UsageError } from './exit.ts'
import { timeMs } from './units.ts'

export type OffsetSpec =
  | { readonly kind: 'beginning' }
  | { readonly kind: 'end' }
  | { readonly kind: 'offset', readonly offset: number }
  /** So many before the end. */
  | { readonly kind: 'last', readonly count: number }
  | { readonly kind: 'time', readonly timeMs: number }

export const OFFSET_HELP = 'beginning, end, an offset, -10 (the last ten of each partition), '
  + 'a time (2026-11-21T10:00:00Z), or 1h (an hour ago)'

export function parseOffset(option: string, text: string, nowMs: number): OffsetSpec {
  if (/^(beginning|earliest|start)$/.test(text)) return { kind: 'beginning' }
  if (/^(end|latest)$/.test(text)) return { kind: 'end' }
  if (/^\d{1,11}$/.test(text)) return { kind: 'offset', offset: Number(text) }
  if (/^-\d{1,11}$/.test(text)) return { kind: 'last', count: -Number(text) }
  const time = timeMs(text, nowMs)
  if (time !== undefined) return { kind: 'time', timeMs: time }
  throw new UsageError(`${option} ${text}: write ${OFFSET_HELP}`)
}

/** The offsets that it means, by `topic-partition`; never outside of what is there. */
export async function resolveOffsets(
  client: Client, spec: OffsetSpec, partitions: readonly TopicPartition[],
  ends: ReadonlyMap<string, Ends>,
): Promise<Map<string, number>> {
  const byTime = spec.kind === 'time'
    ? await offsetsAt(client, partitions.map((one) => ({ ...one, time: spec.timeMs })))
    : undefined
  return new Map(partitions.map((one) => {
    const key = partitionKey(one)
    const { start, end } = ends.get(key)!
    const within = (offset: number): number => Math.min(Math.max(offset, start), end)
    switch (spec.kind) {
      case 'beginning': return [key, start]
      case 'end': return [key, end]
      case 'offset': return [key, within(spec.offset)]
      case 'last': return [key, within(end - spec.count)]
      case 'time': {
        const found = offsetOf(byTime!.get(key))
        return [key, found < 0 ? end : within(found)]
      }
    }
  }))
}
