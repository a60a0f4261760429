// Appending to a log and reading from it, beside the system calls that cannot be spared.

import { closeSync, openSync, readSync, rmSync, writevSync } from 'node:fs'
import { join } from 'node:path'
import { nativeCrc32c } from '../../protocol/records/packages.ts'
import { Log } from '../../storage/log.ts'
import { contest, median } from '../measure.ts'
import { batchOf, fill, MB, openLog, unnumber, withDirectory } from './logs.ts'

const APPEND_ROUNDS = 25
/** Less than the system begins to write out by itself. */
const ROUND_BYTES = 48 * MB
const LOG_BYTES = 256 * MB

interface AppendCase {
  readonly name: string
  readonly batchBytes: number
  readonly recordBytes: number
  /** That wait for one write, as those of one turn do. */
  readonly batchesPerWrite: number
}

const APPENDS: readonly AppendCase[] = [
  { name: '16 KB of 1 KB records', batchBytes: 16 * 1024, recordBytes: 1024, batchesPerWrite: 1 },
  { name: '16 KB of 1 KB records', batchBytes: 16 * 1024, recordBytes: 1024, batchesPerWrite: 15 },
  { name: '16 KB of 100 B records', batchBytes: 16 * 1024, recordBytes: 100, batchesPerWrite: 15 },
  { name: '1 MB of 1 KB records', batchBytes: 1_000_000, recordBytes: 1024, batchesPerWrite: 1 },
  { name: '1 MB of 100 B records', batchBytes: 1_000_000, recordBytes: 100, batchesPerWrite: 1 },
]

/** The checksum as the broker computes it, without the broker. */
function bareCrc(): (bytes: Uint8Array) => number {
  const native = nativeCrc32c()
  if (native === undefined) throw new Error('@node-rs/crc32 does not load on this machine')
  return (bytes) => native.crc32c(bytes)
}

export async function benchAppends(): Promise<void> {
  console.log('\nappends beside writevSync of the same bytes and the native CRC of each batch '
    + '(goal: at least 0.7 of their speed)')
  for (const one of APPENDS) {
    const { ours, theirs, ratio } = await withDirectory((path) => appendRounds(path, one))
    console.log([
      one.name.padEnd(24), `${one.batchesPerWrite} a write`.padStart(10),
      `ours ${ours.toFixed(0).padStart(5)} MB/s`, `bare ${theirs.toFixed(0).padStart(5)} MB/s`,
      `ratio ${ratio.toFixed(2)}`,
    ].join('  '))
  }
}

/** Speeds in MB/s, medians over rounds in which both write the same to new files. */
function appendRounds(path: string, one: AppendCase) {
  const batches = Array.from({ length: one.batchesPerWrite }, () => (
    batchOf(one.batchBytes, one.recordBytes)))
  const writeBytes = batches.reduce((sum, { length }) => sum + length, 0)
  const writes = Math.ceil(ROUND_BYTES / writeBytes)
  const rounds: { ours: number, theirs: number }[] = []
  for (let round = 0; round < APPEND_ROUNDS; round++) {
    const isOursFirst = round % 2 === 0
    let ours = isOursFirst ? appendOurs(path, batches, writes) : 0
    const theirs = appendBare(path, batches, writes)
    if (!isOursFirst) ours = appendOurs(path, batches, writes)
    rounds.push({ ours, theirs })
  }
  // The first ones are those in which the engine learns.
  const measured = rounds.slice(5)
  const speed = (ms: number) => writes * writeBytes / 1e3 / ms
  return {
    ours: speed(median(measured.map(({ ours }) => ours))),
    theirs: speed(median(measured.map(({ theirs }) => theirs))),
    ratio: median(measured.map(({ ours, theirs }) => theirs / ours)),
  }
}

function appendOurs(path: string, batches: readonly Buffer[], writes: number): number {
  const directory = join(path, 'bench-0')
  const log = openLog(directory)
  const startedMs = performance.now()
  for (let i = 0; i < writes; i++) appendTurn(log, batches)
  const elapsedMs = performance.now() - startedMs
  log.abandon()
  rmSync(directory, { recursive: true })
  return elapsedMs
}

function appendTurn(log: Log, batches: readonly Buffer[]): void {
  const nowMs = Date.now()
  for (const batch of batches) {
    log.append(unnumber(batch), { leaderEpoch: 0, nowMs, origin: 'client' })
  }
  log.flush()
  log.advanceHighWatermark(log.writtenOffset)
}

function appendBare(path: string, batches: readonly Buffer[], writes: number): number {
  const crc32c = bareCrc()
  const file = join(path, 'bare')
  const descriptor = openSync(file, 'w')
  const startedMs = performance.now()
  for (let i = 0, position = 0; i < writes; i++) {
    for (const batch of batches) if (crc32c(batch.subarray(21)) < 0) throw new Error('no checksum')
    position += writevSync(descriptor, batches, position)
  }
  const elapsedMs = performance.now() - startedMs
  closeSync(descriptor)
  rmSync(file)
  return elapsedMs
}

interface ReadCase {
  readonly name: string
  readonly batchBytes: number
  readonly readBytes: number
}

const READS: readonly ReadCase[] = [
  { name: '1 MB of 16 KB batches', batchBytes: 16 * 1024, readBytes: MB },
  { name: '1 MB of 1 MB batches', batchBytes: 1_000_000, readBytes: MB },
  { name: '64 KB of 16 KB batches', batchBytes: 16 * 1024, readBytes: 64 * 1024 },
  { name: '16 KB of 16 KB batches', batchBytes: 16 * 1024, readBytes: 16 * 1024 },
]

export async function benchReads(): Promise<void> {
  console.log('\nreads out of the page cache beside readSync into a buffer that is used again '
    + '(goal: at least 0.8 of its speed)')
  for (const one of READS) await withDirectory((path) => readCase(path, one))
}

async function readCase(path: string, { name, batchBytes, readBytes }: ReadCase): Promise<void> {
  const batch = batchOf(batchBytes, 1024)
  const log = openLog(join(path, 'bench-0'))
  fill(log, batch, Math.ceil(LOG_BYTES / batch.length))
  const { endOffset } = log
  const perBatch = log.endOffset / Math.ceil(LOG_BYTES / batch.length)
  const wholeBytes = Math.max(1, Math.floor(readBytes / batch.length)) * batch.length
  const offsetsPerRead = wholeBytes / batch.length * perBatch
  const descriptor = openSync(join(path, 'bench-0', '00000000000000000000.log'), 'r')
  const buffer = Buffer.allocUnsafeSlow(readBytes)
  let offset = 0
  let position = 0
  const lastPosition = log.sizeBytes - readBytes
  const result = await contest({
    name,
    ours: () => {
      const { release } = log.read(offset, readBytes, { maxOffset: endOffset, minOneBatch: true })
      release()
      offset += offsetsPerRead
      if (offset + offsetsPerRead >= endOffset) offset = 0
    },
    theirs: () => {
      readSync(descriptor, buffer, 0, readBytes, position)
      position += wholeBytes
      if (position >= lastPosition) position = 0
    },
  })
  closeSync(descriptor)
  log.abandon()
  const speed = (ns: number) => (readBytes / ns * 1e3).toFixed(0).padStart(5)
  console.log([
    name.padEnd(24), `ours ${speed(result.oursNs)} MB/s`, `bare ${speed(result.theirsNs)} MB/s`,
    `ratio ${(1 / result.ratio).toFixed(2)}`,
  ].join('  '))
}
