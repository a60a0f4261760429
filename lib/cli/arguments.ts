// Arguments that several commands take apart in the same way.

import type { Client, TopicPartition } from '../client/client.ts'
import { UsageError } from './exit.ts'

/** `key=value` each, in their order; a name may come again. */
export function pairList(option: string, texts: readonly string[]): [string, string][] {
  return texts.map((text) => {
    const at = text.indexOf('=')
    if (at < 1) throw new UsageError(`${option} ${text}: write name=value`)
    return [text.slice(0, at).trim(), text.slice(at + 1)]
  })
}

/** `key=value` each; the last of a name counts. */
export function pairs(option: string, texts: readonly string[]): Map<string, string> {
  return new Map(pairList(option, texts))
}

/** A whole number of at least so much; of −Infinity, any. */
export function wholeNumber(option: string, text: string | number, least = 0): number {
  const value = typeof text === 'number' ? text : /^[+-]?\d+$/.test(text) ? Number(text) : NaN
  if (Number.isSafeInteger(value) && value >= least) return value
  const kind = least === -Infinity ? 'a whole number' : `a whole number of at least ${least}`
  throw new UsageError(`${option} ${text}: write ${kind}`)
}

/** The option that `partitionList` reads. */
export const PARTITIONS = {
  alias: 'p', type: 'string', array: true, describe: 'These alone: 0, 0,2 or 0-3',
} as const

/** `0`, `0,2,5`, `0-3`. */
export function partitionList(option: string, texts: readonly string[]): number[] {
  const found = new Set<number>()
  for (const part of texts.flatMap((text) => text.split(','))) {
    const match = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(part.trim())
    if (match === null) throw new UsageError(`${option} ${part}: write partitions as 0, 0,2 or 0-3`)
    const last = Number(match[2] ?? match[1])
    if (last < Number(match[1])) {
      throw new UsageError(`${option} ${part}: write the smaller one first`)
    }
    for (let one = Number(match[1]); one <= last; one += 1) found.add(one)
  }
  return [...found]
}

/** Those of a topic that are wanted, or all. Throws UsageError for one that it has not. */
export async function partitionsOf(
  client: Client, topic: string, wanted: readonly number[] | undefined,
): Promise<TopicPartition[]> {
  const all = (await client.topic(topic)).partitions.map(({ partition }) => partition)
  const missing = wanted?.find((partition) => !all.includes(partition))
  if (missing !== undefined) {
    throw new UsageError(`--partition ${missing}: ${topic} has `
      + `${counted(all.length, 'partition')}, counted from 0`)
  }
  return (wanted ?? all).map((partition) => ({ topic, partition }))
}

/** `3 partitions`, `1 partition`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`
}

/** A pattern of a shell, `orders-*`, as an expression for whole names. */
export function globExpression(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'su')
}
