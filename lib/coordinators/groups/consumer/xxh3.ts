// XXH3 in 64 bits, with seed 0 and the default secret: the hash that Kafka keeps of the topics that
// a group is subscribed to (KIP-1101).
//
// Written after the specification of xxHash. It is used for a few kilobytes whenever a topic has
// changed, so BigInt is fast enough. Inputs of less than four bytes do not occur and are refused.

const MASK = 0xffff_ffff_ffff_ffffn
const PRIME32_1 = 0x9e37_79b1n
const PRIME32_2 = 0x85eb_ca77n
const PRIME32_3 = 0xc2b2_ae3dn
const PRIME64_1 = 0x9e37_79b1_85eb_ca87n
const PRIME64_2 = 0xc2b2_ae3d_27d4_eb4fn
const PRIME64_3 = 0x1656_67b1_9e37_79f9n
const PRIME64_4 = 0x85eb_ca77_c2b2_ae63n
const PRIME64_5 = 0x27d4_eb2f_1656_67c5n
const PRIME_MX1 = 0x1656_6791_9e37_79f9n
const PRIME_MX2 = 0x9fb2_1c65_1e98_df25n

const SECRET = Buffer.from(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f'
  + 'cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c'
  + '3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8'
  + 'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364'
  + 'eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e'
  + '2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  'hex')

const STRIPE_BYTES = 64
/** How far the secret moves on with each stripe. */
const SECRET_STEP_BYTES = 8
const LANES = 8
const MID_MAX_BYTES = 240
const MID_SECRET_START_BYTES = 3
const MID_SECRET_END_BYTES = 119
const MERGE_SECRET_BYTES = 11
const LAST_STRIPE_SECRET_BYTES = 7

/** As a signed number of 64 bits. */
export function xxh3(input: Buffer): bigint {
  return BigInt.asIntN(64, unsigned(input))
}

function unsigned(input: Buffer): bigint {
  const { length } = input
  if (length < 4) throw new Error('too short for this XXH3')
  if (length <= 8) return upTo8(input)
  if (length <= 16) return upTo16(input)
  if (length <= 128) return upTo128(input)
  return length <= MID_MAX_BYTES ? upTo240(input) : long(input)
}

function upTo8(input: Buffer): bigint {
  const length = BigInt(input.length)
  const first = BigInt(input.readUInt32LE(0))
  const last = BigInt(input.readUInt32LE(input.length - 4))
  const flip = word(SECRET, 8) ^ word(SECRET, 16)
  const keyed = last + (first << 32n) ^ flip
  let hash = keyed ^ rotated(keyed, 49n) ^ rotated(keyed, 24n)
  hash = hash * PRIME_MX2 & MASK
  hash ^= (hash >> 35n) + length
  hash = hash * PRIME_MX2 & MASK
  return hash ^ hash >> 28n
}

function upTo16(input: Buffer): bigint {
  const low = (word(SECRET, 24) ^ word(SECRET, 32)) ^ word(input, 0)
  const high = (word(SECRET, 40) ^ word(SECRET, 48)) ^ word(input, input.length - 8)
  const sum = BigInt(input.length) + swapped(low) + high + folded(low, high)
  return avalanche(sum & MASK)
}

function upTo128(input: Buffer): bigint {
  const { length } = input
  let sum = BigInt(length) * PRIME64_1
  for (let at = (length - 1 >> 5) * 16; at >= 0; at -= 16) {
    sum += mixed(input, at, at * 2) + mixed(input, length - 16 - at, at * 2 + 16)
  }
  return avalanche(sum & MASK)
}

function upTo240(input: Buffer): bigint {
  const { length } = input
  let sum = BigInt(length) * PRIME64_1
  for (let at = 0; at < 128; at += 16) sum += mixed(input, at, at)
  sum = avalanche(sum & MASK)
  for (let at = 128; at + 16 <= length; at += 16) {
    sum += mixed(input, at, at - 128 + MID_SECRET_START_BYTES)
  }
  sum += mixed(input, length - 16, MID_SECRET_END_BYTES)
  return avalanche(sum & MASK)
}

function long(input: Buffer): bigint {
  const lanes = [
    PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1,
  ]
  const lastSecret = SECRET.length - STRIPE_BYTES
  const stripesPerBlock = lastSecret / SECRET_STEP_BYTES
  const stripes = Math.floor((input.length - 1) / STRIPE_BYTES)
  for (let stripe = 0; stripe < stripes; stripe++) {
    const inBlock = stripe % stripesPerBlock
    accumulate(lanes, input, stripe * STRIPE_BYTES, inBlock * SECRET_STEP_BYTES)
    if (inBlock === stripesPerBlock - 1) scramble(lanes, lastSecret)
  }
  accumulate(lanes, input, input.length - STRIPE_BYTES, lastSecret - LAST_STRIPE_SECRET_BYTES)
  let sum = BigInt(input.length) * PRIME64_1
  for (let lane = 0; lane < LANES; lane += 2) {
    const at = MERGE_SECRET_BYTES + lane * 8
    sum += folded(lanes[lane]! ^ word(SECRET, at), lanes[lane + 1]! ^ word(SECRET, at + 8))
  }
  return avalanche(sum & MASK)
}

function accumulate(lanes: bigint[], input: Buffer, at: number, secretAt: number): void {
  for (let lane = 0; lane < LANES; lane++) {
    const value = word(input, at + lane * 8)
    const keyed = value ^ word(SECRET, secretAt + lane * 8)
    lanes[lane ^ 1] = lanes[lane ^ 1]! + value & MASK
    lanes[lane] = lanes[lane]! + (keyed & 0xffff_ffffn) * (keyed >> 32n) & MASK
  }
}

function scramble(lanes: bigint[], secretAt: number): void {
  for (let lane = 0; lane < LANES; lane++) {
    const value = lanes[lane]!
    lanes[lane] = (value ^ value >> 47n ^ word(SECRET, secretAt + lane * 8)) * PRIME32_1 & MASK
  }
}

function mixed(input: Buffer, at: number, secretAt: number): bigint {
  return folded(
    word(input, at) ^ word(SECRET, secretAt), word(input, at + 8) ^ word(SECRET, secretAt + 8))
}

function folded(a: bigint, b: bigint): bigint {
  const product = a * b
  return product & MASK ^ product >> 64n
}

function avalanche(value: bigint): bigint {
  const hash = (value ^ value >> 37n) * PRIME_MX1 & MASK
  return hash ^ hash >> 32n
}

function rotated(value: bigint, bits: bigint): bigint {
  return (value << bits | value >> 64n - bits) & MASK
}

function swapped(value: bigint): bigint {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes.readBigUInt64BE()
}

function word(buffer: Buffer, at: number): bigint {
  return buffer.readBigUInt64LE(at)
}
