// Generates the source of a reader or a writer for one version of a message, and compiles it.
//
// What comes out is what one would write by hand: one function per struct and array; for fields of
// a fixed size that stand side by side one look at the room that they need, one call for any other;
// no look-up of a version or a type while bytes are moved. The source is made of the description
// alone, and of no text but the names and defaults in it.

import { FIXED_BYTES, readFixed, readSource, writeFixed, writeSource } from './fixed.ts'
import type { Reader } from './reader.ts'
import { int8, type Field, type FieldSpec, type Shape } from './schema.ts'
import type { Writer } from './writer.ts'

export type Read = (reader: Reader) => unknown
export type Write = (writer: Writer, value: unknown) => void

type AnyField = Field<unknown, unknown, boolean>

/** What a source names besides its own functions: each of them costs every codec a little. */
export const OUTSIDE = {
  EMPTY: Buffer.alloc(0),
  read_float64: readFixed.float64,
  read_uuid: readFixed.uuid,
  write_float64: writeFixed.float64,
  write_uuid: writeFixed.uuid,
}

/** Functions and constants of the source under construction. */
class Source {
  readonly version: number
  readonly isFlexible: boolean
  readonly isTraced: boolean
  readonly #functions: string[] = []

  constructor(version: number, isFlexible: boolean, isTraced = false) {
    this.version = version
    this.isFlexible = isFlexible
    this.isTraced = isTraced
  }

  /** Reading a field or an element: where that is traced, under a label, itself source. */
  traced(label: string, read: string): string {
    return this.isTraced ? `r.at(${label}, () => ${read})` : read
  }

  /** Adds a function and gives its name. */
  add(parameters: string, body: readonly string[]): string {
    const name = `f${this.#functions.length}`
    this.#functions.push(`function ${name}(${parameters}) {\n${body.join('\n')}\n}`)
    return name
  }

  /** The body of a function that gives this one of its functions. */
  giving(main: string): string {
    return `'use strict'
${this.#functions.join('\n')}
return ${main}`
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

interface OwnField {
  readonly name: string
  readonly spec: FieldSpec
}

/**
 * Names are written as they are: those of a schema are identifiers, `__proto__` is none of them.
 */
function fieldsOf(shape: Shape): OwnField[] {
  return Object.entries(shape).map(([name, field]) => ({ name, spec: (field as AnyField).spec }))
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
      const fields = fieldsOf(spec.shape!)
        .map(({ name, spec: of }) => `${name}: ${defaultOf(of)}`)
      return `{ ${fields.join(', ')} }`
    }
    default: return '0'
  }
}

interface KindOnly {
  readonly spec: Pick<FieldSpec, 'kind'>
}

/** Neighbours of a fixed size together, any other field alone. */
function groupsOf<F extends KindOnly>(fields: readonly F[]): F[][] {
  const groups: F[][] = []
  let isLastFixed = false
  for (const field of fields) {
    const isFixed = FIXED_BYTES[field.spec.kind] !== undefined
    if (isFixed && isLastFixed) groups.at(-1)!.push(field)
    else groups.push([field])
    isLastFixed = isFixed
  }
  return groups
}

/** Where each field of a group begins, and where the last one ends. */
function offsetsOf(group: readonly KindOnly[]): { offsets: number[], sizeBytes: number } {
  let sizeBytes = 0
  const offsets = group.map(({ spec }) => {
    const offset = sizeBytes
    sizeBytes += FIXED_BYTES[spec.kind]!
    return offset
  })
  return { offsets, sizeBytes }
}

// Reading.

/** A traced one wants a `TracedReader`, and is slow. */
export function generateReader(
  shape: Shape, version: number, isFlexible: boolean, isTraced = false,
): Read {
  return compile(readerSource(shape, version, isFlexible, isTraced)) as Read
}

/** The body of a function that gives the reader; it names what is in `OUTSIDE`. */
export function readerSource(
  shape: Shape, version: number, isFlexible: boolean, isTraced = false,
): string {
  const source = new Source(version, isFlexible, isTraced)
  return source.giving(structReader(source, shape))
}

