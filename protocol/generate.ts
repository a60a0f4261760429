// Generates the source of a reader or a writer for one version of a message, and compiles it.
//
// What comes out is what one would write by hand: one function per struct and array, one call per
// field, no look-up of a version or a type while bytes are moved. The source is made of the
// description alone, and of no text but the names and defaults in it.

import type { Reader } from './reader.ts'
import type { Field, FieldSpec, Shape } from './schema.ts'
import type { Writer } from './writer.ts'

export type Read = (reader: Reader) => unknown
export type Write = (writer: Writer, value: unknown) => void

type AnyField = Field<unknown, unknown, boolean>

const SCALAR_BYTES: Readonly<Record<string, number>> = {
  bool: 1, int8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, int64: 8, float64: 8, uuid: 16,
}

/** Functions and constants of the source under construction. */
class Source {
  readonly version: number
  readonly isFlexible: boolean
  readonly #isTraced: boolean
  readonly #functions: string[] = []

  constructor(version: number, isFlexible: boolean, isTraced = false) {
    this.version = version
    this.isFlexible = isFlexible
    this.#isTraced = isTraced
  }

  /** Reading a field or an element: where that is traced, under a label, itself source. */
  traced(label: string, read: string): string {
    return this.#isTraced ? `r.at(${label}, () => ${read})` : read
  }

  /** Adds a function and gives its name. */
  add(parameters: string, body: readonly string[]): string {
    const name = `f${this.#functions.length}`
    this.#functions.push(`function ${name}(${parameters}) {\n${body.join('\n')}\n}`)
    return name
  }

  compile(main: string): unknown {
    const text = `'use strict'
const EMPTY = Buffer.alloc(0)
${this.#functions.join('\n')}
return ${main}`
    // The compiler of this schema language: its input is part of this program, never of a request.
    return new Function('Buffer', text)(Buffer)
  }

  has({ since, until }: FieldSpec): boolean {
    return this.version >= since && this.version <= until
  }

  isNullable({ nullableSince }: FieldSpec): boolean {
    return nullableSince !== undefined && this.version >= nullableSince
  }

  isTagged({ tag, tagSince }: FieldSpec): boolean {
    return tag !== undefined && this.isFlexible && this.version >= (tagSince ?? 0)
  }

  /** `compactNullableString` and its kin; without a prefix, the first letter is small. */
  method(spec: FieldSpec, kind: string): string {
    const isCompact = this.isFlexible && spec.inflexible !== true
    const name = `${isCompact ? 'Compact' : ''}${this.isNullable(spec) ? 'Nullable' : ''}${kind}`
    return name[0]!.toLowerCase() + name.slice(1)
  }
}

/**
 * Names are written as they are: those of a schema are identifiers, `__proto__` is none of them.
 */
function fieldsOf(shape: Shape): [string, FieldSpec][] {
  return Object.entries(shape).map(([name, field]) => [name, (field as AnyField).spec])
}

/** The source of what a field is where it is left out. */
function defaultOf(spec: FieldSpec): string {
  if (spec.default !== undefined) return JSON.stringify(spec.default)
  switch (spec.kind) {
    case 'bool': return 'false'
    case 'string': return '""'
    case 'uuid': return '"AAAAAAAAAAAAAAAAAAAAAA"'
    case 'bytes': case 'records': return 'EMPTY'
    case 'array': return '[]'
    case 'struct': {
      const fields = fieldsOf(spec.shape!).map(([name, of]) => `${name}: ${defaultOf(of)}`)
      return `{ ${fields.join(', ')} }`
    }
    default: return '0'
  }
}

// Reading.

/** A traced one wants a `TracedReader`, and is slow. */
export function generateReader(
  shape: Shape, version: number, isFlexible: boolean, isTraced = false,
): Read {
  const source = new Source(version, isFlexible, isTraced)
  return source.compile(structReader(source, shape)) as Read
}

