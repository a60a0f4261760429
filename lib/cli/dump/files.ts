// The files of a data directory by their names, and those of them that are small.

import { basename } from 'node:path'
import { decodeMessage } from '../../../protocol/compile.ts'
import { producerSnapshot } from '../../../protocol/messages/records/producer-snapshot.ts'
import { crc32c } from '../../../protocol/records/crc32c.ts'
import { readInt64 } from '../../../protocol/records/int64.ts'
import { RESERVE_FILE } from '../../../storage/reserve.ts'
import { decodeSavePoint, SAVE_POINT_FILE } from '../../../storage/save-point-file.ts'
import type { Cell } from '../table.ts'
import { shownTime } from '../units.ts'

export const FILE_KINDS = [
  'log', 'index', 'timeindex', 'txnindex', 'producers', 'offsets', 'epochs', 'properties', 'json',
  'text', 'reserve', 'save-point',
] as const
export type FileKind = (typeof FILE_KINDS)[number]

/** Undefined for a name that no file of a data directory has. */
export function kindOfFile(path: string): FileKind | undefined {
  // What is about to be deleted, or to be put in place, is what it was.
  const name = basename(path).replace(/\.(deleted|cleaned|swap|part)$/, '')
  if (/\.(log|checkpoint)$/.test(name)) return 'log'
  if (name.endsWith('.index')) return 'index'
  if (name.endsWith('.timeindex')) return 'timeindex'
  if (name.endsWith('.txnindex')) return 'txnindex'
  if (name.endsWith('.snapshot')) return 'producers'
  if (name === 'leader-epoch-checkpoint') return 'epochs'
  if (name.endsWith('-checkpoint') || /checkpoint$/.test(name)) return 'offsets'
  if (/\.(properties|metadata)$/.test(name)) return 'properties'
  if (name === 'quorum-state' || name === '.kafka_cleanshutdown') return 'json'
  if (name === '.lock') return 'text'
  if (name === RESERVE_FILE) return 'reserve'
  if (name === SAVE_POINT_FILE) return 'save-point'
  return undefined
}

/** A table that a file is. */
export interface Dumped {
  readonly titles: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** What is wrong with it. */
  readonly damage: string | undefined
  readonly note?: string
}

/** A file that is no log. */
export function dumpFile(kind: Exclude<FileKind, 'log'>, path: string, bytes: Buffer): Dumped {
  switch (kind) {
    case 'index': return dumpEntries(bytes, 8, ['OFFSET', 'POSITION'], (at) => [
      baseOffset(path) + bytes.readInt32BE(at), bytes.readInt32BE(at + 4),
    ])
    case 'timeindex': return dumpEntries(bytes, 12, ['TIMESTAMP', 'TIME', 'OFFSET'], (at) => [
      readInt64(bytes, at), shownTime(readInt64(bytes, at)),
      baseOffset(path) + bytes.readInt32BE(at + 8),
    ])
    case 'txnindex': return dumpEntries(
      bytes, 34, ['PRODUCER', 'FIRST OFFSET', 'LAST OFFSET', 'LAST STABLE'],
      (at) => [2, 10, 18, 26].map((field) => readInt64(bytes, at + field)))
    case 'producers': return dumpProducers(bytes)
    case 'offsets': return dumpLines(bytes, ['TOPIC', 'PARTITION', 'OFFSET'])
    case 'epochs': return dumpLines(bytes, ['EPOCH', 'START OFFSET'])
    case 'properties': return dumpProperties(bytes)
    case 'json': return dumpJson(bytes)
    case 'text': return {
      titles: ['CONTENT'], rows: [[bytes.toString('utf8').trim()]], damage: undefined,
    }
    case 'reserve': return {
      titles: ['SIZE', 'MEANING'], damage: undefined,
      rows: [[bytes.length, 'noise: room that the metadata gets when the disk is full']],
    }
    case 'save-point': return dumpSavePoint(bytes)
  }
}

function dumpSavePoint(bytes: Buffer): Dumped {
  const titles = ['SEGMENT', 'OFFSET', 'POSITION', 'PRODUCERS']
  const point = decodeSavePoint(bytes)
  if (point === undefined) return { titles, rows: [], damage: 'the checksum is wrong' }
  const { baseOffset, end: { nextOffset, position }, producers } = point
  return { titles, rows: [[baseOffset, nextOffset, position, producers.length]], damage: undefined }
}

