// Kafka's message definitions, out of the JSON in its jars.

import type { Kind } from '../../protocol/schema.ts'
import {
  type Fact, fieldFact, type MessageFacts, ranges, versionsFrom, zeroOf,
} from './facts.ts'

interface Definition {
  readonly name: string
  readonly type: string
  readonly apiKey?: number
  readonly validVersions: string
  readonly flexibleVersions?: string
  readonly listeners?: readonly string[]
  readonly latestVersionUnstable?: boolean
  readonly fields?: readonly FieldDefinition[]
  readonly commonStructs?: readonly { name: string, fields: readonly FieldDefinition[] }[]
}

interface FieldDefinition {
  readonly name: string
  readonly type: string
  readonly versions?: string
  readonly nullableVersions?: string
  readonly taggedVersions?: string
  readonly flexibleVersions?: string
  readonly tag?: number
  readonly default?: unknown
  readonly mapKey?: boolean
  readonly entityType?: string
  readonly fields?: readonly FieldDefinition[]
}

const SCALARS: ReadonlySet<string> = new Set<Kind>([
  'bool', 'int8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'float64', 'uuid', 'string',
  'bytes', 'records',
])

/** The facts of every message that some version still has: of those removed, a name is left. */
export function kafkaFacts(texts: readonly string[]): MessageFacts[] {
  return texts
    .map((text) => JSON.parse(text.replace(/^\s*\/\/.*$/gm, '')) as Definition)
    .filter(({ validVersions }) => validVersions !== 'none')
    .map(factsOf)
}

function factsOf(definition: Definition): MessageFacts {
  const { name, type, apiKey, listeners = [], latestVersionUnstable = false } = definition
  const versions = select(definition.validVersions, versionsFrom(0, 1000))
  const isRequest = type === 'request'
  const message = {
    versions: ranges(versions),
    flexible: ranges(select(definition.flexibleVersions, versions), versions.at(-1)),
    apiKey: String(apiKey ?? 'none'),
    listeners: isRequest ? [...listeners].sort().join(', ') : 'none',
    latestVersionUnstable: String(isRequest && latestVersionUnstable),
  }
  const fields = new Map<string, Fact>()
  const structs = new Map(definition.commonStructs?.map((of) => [of.name, of.fields]))
  collect(definition.fields ?? [], '', versions, versions.at(-1)!, structs, fields)
  return { name, message, fields }
}

function collect(
  definitions: readonly FieldDefinition[], prefix: string, versions: readonly number[],
  newest: number, structs: ReadonlyMap<string, readonly FieldDefinition[]>,
  into: Map<string, Fact>,
): void {
  for (const field of definitions) {
    const path = prefix + field.name[0]!.toLowerCase() + field.name.slice(1)
    const isArray = field.type.startsWith('[]')
    const element = isArray ? field.type.slice(2) : field.type
    const elementKind = (SCALARS.has(element) ? element : 'struct') as Kind
    const own = select(field.versions ?? field.taggedVersions, versions)
    // Some fields have outlived their last version.
    if (own.length === 0) continue
    into.set(path, fieldFact({
      type: isArray ? `array of ${elementKind}` : elementKind,
      versions: own,
      nullable: select(field.nullableVersions, own),
      tagged: select(field.taggedVersions, own),
      tag: field.tag,
      default: defaultOf(field, isArray ? 'array' : elementKind),
      isKey: field.mapKey === true,
      entity: field.entityType,
      isInflexible: field.flexibleVersions === 'none',
    }, newest))
    const inner = field.fields ?? structs.get(element)
    if (inner !== undefined) collect(inner, `${path}.`, own, newest, structs, into)
  }
}

function defaultOf(field: FieldDefinition, kind: Kind): string {
  const value = field.default
  // The word is a default, the JSON value is none: so Kafka's generator reads it.
  if (value === undefined || value === null || value === '') return zeroOf(kind)
  if (value === 'null') return 'null'
  if (kind === 'string' || kind === 'bool') return String(value)
  return String(Number(value))
}

/** Those of the versions that a range such as `3+`, `1-4`, `2` or `none` names. */
function select(range: string | undefined, versions: readonly number[]): number[] {
  if (range === undefined || range === 'none') return []
  const [, from, rest, to] = /^(\d+)(\+|-(\d+))?$/.exec(range) ?? []
  if (from === undefined) throw new Error(`${range} is no range of versions`)
  const highest = rest === '+' ? Infinity : Number(to ?? from)
  return versions.filter((version) => version >= Number(from) && version <= highest)
}