function structReader(source: Source, shape: Shape): string {
  const fields = fieldsOf(shape)
  const body: string[] = []
  const cases: string[] = []
  fields.forEach(([name, spec], i) => {
    const isThere = source.has(spec)
    const read = (place: Place) => source.traced(`'.${name}'`, readExpression(source, spec, place))
    if (isThere && !source.isTagged(spec)) {
      body.push(`const v${i} = ${read('in line')}`)
      return
    }
    body.push(`let v${i} = ${defaultOf(spec)}`)
    if (spec.tag === undefined) return
    cases.push(isThere
      ? `case ${spec.tag}: v${i} = ${read('tagged')}; break`
      : `case ${spec.tag}: r.refuseTag(${spec.tag})`)
  })
  if (source.isFlexible) body.push(...(cases.length === 0 ? ['r.skipTags()'] : tagLoop(cases)))
  body.push(`return { ${fields.map(([name], i) => `${name}: v${i}`).join(', ')} }`)
  return source.add('r', body)
}

function tagLoop(cases: readonly string[]): string[] {
  return [
    'for (let count = r.tagCount(); count > 0; count--) {',
    'const tag = r.varint()',
    'const sizeBytes = r.varint()',
    'switch (tag) {', ...cases, 'default: r.skipTag(sizeBytes)', '}',
    '}',
  ]
}

/**
 * Where a struct that may be null stands. In line, a signed byte stands before it, negative for
 * null; in the tagged section a varint, zero for null.
 */
type Place = 'in line' | 'tagged'

function readExpression(source: Source, spec: FieldSpec, place: Place): string {
  switch (spec.kind) {
    case 'string': return `r.${source.method(spec, 'String')}()`
    case 'bytes': case 'records': return `r.${source.method(spec, 'Bytes')}()`
    case 'array': return `${arrayReader(source, spec)}(r)`
    case 'struct': {
      const read = `${structReader(source, spec.shape!)}(r)`
      if (!source.isNullable(spec)) return read
      const isNull = place === 'tagged' ? 'r.varint() <= 0' : 'r.int8() < 0'
      return `(${isNull} ? null : ${read})`
    }
    default: return `r.${spec.kind}()`
  }
}

function arrayReader(source: Source, spec: FieldSpec): string {
  const element = spec.element!.spec
  const limits = `${leastBytes(source, element)}, ${valuesOf(element)}`
  const length = `r.${source.method(spec, 'ArrayLength')}(${limits})`
  const readElement = source.traced("'[' + i + ']'", readExpression(source, element, 'in line'))
  return source.add('r', [
    `const length = ${length}`,
    ...(source.isNullable(spec) ? ['if (length < 0) return null'] : []),
    'const elements = []',
    `for (let i = 0; i < length; i++) elements.push(${readElement})`,
    'return elements',
  ])
}

/** The fewest bytes a value can take; at least one, so that no count is free. */
function leastBytes(source: Source, spec: FieldSpec): number {
  const isCompact = source.isFlexible && spec.inflexible !== true
  switch (spec.kind) {
    case 'string': return isCompact ? 1 : 2
    case 'bytes': case 'records': case 'array': return isCompact ? 1 : 4
    case 'struct': {
      if (source.isNullable(spec)) return 1
      const inLine = fieldsOf(spec.shape!).map(([, of]) => of)
        .filter((of) => source.has(of) && !source.isTagged(of))
      const sum = inLine.reduce((total, of) => total + leastBytes(source, of), 0)
      return Math.max(sum + (source.isFlexible ? 1 : 0), 1)
    }
    default: return SCALAR_BYTES[spec.kind]!
  }
}

/**
 * What a value takes in memory, counted in numbers: an object is about four of them, and what it
 * holds; a view of the frame is a larger one.
 */
function valuesOf(spec: FieldSpec): number {
  switch (spec.kind) {
    case 'string': case 'uuid': case 'array': return 5
    case 'bytes': case 'records': return 16
    case 'struct':
      return fieldsOf(spec.shape!).reduce((sum, [, of]) => sum + valuesOf(of), 4)
    default: return 1
  }
}

// Writing.