/** A segment is called by its first offset. */
function baseOffset(path: string): number {
  return Number(/^\d{20}/.exec(basename(path))?.[0] ?? 0)
}

/** Megabytes at once: as soon as each byte is as the one before it. */
export function isZero(bytes: Buffer): boolean {
  return bytes.length === 0 || (bytes[0] === 0 && bytes.subarray(1).equals(bytes.subarray(0, -1)))
}

/** Kafka keeps room behind the entries of the active segment, filled with zeros. */
function dumpEntries(
  bytes: Buffer, entryBytes: number, titles: readonly string[],
  entryAt: (at: number) => readonly Cell[],
): Dumped {
  const rows: (readonly Cell[])[] = []
  let at = 0
  for (; at + entryBytes <= bytes.length; at += entryBytes) {
    if (isZero(bytes.subarray(at, at + entryBytes))) break
    rows.push(entryAt(at))
  }
  const rest = bytes.subarray(at)
  const isRoom = isZero(rest)
  return {
    titles, rows,
    damage: isRoom && bytes.length % entryBytes === 0 ? undefined
      : `${rest.length} bytes at ${at} are no entry`,
    ...rest.length > 0 && isRoom ? { note: `${rest.length} bytes of room` } : {},
  }
}

const SNAPSHOT_VERSION_BYTES = 2
const CRC_BYTES = 4

function dumpProducers(bytes: Buffer): Dumped {
  const titles = [
    'PRODUCER', 'EPOCH', 'LAST SEQUENCE', 'LAST OFFSET', 'OFFSET DELTA', 'TIME',
    'COORDINATOR EPOCH', 'OPEN SINCE',
  ]
  const version = bytes.length < SNAPSHOT_VERSION_BYTES ? -1 : bytes.readInt16BE(0)
  if (version !== 1) return { titles, rows: [], damage: `there is no version ${version}` }
  const { crc, producerEntries } = decodeMessage(
    producerSnapshot, version, bytes, SNAPSHOT_VERSION_BYTES)
  const rows = producerEntries.map((entry) => [
    entry.producerId, entry.epoch, entry.lastSequence, entry.lastOffset, entry.offsetDelta,
    shownTime(entry.timestamp), entry.coordinatorEpoch,
    entry.currentTxnFirstOffset < 0 ? null : entry.currentTxnFirstOffset,
  ])
  const isSound = crc === crc32c(bytes, SNAPSHOT_VERSION_BYTES + CRC_BYTES)
  return { titles, rows, damage: isSound ? undefined : 'the checksum is wrong' }
}

/** Version, count, and so many lines. */
function dumpLines(bytes: Buffer, titles: readonly string[]): Dumped {
  const text = bytes.toString('utf8')
  if (text === '') return { titles, rows: [], damage: undefined }
  const [version, count, ...lines] = text.replace(/\n$/, '').split('\n')
  const rows = lines.map((line) => {
    const words = line.trim().split(/\s+/)
    return words.map((word) => /^-?\d+$/.test(word) ? Number(word) : word)
  })
  const damage = version !== '0' ? `there is no version ${version}`
    : Number(count) !== rows.length ? `${count} entries are announced, ${rows.length} are there`
      : rows.some((row) => row.length !== titles.length) ? 'a line is no entry' : undefined
  return { titles, rows, damage }
}

function dumpProperties(bytes: Buffer): Dumped {
  const lines = bytes.toString('latin1').split('\n').filter((line) => /^[^#\s]/.test(line))
  const rows = lines.map((line) => {
    const [, name = line, value = null] = /^([^=:\s]+)\s*[=:]\s*(.*)$/.exec(line) ?? []
    return [name, value]
  })
  return { titles: ['NAME', 'VALUE'], rows, damage: undefined }
}

function dumpJson(bytes: Buffer): Dumped {
  const titles = ['NAME', 'VALUE']
  try {
    const object = JSON.parse(bytes.toString('utf8')) as object
    const rows = Object.entries(object).map(([name, value]) => [
      name, typeof value === 'object' ? JSON.stringify(value) : value as Cell,
    ])
    return { titles, rows, damage: undefined }
  } catch {
    return { titles, rows: [], damage: 'it is no JSON' }
  }
}