function compile(text: string): unknown {
  // The compiler of this schema language: its input is part of this program, never of a request.
  return new Function(...Object.keys(OUTSIDE), text)(...Object.values(OUTSIDE))
}

function structReader(source: Source, shape: Shape): string {
  const fields = fieldsOf(shape)
  const inLine = fields.filter(({ spec }) => source.has(spec) && !source.isTagged(spec))
  const others = fields.filter((field) => !inLine.includes(field))
  const body = groupsOf(inLine).flatMap((group) => groupReader(source, group))
  body.push(...others.map(({ name, spec }) => `let v_${name} = ${defaultOf(spec)}`))
  const cases = others.filter(({ spec }) => spec.tag !== undefined)
    .map(({ name, spec }) => {
      if (!source.has(spec)) return `case ${spec.tag}: r.refuseTag(${spec.tag})`
      return `case ${spec.tag}: v_${name} = ${fieldReader(source, name, spec, 'tagged')}; break`
    })
  if (source.isFlexible) body.push(...(cases.length === 0 ? ['r.skipTags()'] : tagLoop(cases)))
  body.push(`return { ${fields.map(({ name }) => `${name}: v_${name}`).join(', ')} }`)
  return source.add('r', body)
}

function groupReader(source: Source, group: readonly OwnField[]): string[] {
  if (source.isTraced || FIXED_BYTES[group[0]!.spec.kind] === undefined) {
    return group.map(({ name, spec }) => (
      `const v_${name} = ${fieldReader(source, name, spec, 'in line')}`
    ))
  }
  const { offsets, sizeBytes } = offsetsOf(group)
  const [at, b] = [`at_${group[0]!.name}`, `b_${group[0]!.name}`]
  return [`const ${at} = r.skip(${sizeBytes}), ${b} = r.buffer`,
    ...group.map(({ name, spec }, i) => (
      `const v_${name} = ${readSource(spec.kind, b, at, offsets[i]!)}`
    ))]
}

function fieldReader(source: Source, name: string, spec: FieldSpec, place: Place): string {
  return source.traced(`'.${name}'`, readExpression(source, spec, place))
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
  return source.add('r', [
    `const length = ${length}`,
    ...(source.isNullable(spec) ? ['if (length < 0) return null'] : []),
    ...oneElementReader(source, element),
    'const elements = []',
    ...elementsReader(source, element),
    'return elements',
  ])
}

/** Most lists have one element; pushed into an empty list it would make room for 16 more. */
function oneElementReader(source: Source, element: FieldSpec): string[] {
  if (source.isTraced) return []
  return [`if (length === 1) return [${readExpression(source, element, 'in line')}]`]
}

function elementsReader(source: Source, element: FieldSpec): string[] {
  const sizeBytes = FIXED_BYTES[element.kind]
  if (sizeBytes === undefined || source.isTraced) {
    const read = source.traced("'[' + i + ']'", readExpression(source, element, 'in line'))
    return [`for (let i = 0; i < length; i++) elements.push(${read})`]
  }
  return [
    `const b = r.buffer, end = r.skip(length * ${sizeBytes}) + length * ${sizeBytes}`,
    `for (let at = end - length * ${sizeBytes}; at < end; at += ${sizeBytes}) {`,
    `elements.push(${readSource(element.kind, 'b', 'at', 0)})`,
    '}',
  ]
}

/** The fewest bytes a value can take; at least one, so that no count is free. */
function leastBytes(source: Source, spec: FieldSpec): number {
  const isCompact = source.isFlexible && spec.inflexible !== true
  switch (spec.kind) {
    case 'string': return isCompact ? 1 : 2
    case 'bytes': case 'records': case 'array': return isCompact ? 1 : 4
    case 'struct': {
      if (source.isNullable(spec)) return 1
      const inLine = fieldsOf(spec.shape!).map((field) => field.spec)
        .filter((of) => source.has(of) && !source.isTagged(of))
      const sum = inLine.reduce((total, of) => total + leastBytes(source, of), 0)
      return Math.max(sum + (source.isFlexible ? 1 : 0), 1)
    }
    default: return FIXED_BYTES[spec.kind]!
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
      return fieldsOf(spec.shape!).reduce((sum, field) => sum + valuesOf(field.spec), 4)
    default: return 1
  }
}