export function generateWriter(shape: Shape, version: number, isFlexible: boolean): Write {
  const source = new Source(version, isFlexible)
  return source.compile(structWriter(source, shape)) as Write
}

function structWriter(source: Source, shape: Shape): string {
  const fields = fieldsOf(shape).filter(([, spec]) => source.has(spec))
  const body: string[] = []
  for (const [name, spec] of fields) {
    if (!source.isTagged(spec)) body.push(writeStatement(source, spec, valueOf(name, spec)))
  }
  if (source.isFlexible) body.push(...tagWriter(source, fields))
  return source.add('w, v', body)
}

/** A field that may be left out is read through its default. */
function valueOf(name: string, spec: FieldSpec): string {
  const mayBeAbsent = spec.default !== undefined || spec.tag !== undefined
    || spec.since > 0 || spec.until < 32767
  const value = `v.${name}`
  return mayBeAbsent ? `(${value} === undefined ? ${defaultOf(spec)} : ${value})` : value
}

function writeStatement(
  source: Source, spec: FieldSpec, value: string, place: Place = 'in line',
): string {
  switch (spec.kind) {
    case 'string': return `w.${source.method(spec, 'String')}(${value})`
    case 'bytes': return `w.${source.method(spec, 'Bytes')}(${value})`
    case 'records': return `w.${source.method(spec, 'Records')}(${value})`
    case 'array': return `${arrayWriter(source, spec)}(w, ${value})`
    case 'struct': {
      const write = structWriter(source, spec.shape!)
      if (!source.isNullable(spec)) return `${write}(w, ${value})`
      const none = place === 'tagged' ? 0 : -1
      return `${source.add('w, v', [
        `if (v === null) w.int8(${none})`, `else { w.int8(1); ${write}(w, v) }`,
      ])}(w, ${value})`
    }
    default: return `w.${spec.kind}(${value})`
  }
}

function arrayWriter(source: Source, spec: FieldSpec): string {
  const method = source.isFlexible ? 'compactArrayLength' : 'arrayLength'
  return source.add('w, v', [
    ...(source.isNullable(spec) ? [`if (v === null) { w.${method}(-1); return }`] : []),
    `w.${method}(v.length)`,
    `for (const e of v) { ${writeStatement(source, spec.element!.spec, 'e')} }`,
  ])
}

/** The tagged section: the fields that differ from their default, by rising tag. */
function tagWriter(source: Source, fields: readonly [string, FieldSpec][]): string[] {
  const tagged = fields.filter(([, spec]) => source.isTagged(spec))
    .sort(([, a], [, b]) => a.tag! - b.tag!)
  if (tagged.length === 0) return ['w.varint(0)']
  const values = tagged.map(([name, spec], i) => `const t${i} = ${valueOf(name, spec)}`)
  const isSent = tagged.map(([, spec], i) => `const s${i} = ${differs(source, spec, `t${i}`)}`)
  const count = tagged.map((_, i) => `(s${i} ? 1 : 0)`).join(' + ')
  const writes = tagged.map(([, spec], i) => {
    const write = source.add('w, v', [writeStatement(source, spec, 'v', 'tagged')])
    return `if (s${i}) w.tagged(${spec.tag}, ${write}, t${i})`
  })
  return [...values, ...isSent, `w.varint(${count})`, ...writes]
}

/** The source of a test whether a value is not the default. */
function differs(source: Source, spec: FieldSpec, value: string): string {
  if (spec.default === null) return `${value} !== null`
  const orNull = source.isNullable(spec) ? `${value} === null || ` : ''
  switch (spec.kind) {
    case 'array': case 'bytes': case 'records': return `${orNull}${value}.length > 0`
    case 'struct': {
      const tests = fieldsOf(spec.shape!)
        .map(([name, of]) => `(${differs(source, of, valueOf(name, of))})`)
      const test = source.add('v', [`return ${tests.join(' || ') || 'false'}`])
      return `${orNull}${test}(${value})`
    }
    default: return `${value} !== ${defaultOf(spec)}`
  }
}
