// The schema language: a message is described once, in wire order, for all its versions.
//
// A description is a plain value. TypeScript infers from it what a handler reads (`Decoded`) and
// what it may write (`Encodable`); `compile.ts` builds the reader and the writer of one version
// from it. The words are those of Kafka's own message definitions: `since`/`until` are "versions",
// `nullable` is "nullableVersions", `tag` is "tag" with "taggedVersions", `key` is "mapKey",
// `entity` is "entityType".

import type { Part } from './late-bytes.ts'

export type Kind =
  | 'bool' | 'int8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'float64'
  | 'uuid' | 'string' | 'bytes' | 'records' | 'array' | 'struct'

/** What a version of no end is called: a field that is still there in the newest version. */
const FOREVER = 32767

/**
 * The description behind a `Field`, as `compile.ts` reads it. All version numbers are inclusive.
 */
export interface FieldSpec {
  readonly kind: Kind
  readonly since: number
  readonly until: number
  /** First version in which null may be sent; undefined: never. */
  readonly nullableSince?: number
  /** What an absent field is read as; undefined: the zero of its kind. */
  readonly default?: unknown
  readonly tag?: number
  /** First version in which the field is sent in the tagged section. */
  readonly tagSince?: number
  /** Part of the key when Kafka keeps the elements in a hash map ("mapKey"). */
  readonly key?: boolean
  readonly entity?: string
  /**
   * Sent in the old form (int16 length) even in flexible versions: the client id of a request
   * header.
   */
  readonly inflexible?: boolean
  readonly element?: Field<unknown, unknown, boolean>
  readonly shape?: Shape
}

/**
 * One field: `Read` is the type a decoder gives, `Write` the type an encoder takes, and `Required`
 * tells whether a writer must give it (a field that some version lacks, or that names a default,
 * need not be given).
 */
export class Field<Read, Write = Read, Required extends boolean = true> {
  declare readonly read: Read
  declare readonly write: Write
  declare readonly required: Required
  readonly spec: FieldSpec

  constructor(spec: FieldSpec) {
    this.spec = spec
  }

  /** First version that carries the field. */
  since(version: number): Field<Read, Write, false> {
    return new Field({ ...this.spec, since: version })
  }

  /** Last version that carries the field. */
  until(version: number): Field<Read, Write, false> {
    return new Field({ ...this.spec, until: version })
  }

  /** Null may be sent, from the given version on (or always). */
  nullable(since = 0): Field<Read | null, Write | null, Required> {
    return new Field({ ...this.spec, nullableSince: since })
  }

  /** What the field is where a version or a writer leaves it out. */
  default(value: Write): Field<Read, Write, false> {
    return new Field({ ...this.spec, default: value })
  }

  /**
   * Sent in the tagged section under this number; from a version on, where earlier ones sent it in
   * line.
   */
  tag(tag: number, since?: number): Field<Read, Write, false> {
    return new Field({ ...this.spec, tag, tagSince: since ?? this.spec.since })
  }

  key(): Field<Read, Write, Required> {
    return new Field({ ...this.spec, key: true })
  }

  entity(name: string): Field<Read, Write, Required> {
    return new Field({ ...this.spec, entity: name })
  }

  inflexible(): Field<Read, Write, Required> {
    return new Field({ ...this.spec, inflexible: true })
  }
}

/** Fields by name, in wire order. */
export interface Shape {
  // `any`: a Field of one type is not assignable to a Field of `unknown`, since builders return
  // `this` anew.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly [name: string]: Field<any, any, boolean>
}

export type ReadOf<S extends Shape> = { [K in keyof S]: S[K]['read'] } & {}

type RequiredNames<S extends Shape> = {
  [K in keyof S]: S[K]['required'] extends true ? K : never
}[keyof S]

export type WriteOf<S extends Shape> = {
  readonly [K in keyof S as K extends RequiredNames<S> ? K : never]: S[K]['write']
} & {
  readonly [K in keyof S as K extends RequiredNames<S> ? never : K]?: S[K]['write'] | undefined
} & {}

function scalar<T>(kind: Kind): Field<T> {
  return new Field<T>({ kind, since: 0, until: FOREVER })
}

