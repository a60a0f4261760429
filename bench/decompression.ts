// `npm run bench -- decompression`: how long the event loop stands still for one batch of 1 MB, as
// clients send it, and as somebody would who wants it to stand still.

import * as zlib from 'node:zlib'
import { CODECS, compress, decompress, type Codec } from '../protocol/records/compression.ts'
import { xxHash32 } from '../protocol/records/xxhash32.ts'
import { median } from './measure.ts'

type Compressing = Exclude<Codec, 'none'>

interface Case {
  readonly name: string
  readonly codec: Compressing
  readonly bytes: Buffer
}

const BATCH_BYTES = 1_000_000
const ROUNDS = 9

/** Lines as services write them: JSON with words, numbers and identifiers. */
function logLines(sizeBytes: number): Buffer {
  const words = ['checkout', 'timeout', 'retry', 'accepted', 'payment', 'session', 'warehouse']
  const lines: string[] = []
  let state = 7
  const random = (end: number) => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0
    return (state >>> 0) % end
  }
  for (let size = 0; size < sizeBytes;) {
    const line = JSON.stringify({
      time: 1_700_000_000_000 + lines.length * 13, level: 'info', service: words[random(7)],
      message: `${words[random(7)]} ${words[random(7)]} after ${random(5000)} ms`,
      trace: random(2 ** 32).toString(16) + random(2 ** 32).toString(16), user: random(100_000),
    })
    lines.push(line)
    size += line.length + 1
  }
  return Buffer.from(lines.join('\n')).subarray(0, sizeBytes)
}

function noise(sizeBytes: number): Buffer {
  let state = 1
  return Buffer.from(Uint8Array.from({ length: sizeBytes }, () => {
    state = Math.imul(state, 1664525) + 1013904223 | 0
    return state >>> 24
  }))
}

/** As much of it as fills a batch once it is compressed. */
function filling(codec: Compressing, content: (sizeBytes: number) => Buffer): Buffer {
  let sizeBytes = BATCH_BYTES
  let best = compress(codec, content(sizeBytes))
  for (let i = 0; i < 3; i++) {
    sizeBytes = Math.floor(sizeBytes * BATCH_BYTES / best.length * 0.995)
    best = compress(codec, content(sizeBytes))
  }
  return best
}

/** The same piece over and over, up to the size of a batch. */
function repeated(piece: Buffer, head: Buffer = Buffer.alloc(0), tail = head.subarray(0, 0)) {
  const count = Math.floor((BATCH_BYTES - head.length - tail.length) / piece.length)
  return Buffer.concat([head, ...Array.from({ length: count }, () => piece), tail])
}

function lz4Header(blockSize: number): Buffer {
  const descriptor = Buffer.from([0x60, blockSize << 4])
  return Buffer.concat([
    Buffer.from('04224d18', 'hex'), descriptor, Buffer.from([xxHash32(descriptor) >>> 8 & 0xff]),
  ])
}

/** A block of LZ4 that repeats one byte, as long as it may be. */
function lz4Bomb(blockBytes: number): Buffer {
  const more = Math.floor((blockBytes - 20) / 255)
  const block = Buffer.concat([
    Buffer.from([0x1f, 0, 1, 0]), Buffer.alloc(more, 255), Buffer.from([0, 0x50, 0, 0, 0, 0, 0]),
  ])
  const word = Buffer.alloc(4)
  word.writeUInt32LE(block.length)
  return Buffer.concat([word, block])
}

const XERIAL = Buffer.from('82534e41505059000000000100000001', 'hex')
const ZSTD_HEADER = Buffer.from('28b52ffd0088', 'hex') // a window of 128 MiB
const END = Buffer.alloc(4)

function snappyBomb(): Buffer {
  const chunk = compress('snappy', Buffer.alloc(32 * 1024)).subarray(XERIAL.length)
  return repeated(chunk, XERIAL)
}

/** What costs most for its size. */
const HOSTILE: readonly Case[] = [
  { codec: 'gzip', name: 'zeros', bytes: zlib.gzipSync(Buffer.alloc(900_000_000)) },
  { codec: 'gzip', name: 'empty members', bytes: repeated(zlib.gzipSync(END.subarray(0, 0))) },
  { codec: 'snappy', name: 'zeros', bytes: snappyBomb() },
  { codec: 'snappy', name: 'chunks of a byte',
    bytes: repeated(Buffer.from('00000003010061', 'hex'), XERIAL) },
  { codec: 'snappy', name: 'joined streams', bytes: repeated(XERIAL) },
  { codec: 'lz4', name: 'zeros', bytes: repeated(lz4Bomb(4 << 20), lz4Header(7), END) },
  { codec: 'lz4', name: 'blocks of a byte',
    bytes: repeated(Buffer.from('020000001061', 'hex'), lz4Header(7), END) },
  { codec: 'lz4', name: 'stored blocks of a byte',
    bytes: repeated(Buffer.from('0100008061', 'hex'), lz4Header(7), END) },
  { codec: 'zstd', name: 'repeated bytes',
    bytes: repeated(Buffer.from('02001000', 'hex'), ZSTD_HEADER, Buffer.from('010000', 'hex')) },
  { codec: 'zstd', name: 'empty frames',
    bytes: repeated(Buffer.from('28b52ffd0088010000', 'hex')) },
  { codec: 'zstd', name: 'frames of a byte',
    bytes: repeated(Buffer.from('28b52ffd008809000061', 'hex')) },
  { codec: 'zstd', name: 'frames to be skipped',
    bytes: repeated(Buffer.from('502a4d1800000000', 'hex')) },
]

function honest(codec: Compressing): Case[] {
  return [
    { codec, name: '1 MB of log lines', bytes: compress(codec, logLines(BATCH_BYTES)) },
    { codec, name: 'log lines to 1 MB', bytes: filling(codec, logLines) },
    { codec, name: '1 MB of noise', bytes: compress(codec, noise(BATCH_BYTES)) },
  ]
}

/** What comes out, or the kind of error: the limit is the one of `decompress`. */
function outcome({ codec, bytes }: Case): string {
  try {
    return `${(decompress(codec, bytes).length / 1e6).toFixed(1)} MB`
  } catch (error) {
    return (error as Error).constructor.name
  }
}

interface Measured {
  readonly elapsedMs: number
  /** Of this process alone, whatever else the machine does. */
  readonly cpuMs: number
}

function measure(run: () => void): Measured {
  const [startedMs, before] = [performance.now(), process.cpuUsage()]
  run()
  const { user, system } = process.cpuUsage(before)
  return { elapsedMs: performance.now() - startedMs, cpuMs: (user + system) / 1000 }
}

export function benchDecompression(): void {
  const codecs = CODECS.filter((codec) => codec !== 'none')
  const cases = codecs.flatMap((codec) => (
    [...honest(codec), ...HOSTILE.filter((hostile) => hostile.codec === codec)]
  ))
  console.log(`decompression on Node ${process.versions.node}: ${ROUNDS} rounds`)
  for (const one of cases) {
    const came = outcome(one)
    const rounds = Array.from({ length: ROUNDS }, () => measure(() => outcome(one)))
    const leastMs = Math.min(...rounds.map(({ elapsedMs }) => elapsedMs))
    console.log([
      one.codec.padEnd(6), one.name.padEnd(23), `${(one.bytes.length / 1e6).toFixed(2)} MB`,
      came.padStart(25), `least ${leastMs.toFixed(1).padStart(6)} ms`,
      `CPU median ${median(rounds.map(({ cpuMs }) => cpuMs)).toFixed(1).padStart(6)} ms`,
    ].join('  '))
  }
}
