// What there is to say of a message, in one form for Kafka's definitions and for ours: a line for
// the message, and one for each field in wire order.

import type { Kind } from '../../protocol/schema.ts'

/** Name to value, as text: what is compared, and what a difference shows. */
export type Fact = Readonly<Record<string, string>>

export interface MessageFacts {
  readonly name: string
  readonly message: Fact
  /** By path, such as `topics.partitions.index`, in wire order. */
  readonly fields: ReadonlyMap<string, Fact>
}

/** A field's lists of versions and other properties, before they are put into words. */
export interface FieldProperties {
  /** `int32`, `array of string`, `array of struct`, … */
  readonly type: string
  readonly versions: readonly number[]
  readonly nullable: readonly number[]
  readonly tagged: readonly number[]
  readonly tag: number | undefined
  readonly default: string
  readonly isKey: boolean
  readonly entity: string | undefined
  readonly isInflexible: boolean
}

/** `newest`: of the message's versions. */
export function fieldFact(field: FieldProperties, newest: number): Fact {
  return {
    type: field.type,
    versions: ranges(field.versions, newest),
    nullable: ranges(field.nullable, newest),
    tagged: ranges(field.tagged, newest),
    tag: field.tagged.length === 0 ? 'none' : String(field.tag),
    default: field.default,
    key: String(field.isKey),
    entity: field.entity ?? 'none',
    inflexible: String(field.isInflexible),
  }
}

/** Sorted version numbers as ranges: `0-3, 5`; `5+` where 5 to the newest are among them. */
export function ranges(versions: readonly number[], newest = Infinity): string {
  const parts: [number, number][] = []
  for (const version of versions) {
    const last = parts.at(-1)
    if (last !== undefined && last[1] === version - 1) last[1] = version
    else parts.push([version, version])
  }
  const words = parts.map(([from, to]) => {
    if (to === newest) return `${from}+`
    return from === to ? `${from}` : `${from}-${to}`
  })
  return words.join(', ') || 'none'
}

export function versionsFrom(lowest: number, highest: number): number[] {
  return Array.from({ length: Math.max(highest - lowest + 1, 0) }, (_, i) => lowest + i)
}

/** What a field is where nothing is said of its default. */
export function zeroOf(kind: Kind): string {
  switch (kind) {
    case 'bool': return 'false'
    case 'string': case 'bytes': case 'records': case 'array': return 'empty'
    case 'uuid': case 'struct': return 'zero'
    default: return '0'
  }
}

/** How `actual` differs from `expected`, a line for each difference. */
export function differences(
  expected: readonly MessageFacts[], actual: readonly MessageFacts[],
): string[] {
  const ours = new Map(actual.map((of) => [of.name, of]))
  const known = new Set(expected.map(({ name }) => name))
  const surplus = actual.map(({ name }) => name).filter((name) => !known.has(name))
  return [...expected.flatMap((of) => {
    const own = ours.get(of.name)
    return own === undefined ? [`${of.name}: missing`] : differencesOf(of, own)
  }), ...surplus.map((name) => `${name}: surplus`)]
}

function differencesOf(expected: MessageFacts, actual: MessageFacts): string[] {
  const { name } = expected
  const found = factDifferences(name, expected.message, actual.message)
  for (const [path, fact] of expected.fields) {
    const own = actual.fields.get(path)
    if (own === undefined) found.push(`${name}.${path}: missing`)
    else found.push(...factDifferences(`${name}.${path}`, fact, own))
  }
  for (const path of actual.fields.keys()) {
    if (!expected.fields.has(path)) found.push(`${name}.${path}: surplus`)
  }
  if (found.length > 0) return found
  const [order, ownOrder] = [expected, actual].map(({ fields }) => [...fields.keys()].join(' '))
  return order === ownOrder ? [] : [`${name}: order of fields ${ownOrder}, not ${order}`]
}

function factDifferences(where: string, expected: Fact, actual: Fact): string[] {
  return Object.keys(expected)
    .filter((key) => expected[key] !== actual[key])
    .map((key) => `${where}: ${key} ${actual[key]}, not ${expected[key]}`)
}