// Writing.

export function generateWriter(shape: Shape, version: number, isFlexible: boolean): Write {
  return compile(writerSource(shape, version, isFlexible)) as Write
}

/** As `readerSource`. */
export function writerSource(shape: Shape, version: number, isFlexible: boolean): string {
  const source = new Source(version, isFlexible)
  return source.giving(structWriter(source, shape))
}

function structWriter(source: Source, shape: Shape): string {
  const fields = fieldsOf(shape).filter(({ spec }) => source.has(spec))
  const tagged = fields.filter(({ spec }) => source.isTagged(spec))
  const inLine: WrittenField[] = fields.filter((field) => !tagged.includes(field))
    .map(({ name, spec }) => ({ name, spec, value: valueOf(name, spec) }))
  // A section without tags is one more field, which is always zero.
  const hasNoTags = source.isFlexible && tagged.length === 0
  if (hasNoTags) inLine.push({ name: 'tags', spec: int8.spec, value: '0' })
  const body = groupsOf(inLine).flatMap((group) => groupWriter(source, group))
  if (tagged.length > 0) body.push(...tagWriter(source, tagged))
  return source.add('w, v', body)
}

interface WrittenField extends OwnField {
  /** The source of what is written. */
  readonly value: string
}

function groupWriter(source: Source, group: readonly WrittenField[]): string[] {
  if (FIXED_BYTES[group[0]!.spec.kind] === undefined) {
    return group.map(({ spec, value }) => writeStatement(source, spec, value))
  }
  const { offsets, sizeBytes } = offsetsOf(group)
  const [at, b] = [`at_${group[0]!.name}`, `b_${group[0]!.name}`]
  return [`const ${at} = w.reserve(${sizeBytes}), ${b} = w.buffer`,
    ...group.flatMap(({ name, spec, value }, i) => [
      `const x_${name} = ${value}`, writeSource(spec.kind, b, at, offsets[i]!, `x_${name}`),
    ])]
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
    ...elementsWriter(source, spec.element!.spec),
  ])
}

function elementsWriter(source: Source, element: FieldSpec): string[] {
  const sizeBytes = FIXED_BYTES[element.kind]
  if (sizeBytes === undefined) {
    return [`for (const e of v) { ${writeStatement(source, element, 'e')} }`]
  }
  return [
    `let at = w.reserve(v.length * ${sizeBytes})`,
    'const b = w.buffer',
    'for (const e of v) {', writeSource(element.kind, 'b', 'at', 0, 'e'), `at += ${sizeBytes}`, '}',
  ]
}

/** The tagged section: the fields that differ from their default, by rising tag. */
function tagWriter(source: Source, fields: readonly OwnField[]): string[] {
  const tagged = [...fields].sort((a, b) => a.spec.tag! - b.spec.tag!)
  const values = tagged.map(({ name }, i) => `const t${i} = v.${name}`)
  const isSent = tagged.map(({ spec }, i) => (
    `const s${i} = t${i} !== undefined && (${differs(source, spec, `t${i}`)})`
  ))
  const count = tagged.map((_, i) => `(s${i} ? 1 : 0)`).join(' + ')
  const writes = tagged.map(({ spec }, i) => {
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
        .map(({ name, spec: of }) => `(${differs(source, of, valueOf(name, of))})`)
      const test = source.add('v', [`return ${tests.join(' || ') || 'false'}`])
      return `${orNull}${test}(${value})`
    }
    default: return `${value} !== ${defaultOf(spec)}`
  }
}
