// Ways to spoil bytes: any bytes, and those of a message whose lengths are known.

import type { Below } from '../compat/harness/random.ts'
import { pick } from './corpus.ts'
import type { LengthPlace } from './places.ts'

type Mutator = (bytes: Buffer, below: Below, other: Buffer) => Buffer

/** Extreme numbers, of one, two, four and eight bytes. */
const NUMBERS = [
  '00', '01', '7f', '80', 'ff', '0000', '7fff', '8000', 'ffff', '00000000', '00000001', '7fffffff',
  '80000000', 'ffffffff', 'fffffffe', '0000000000000000', '7fffffffffffffff', '8000000000000000',
  'ffffffffffffffff',
].map((text) => Buffer.from(text, 'hex'))

/** 0, 1, 2, 127, the largest, all bits, the smallest; zero and one in too many bytes; no end. */
const VARINTS = [
  '00', '01', '02', '7f', 'ffffffff07', 'ffffffff0f', '8080808008', '8000', '8180808000',
  '808080808000', 'ffffffffffff', 'c18d3d', 'ffff03',
].map((text) => Buffer.from(text, 'hex'))

const LENGTHS: Readonly<Record<'int16' | 'int32', readonly number[]>> = {
  int16: [0, -1, -2, 1, 0x7fff, -0x8000, 255],
  int32: [0, -1, -2, 1, 0x7fffffff, -0x80000000, 1_000_000, 1_000_001, 65_535],
}

const TAGS = [0, 1, 2, 3, 4, 5, 9, 99, 10_000, 0x7fffffff]

const MUTATORS: readonly Mutator[] = [
  flipBits, replaceBytes, writeNumber, cut, extend, splice, repeat, remove, insertNoise,
]

/** One to four mutations. */
export function mutate(bytes: Buffer, below: Below, other: Buffer): Buffer {
  let mutated = bytes
  for (let rest = 1 + below(4); rest > 0; rest--) {
    mutated = pick(MUTATORS, below)(mutated, below, other)
  }
  return mutated
}

export function noise(sizeBytes: number, below: Below): Buffer {
  const bytes = Buffer.allocUnsafe(sizeBytes)
  for (let i = 0; i < sizeBytes; i++) bytes[i] = below(256)
  return bytes
}

function flipBits(bytes: Buffer, below: Below): Buffer {
  const copy = Buffer.from(bytes)
  if (copy.length === 0) return copy
  for (let count = 1 + below(4); count > 0; count--) {
    copy[below(copy.length)]! ^= 1 << below(8)
  }
  return copy
}

function replaceBytes(bytes: Buffer, below: Below): Buffer {
  const copy = Buffer.from(bytes)
  if (copy.length === 0) return copy
  for (let count = 1 + below(4); count > 0; count--) copy[below(copy.length)] = below(256)
  return copy
}

function writeNumber(bytes: Buffer, below: Below): Buffer {
  const copy = Buffer.from(bytes)
  pick(NUMBERS, below).copy(copy, below(copy.length + 1))
  return copy
}

function cut(bytes: Buffer, below: Below): Buffer {
  return bytes.subarray(0, below(bytes.length + 1))
}

function extend(bytes: Buffer, below: Below): Buffer {
  return Buffer.concat([bytes, noise(1 + below(64), below)])
}

function splice(bytes: Buffer, below: Below, other: Buffer): Buffer {
  return Buffer.concat([
    bytes.subarray(0, below(bytes.length + 1)), other.subarray(below(other.length + 1)),
  ])
}

function repeat(bytes: Buffer, below: Below): Buffer {
  const start = below(bytes.length + 1)
  const part = bytes.subarray(start, start + 1 + below(40))
  const times = Array<Buffer>(1 + below(20)).fill(part)
  return Buffer.concat([bytes.subarray(0, start), ...times, bytes.subarray(start)])
}

function remove(bytes: Buffer, below: Below): Buffer {
  const start = below(bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + 1 + below(8))])
}

function insertNoise(bytes: Buffer, below: Below): Buffer {
  const start = below(bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, start), noise(1 + below(8), below),
    bytes.subarray(start)])
}

/** Writes something extreme where a length or a count stands. */
export function mutateLength(bytes: Buffer, places: readonly LengthPlace[], below: Below): Buffer {
  if (places.length === 0) return bytes
  const { form, start, end } = pick(places, below)
  const restBytes = bytes.length - end
  return Buffer.concat([bytes.subarray(0, start), lengthBytes(form, restBytes, below),
    bytes.subarray(end)])
}

function lengthBytes(form: LengthPlace['form'], restBytes: number, below: Below): Buffer {
  const isNear = below(4) === 0
  const near = restBytes + below(4) - 1
  if (form === 'varint') return isNear ? varint(near + 1) : pick(VARINTS, below)
  const value = isNear ? near : pick(LENGTHS[form], below)
  const bytes = Buffer.alloc(form === 'int16' ? 2 : 4)
  if (form === 'int16') bytes.writeInt16BE(Math.min(value, 0x7fff))
  else bytes.writeInt32BE(value)
  return bytes
}

export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value >>> 0
  for (; rest >= 0x80; rest >>>= 7) bytes.push(rest & 0x7f | 0x80)
  return Buffer.from([...bytes, rest])
}

/** The bytes, of a version with tagged fields, with a wild section of such at their end. */
export function withTagSoup(bytes: Buffer, below: Below): Buffer {
  const count = below(20)
  const parts = [bytes.subarray(0, -1),
    below(8) === 0 ? pick(VARINTS, below) : varint(count)]
  for (let i = 0; i < count; i++) {
    const content = noise(below(24), below)
    const size = below(8) === 0 ? pick(VARINTS, below) : varint(content.length)
    parts.push(varint(pick(TAGS, below)), size, content)
  }
  return Buffer.concat(parts)
}
