// Snapshots of the producer state (`OFFSET.snapshot`): what the log below that offset says of its
// producers, so that a start need not read it all.

import { crc32c } from '../protocol/records/crc32c.ts'
import { readInt64, writeInt64 } from '../protocol/records/int64.ts'
import { ProducerEntry } from './producers.ts'

const VERSION = 1
// version (int16), checksum of all that follows it (uint32), number of entries (int32)
const CRC_AT = 2
const COUNT_AT = 6
const HEADER_BYTES = 10
const ENTRY_BYTES = 46

export function encodeSnapshot(entries: Iterable<ProducerEntry>, count: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + count * ENTRY_BYTES)
  bytes.writeInt16BE(VERSION, 0)
  bytes.writeInt32BE(count, COUNT_AT)
  let at = HEADER_BYTES
  for (const entry of entries) {
    const last = entry.lastBatch
    writeInt64(bytes, entry.producerId, at)
    bytes.writeInt16BE(entry.epoch, at + 8)
    bytes.writeInt32BE(entry.lastSequence, at + 10)
    writeInt64(bytes, last?.lastOffset ?? -1, at + 14)
    bytes.writeInt32BE(last?.offsetDelta ?? 0, at + 22)
    writeInt64(bytes, entry.lastTimestamp, at + 26)
    bytes.writeInt32BE(entry.coordinatorEpoch, at + 34)
    writeInt64(bytes, entry.currentTransactionFirstOffset, at + 38)
    at += ENTRY_BYTES
  }
  bytes.writeUInt32BE(crc32c(bytes, COUNT_AT), CRC_AT)
  return bytes
}

/** Undefined when the bytes are no whole and sound snapshot: an older one has to do. */
export function decodeSnapshot(bytes: Buffer): ProducerEntry[] | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readInt16BE(0) !== VERSION) return undefined
  const count = bytes.readInt32BE(COUNT_AT)
  if (bytes.length !== HEADER_BYTES + count * ENTRY_BYTES) return undefined
  if (bytes.readUInt32BE(CRC_AT) !== crc32c(bytes, COUNT_AT)) return undefined
  return Array.from({ length: count }, (_, index) => (
    decodeEntry(bytes, HEADER_BYTES + index * ENTRY_BYTES)
  ))
}

function decodeEntry(bytes: Buffer, at: number): ProducerEntry {
  const entry = new ProducerEntry(readInt64(bytes, at))
  const lastOffset = readInt64(bytes, at + 14)
  const timestamp = readInt64(bytes, at + 26)
  entry.epoch = bytes.readInt16BE(at + 8)
  entry.lastTimestamp = timestamp
  entry.coordinatorEpoch = bytes.readInt32BE(at + 34)
  entry.currentTransactionFirstOffset = Math.max(-1, readInt64(bytes, at + 38))
  if (lastOffset >= 0) {
    entry.addBatch(bytes.readInt32BE(at + 10), lastOffset, bytes.readInt32BE(at + 22), timestamp)
  }
  return entry
}