export const bool = scalar<boolean>('bool')
export const int8 = scalar<number>('int8')
export const int16 = scalar<number>('int16')
export const uint16 = scalar<number>('uint16')
export const int32 = scalar<number>('int32')
export const uint32 = scalar<number>('uint32')
/**
 * A 64-bit integer as a JavaScript number: exact up to 2^53, beyond that the nearest double (the
 * two ends of the range come back as they were). Offsets, times and ids stay far below; hostile
 * values stay harmless.
 */
export const int64 = scalar<number>('int64')
export const float64 = scalar<number>('float64')
/** Sixteen bytes, in Kafka's text form: 22 characters of URL-safe base 64 without padding. */
export const uuid = scalar<string>('uuid')
export const string = scalar<string>('string')
/** A view into the frame it was read from, not a copy. */
export const bytes = scalar<Buffer>('bytes')
/** Record batches: as `bytes`, but written by reference, never copied. */
export const records = scalar<Buffer>('records')
/** Records of an answer, which may be read as late as they are sent. */
export const servedRecords = new Field<Buffer, Part>(records.spec)

export function struct<S extends Shape>(shape: S): Field<ReadOf<S>, WriteOf<S>> {
  return new Field({ kind: 'struct', shape, since: 0, until: FOREVER })
}

export function array<S extends Shape>(shape: S): Field<ReadOf<S>[], readonly WriteOf<S>[]>
export function array<R, W>(element: Field<R, W, boolean>): Field<R[], readonly W[]>
export function array(of: Shape | Field<unknown, unknown, boolean>): Field<unknown, unknown> {
  const element = of instanceof Field ? of : struct(of)
  return new Field({ kind: 'array', element, since: 0, until: FOREVER })
}

/** The zero topic id, directory id, …: "none". */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

export type VersionRange = readonly [lowest: number, highest: number]

/** A message outside an API's request or response: a header, or a record's key or value. */
export interface Message<S extends Shape = Shape> {
  readonly name: string
  readonly versions: VersionRange
  /** First version in the flexible form (compact lengths, tagged fields); undefined: none is. */
  readonly flexibleSince: number | undefined
  readonly shape: S
}

/** What reading a message gives: every field, those that its version lacks at their default. */
export type Decoded<M extends Message> = ReadOf<M['shape']>
/** What writing a message takes. */
export type Encodable<M extends Message> = WriteOf<M['shape']>

export function message<S extends Shape>(description: {
  readonly name: string
  readonly versions: VersionRange
  readonly flexibleSince?: number
  readonly fields: S
}): Message<S> {
  const { name, versions, flexibleSince, fields } = description
  return { name, versions, flexibleSince, shape: fields }
}

/** Where Kafka serves an API. */
export type ListenerKind = 'broker' | 'controller'

export interface Api<Q extends Shape = Shape, R extends Shape = Shape> {
  readonly name: string
  readonly key: number
  readonly versions: VersionRange
  /** The newest version is still in the making: described, readable, but not advertised. */
  readonly latestVersionUnstable: boolean
  readonly listeners: readonly ListenerKind[]
  readonly flexibleSince: number | undefined
  readonly request: Message<Q>
  readonly response: Message<R>
}

export type RequestOf<A extends Api> = ReadOf<A['request']['shape']>
export type ResponseOf<A extends Api> = WriteOf<A['response']['shape']>

/**
 * Describes an API: request and response, all versions. `flexibleSince` left out means none is
 * flexible.
 */
export function api<const Q extends Shape, const R extends Shape>(description: {
  readonly name: string
  readonly key: number
  readonly versions: VersionRange
  readonly latestVersionUnstable?: boolean
  readonly listeners?: readonly ListenerKind[]
  readonly flexibleSince?: number
  readonly request: Q
  readonly response: R
}): Api<Q, R> {
  const { name, key, versions, flexibleSince, listeners = ['broker'] } = description
  const part = <S extends Shape>(suffix: string, shape: S): Message<S> =>
    ({ name: name + suffix, versions, flexibleSince, shape })
  return {
    name, key, versions, flexibleSince, listeners,
    latestVersionUnstable: description.latestVersionUnstable ?? false,
    request: part('Request', description.request),
    response: part('Response', description.response),
  }
}
