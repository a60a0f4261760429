// Random values for a message: empty, null, extreme, non-ASCII; and messages that carry tagged
// fields of which nobody knows.

import { bytes, Field, type FieldSpec, type Message, type Shape } from '../../protocol/schema.ts'
import type { Below } from '../harness/random.ts'

type AnyField = Field<unknown, unknown, boolean>
type Values = Record<string, unknown>

const TEXTS = [
  '', 'a', 'topic-name', 'grün', '日本語', '🪲 beetle', '\0', 'x'.repeat(126), 'y'.repeat(127),
  'z'.repeat(128),
]
const LONGEST_TEXT = 'l'.repeat(32767)
const DOUBLES = [0, -0, 1.5, -2.25e300, 5e-324, Number.MAX_VALUE, NaN, -Infinity]
/** The last is the highest that Kafka writes. */
const UNKNOWN_TAGS = [100, 128, 20_000, 2 ** 31 - 2]

const nameOf = (tag: number) => `unknown${tag}`

/** The message with tagged fields more than it has, in every struct of its flexible versions. */
export function withUnknownTags(message: Message): Message {
  const { flexibleSince } = message
  if (flexibleSince === undefined) return message
  const unknown = UNKNOWN_TAGS.map((tag) => (
    [nameOf(tag), bytes.since(flexibleSince).tag(tag)] as const
  ))
  const extend = (shape: Shape): Shape => Object.fromEntries([
    ...Object.entries(shape)
      .map(([name, field]) => [name, extendField(field as AnyField)] as const),
    ...unknown,
  ])
  const extendField = ({ spec }: AnyField): AnyField => new Field({
    ...spec,
    ...(spec.shape === undefined ? {} : { shape: extend(spec.shape) }),
    ...(spec.element === undefined ? {} : { element: extendField(spec.element) }),
  })
  return { ...message, shape: extend(message.shape) }
}

/** A value for each field of the version; a tagged one may be left out. */
export function randomValues(shape: Shape, version: number, below: Below): Values {
  const values: Values = {}
  for (const [name, { spec }] of Object.entries(shape) as [string, AnyField][]) {
    const isThere = version >= spec.since && version <= spec.until
    const isSent = spec.tag === undefined || below(3) !== 0
    if (isThere && isSent) values[name] = randomValue(spec, version, below)
  }
  return values
}

function randomValue(spec: FieldSpec, version: number, below: Below): unknown {
  const isNullable = spec.nullableSince !== undefined && version >= spec.nullableSince
  if (isNullable && below(4) === 0) return null
  switch (spec.kind) {
    case 'bool': return below(2) === 1
    case 'int8': return signed(8, below)
    case 'int16': return signed(16, below)
    case 'uint16': return unsigned(16, below)
    case 'int32': return signed(32, below)
    case 'uint32': return unsigned(32, below)
    case 'int64': return signed(64, below)
    case 'float64': return DOUBLES[below(DOUBLES.length)]
    case 'uuid': return below(4) === 0 ? 'A'.repeat(22) : noise(16, below).toString('base64url')
    case 'string': return below(2000) === 0 ? LONGEST_TEXT : TEXTS[below(TEXTS.length)]
    case 'bytes': case 'records': return noise(below(3) === 0 ? 0 : below(300), below)
    case 'struct': return randomValues(spec.shape!, version, below)
    case 'array': return randomArray(spec.element!.spec, version, below)
  }
}

function randomArray(element: FieldSpec, version: number, below: Below): unknown[] {
  const isLong = element.kind !== 'struct' && below(50) === 0
  return Array.from({ length: isLong ? 300 : below(4) }, () => randomValue(element, version, below))
}

/** Of 64 bits, nothing that a number does not hold, and the two ends. */
function signed(bits: number, below: Below): number {
  const end = 2 ** (bits - 1)
  const exact = Math.min(bits, 53)
  switch (below(8)) {
    case 0: return bits === 64 ? end : end - 1
    case 1: return -end
    case 2: return 0
    case 3: return -1
    case 4: return below(100)
    default: return unsigned(exact, below) - 2 ** (exact - 1)
  }
}

function unsigned(bits: number, below: Below): number {
  if (below(6) === 0) return 2 ** bits - 1
  return bits <= 32 ? below(2 ** bits) : below(2 ** (bits - 32)) * 2 ** 32 + below(2 ** 32)
}

function noise(sizeBytes: number, below: Below): Buffer {
  return Buffer.from(Uint8Array.from({ length: sizeBytes }, () => below(256)))
}
