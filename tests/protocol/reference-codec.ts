// The protocol's encoding once more, as plainly as can be: what the compiled codecs are held
// against. Walks the description of a message for every value; knows nothing of speed or limits.

import { Field, type FieldSpec, type Message, type Shape } from '../../protocol/schema.ts'

type Values = Record<string, unknown>

interface Version {
  readonly number: number
  readonly isFlexible: boolean
}

function versionOf(message: Message, number: number): Version {
  return { number, isFlexible: number >= (message.flexibleSince ?? Infinity) }
}

function specsOf(shape: Shape): [string, FieldSpec][] {
  return Object.entries(shape).map(([name, { spec }]) => [name, spec])
}

export function isThere(spec: FieldSpec, version: number): boolean {
  return version >= spec.since && version <= spec.until
}

function isTagged(spec: FieldSpec, version: Version): boolean {
  return spec.tag !== undefined && version.isFlexible && version.number >= (spec.tagSince ?? 0)
}

export function zeroOf(spec: FieldSpec): unknown {
  if (spec.default !== undefined) return spec.default
  switch (spec.kind) {
    case 'bool': return false
    case 'string': return ''
    case 'uuid': return 'AAAAAAAAAAAAAAAAAAAAAA'
    case 'bytes': case 'records': return Buffer.alloc(0)
    case 'array': return []
    case 'struct':
      return Object.fromEntries(specsOf(spec.shape!).map(([name, of]) => [name, zeroOf(of)]))
    default: return 0
  }
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push(rest % 128 + 128)
  }
}

function integer(value: number, sizeBytes: number): Buffer {
  const bits = BigInt.asUintN(8 * sizeBytes, BigInt(value))
  return Buffer.from(bits.toString(16).padStart(2 * sizeBytes, '0'), 'hex')
}

function lengthOf(value: number, spec: FieldSpec, version: Version): Buffer {
  if (version.isFlexible && spec.inflexible !== true) return varint(value + 1)
  return integer(value, spec.kind === 'string' ? 2 : 4)
}

function writeValue(
  spec: FieldSpec, version: Version, value: unknown, isInTags = false,
): Buffer {
  switch (spec.kind) {
    case 'bool': return Buffer.from([value === true ? 1 : 0])
    case 'int8': return integer(value as number, 1)
    case 'int16': case 'uint16': return integer(value as number, 2)
    case 'int32': case 'uint32': return integer(value as number, 4)
    case 'int64': return integer(value as number, 8)
    case 'float64': {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleBE(value as number)
      return bytes
    }
    case 'uuid': return Buffer.from(value as string, 'base64url')
    case 'struct': {
      const nullable = spec.nullableSince !== undefined && version.number >= spec.nullableSince
      if (value === null) return integer(isInTags ? 0 : -1, 1)
      const fields = writeFields(spec.shape!, version, value as Values)
      return nullable ? Buffer.concat([integer(1, 1), fields]) : fields
    }
    case 'array': {
      if (value === null) return lengthOf(-1, spec, version)
      const elements = value as unknown[]
      const written = elements.map((element) => writeValue(spec.element!.spec, version, element))
      return Buffer.concat([lengthOf(elements.length, spec, version), ...written])
    }
    default: {
      if (value === null) return lengthOf(-1, spec, version)
      const bytes = Buffer.from(value as string)
      return Buffer.concat([lengthOf(bytes.length, spec, version), bytes])
    }
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function writeFields(shape: Shape, version: Version, values: Values): Buffer {
  const inLine: Buffer[] = []
  const tagged: { tag: number, bytes: Buffer }[] = []
  for (const [name, spec] of specsOf(shape)) {
    if (!isThere(spec, version.number)) continue
    const value = values[name] === undefined ? zeroOf(spec) : values[name]
    if (!isTagged(spec, version)) inLine.push(writeValue(spec, version, value))
    else if (!isSame(value, zeroOf(spec))) {
      tagged.push({ tag: spec.tag!, bytes: writeValue(spec, version, value, true) })
    }
  }
  if (!version.isFlexible) return Buffer.concat(inLine)
  tagged.sort((a, b) => a.tag - b.tag)
  const sections = tagged.map(({ tag, bytes }) =>
    Buffer.concat([varint(tag), varint(bytes.length), bytes]))
  return Buffer.concat([...inLine, varint(tagged.length), ...sections])
}

export function referenceEncode(message: Message, version: number, value: Values): Buffer {
  return writeFields(message.shape, versionOf(message, version), value)
}

/** What reading gives of what was written: absent fields at their default. */
export function asRead(shape: Shape, version: number, values: Values): Values {
  return Object.fromEntries(specsOf(shape).map(([name, spec]) => {
    const value = isThere(spec, version) && values[name] !== undefined ? values[name] : zeroOf(spec)
    return [name, valueAsRead(spec, version, value)]
  }))
}

function valueAsRead(spec: FieldSpec, version: number, value: unknown): unknown {
  if (value === null) return null
  if (spec.kind === 'struct') return asRead(spec.shape!, version, value as Values)
  if (spec.kind !== 'array') return value
  return (value as unknown[]).map((element) => valueAsRead(spec.element!.spec, version, element))
}

/**
 * A value with something in every field, by a source of whole numbers below the one it is given.
 */
export function randomValues(
  shape: Shape, version: number, integerBelow: (maxExclusive: number) => number,
): Values {
  const values: Values = {}
  for (const [name, spec] of specsOf(shape)) {
    if (isThere(spec, version)) values[name] = randomValue(spec, version, integerBelow)
  }
  return values
}

function randomValue(
  spec: FieldSpec, version: number, below: (maxExclusive: number) => number,
): unknown {
  const isNullable = spec.nullableSince !== undefined && version >= spec.nullableSince
  if (isNullable && below(4) === 0) return null
  const signed = (bits: number) => below(2 ** Math.min(bits, 31)) - 2 ** (Math.min(bits, 31) - 1)
  const bytes = (count: number) => Buffer.from(Uint8Array.from({ length: count }, () => below(256)))
  switch (spec.kind) {
    case 'bool': return below(2) === 1
    case 'int8': return signed(8)
    case 'int16': return signed(16)
    case 'uint16': return below(65536)
    case 'int32': return [signed(31), -1, 2147483647, -2147483648][below(4)]
    case 'uint32': return below(2 ** 32)
    case 'int64': return [signed(31) * 2 ** 21, -1, -(2 ** 63), 2 ** 53 - 1][below(4)]
    case 'float64': return signed(31) / 8
    case 'uuid': return bytes(16).toString('base64url')
    case 'string': return ['', 'a', 'topic-name', 'grün €', 'x'.repeat(below(300))][below(5)]
    case 'bytes': case 'records': return bytes(below(200))
    case 'struct': return randomValues(spec.shape!, version, below)
    case 'array': return Array.from({ length: below(4) }, () =>
      randomValue((spec.element as Field<unknown>).spec, version, below))
  }
}
