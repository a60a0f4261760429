// The small files beside the logs, in Kafka's text formats, each replaced as a whole: written under
// another name, synced, renamed. So a crash leaves the old one or the new one.

import { dirname } from 'node:path'

import { type Disk, isDiskFull, syncFile } from './disk.ts'

export interface WriteOptions {
  /** On the device when the call returns. Otherwise a power loss may leave an empty file. */
  readonly isDurable?: boolean
}

export function writeFileAtomically(
  disk: Disk, path: string, bytes: Uint8Array, { isDurable = true }: WriteOptions = {},
): void {
  const temporary = `${path}.tmp`
  removingWhatDoesNotFit(disk, temporary, () => {
    const file = disk.open(temporary, 'create')
    try {
      file.truncate(0)
      file.write(bytes, 0)
      if (isDurable) file.sync()
    } finally {
      file.close()
    }
  })
  disk.rename(temporary, path)
  if (isDurable) disk.syncDirectory(dirname(path))
}

/**
 * As `writeFileAtomically`, without holding up the others: on the device when it is fulfilled. Once
 * the bytes are there, `isWanted` says whether they still are to take the file's place.
 */
export async function writeFileAsync(
  disk: Disk, path: string, bytes: Uint8Array, isWanted: () => boolean,
): Promise<void> {
  // A name of its own: others are written at once, in the middle of it.
  const temporary = `${path}.async.tmp`
  const file = disk.open(temporary, 'create')
  try {
    removingWhatDoesNotFit(disk, temporary, () => {
      file.truncate(0)
      file.write(bytes, 0)
    })
    await file.syncAsync()
  } finally {
    file.close()
  }
  if (!isWanted()) return
  disk.rename(temporary, path)
  await disk.syncDirectoryAsync(dirname(path))
}

/** Where the disk is full, half a file would only take room. */
export function removingWhatDoesNotFit<T>(disk: Disk, path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (isDiskFull(error)) removeIfItGoes(disk, path)
    throw error
  }
}

/** For what does no harm if it stays. */
export function removeIfItGoes(disk: Disk, path: string): boolean {
  try {
    disk.remove(path)
    return true
  } catch {
    return false
  }
}

export function readTextIfThere(disk: Disk, path: string): string | undefined {
  return disk.readFile(path)?.toString('utf8')
}

/** A checkpoint that cannot be read: whoever needs it must find the answer in the log. */
export class CorruptCheckpointError extends Error {
  override readonly name = 'CorruptCheckpointError'
}

/** Lines of numbers and names behind a version and a count. Undefined without a file. */
function readEntries(disk: Disk, path: string): string[][] | undefined {
  const text = readTextIfThere(disk, path)
  // Kafka creates its checkpoints empty; that is no entry, not a broken file.
  if (text === undefined || text === '') return undefined
  const corrupt = (why: string): Error => new CorruptCheckpointError(`${path}: ${why}`)
  const [version, count, ...lines] = text.split('\n')
  if (version !== '0') throw corrupt(`unknown version ${version}`)
  if (lines.pop() !== '') throw corrupt('the last line is cut off')
  if (Number(count) !== lines.length) {
    throw corrupt(`${count} entries announced, ${lines.length} there`)
  }
  return lines.map((line) => line.trim().split(/\s+/))
}

function writeEntries(
  disk: Disk, path: string, lines: readonly string[], options?: WriteOptions,
): void {
  writeFileAtomically(disk, path, entriesBytes(lines), options)
}

function entriesBytes(lines: readonly string[]): Buffer {
  return Buffer.from(['0', lines.length, ...lines, ''].join('\n'))
}

function numberIn(text: string | undefined, path: string): number {
  const value = Number(text)
  if (text === undefined || text === '' || !Number.isSafeInteger(value)) {
    throw new CorruptCheckpointError(`${path}: ${text} is no number`)
  }
  return value
}

/**
 * An offset of each partition, by `topic-partition`: recovery points, log starts, high watermarks.
 */
export type OffsetCheckpoint = ReadonlyMap<string, number>

export function isSameCheckpoint(a: OffsetCheckpoint, b: OffsetCheckpoint): boolean {
  if (a.size !== b.size) return false
  for (const [name, offset] of a) if (b.get(name) !== offset) return false
  return true
}

/** Empty without a file. Throws CorruptCheckpointError. */
export function readOffsets(disk: Disk, path: string): Map<string, number> {
  const offsets = new Map<string, number>()
  for (const [topic, partition, offset] of readEntries(disk, path) ?? []) {
    offsets.set(`${topic}-${numberIn(partition, path)}`, numberIn(offset, path))
  }
  return offsets
}

export function writeOffsets(disk: Disk, path: string, offsets: OffsetCheckpoint): void {
  writeFileAtomically(disk, path, offsetsBytes(offsets))
}

/** As `writeOffsets`, without holding up the others; for nothing if it is not the newest then. */
export async function writeOffsetsAsync(
  disk: Disk, path: string, offsets: OffsetCheckpoint, isNewest: () => boolean,
): Promise<void> {
  await writeFileAsync(disk, path, offsetsBytes(offsets), isNewest)
}

function offsetsBytes(offsets: OffsetCheckpoint): Buffer {
  return entriesBytes([...offsets].map(([name, offset]) => {
    const dash = name.lastIndexOf('-')
    return `${name.slice(0, dash)} ${name.slice(dash + 1)} ${offset}`
  }))
}

/** The leader epochs of a log and the offsets where they begin, ascending. */
export interface EpochEntry {
  readonly epoch: number
  readonly startOffset: number
}

/** Undefined without a file. Throws CorruptCheckpointError, also when they do not ascend. */
export function readEpochs(disk: Disk, path: string): EpochEntry[] | undefined {
  const entries = readEntries(disk, path)?.map(([epoch, startOffset]) =>
    ({ epoch: numberIn(epoch, path), startOffset: numberIn(startOffset, path) }))
  entries?.reduce((before, entry) => {
    const ascends = before.epoch < entry.epoch && before.startOffset < entry.startOffset
    if (!ascends) throw new CorruptCheckpointError(`${path}: epoch ${entry.epoch} is out of order`)
    return entry
  }, { epoch: -Infinity, startOffset: -Infinity })
  return entries
}

export function writeEpochs(
  disk: Disk, path: string, entries: readonly EpochEntry[], options?: WriteOptions,
): void {
  const lines = entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`)
  writeEntries(disk, path, lines, options)
}

const PARTITION_METADATA_FILE = 'partition.metadata'

/**
 * `partition.metadata`: whose log a directory holds. Undefined without a file; throws when it is
 * damaged.
 */
export function readPartitionMetadata(disk: Disk, path: string): { topicId: string } | undefined {
  const text = readTextIfThere(disk, path)
  // An empty one was never on the device: whoever knows the topic writes it again.
  if (text === undefined || text === '') return undefined
  const topicId = /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\n?$/.exec(text)?.[1]
  if (topicId === undefined) throw new CorruptCheckpointError(`${path} is damaged`)
  return { topicId }
}

export function writePartitionMetadata(
  disk: Disk, path: string, topicId: string, options?: WriteOptions,
): void {
  writeFileAtomically(disk, path, Buffer.from(`version: 0\ntopic_id: ${topicId}`), options)
}

/** Where a directory says whose log it holds. */
export function partitionMetadataPath(directory: string): string {
  return `${directory}/${PARTITION_METADATA_FILE}`
}

/** Brings to the device whose log a directory holds. */
export function syncTopicId(disk: Disk, directory: string): void {
  syncFile(disk, partitionMetadataPath(directory))
}

/** What a log is opened as, and what is known of its directory, to spare a look. */
export interface Claim {
  readonly topicId: string
  /** It is not there yet. */
  readonly isNew?: boolean
  /** Whose it is. */
  readonly foundTopicId?: string | undefined
}

/**
 * Makes the directory of a partition, unless it is there, as that of the topic's. Throws when it
 * is another's.
 */
export function claimDirectory(
  disk: Disk, directory: string, topic: string, claim: Claim,
): void {
  const { topicId, isNew = false } = claim
  if (claim.foundTopicId === undefined) disk.makeDirectory(directory)
  const found = isNew ? undefined : claim.foundTopicId ?? topicIdIn(disk, directory)
  if (found === undefined) {
    writePartitionMetadata(disk, partitionMetadataPath(directory), topicId, { isDurable: false })
  } else if (found !== topicId) {
    throw new Error(`${directory} holds a log of the topic id ${found}, but ${topic} has the id `
      + topicId)
  }
}

/**
 * The topic that the directory of a partition belongs to. Undefined when it does not say, or not
 * readably: then it was not on the device when power was lost, and the name has to do.
 */
export function topicIdIn(disk: Disk, directory: string): string | undefined {
  try {
    return readPartitionMetadata(disk, partitionMetadataPath(directory))?.topicId
  } catch (error) {
    if (!(error instanceof CorruptCheckpointError)) throw error
    return undefined
  }
}

/**
 * `.kafka_cleanshutdown`: the logs of the directory need no recovery. Names the broker's epoch
 * (KIP-966).
 */
export const CLEAN_SHUTDOWN_FILE = '.kafka_cleanshutdown'

/** The epoch in the marker, −1 when it names none; undefined without a marker. */
export function readCleanShutdown(disk: Disk, path: string): number | undefined {
  const text = readTextIfThere(disk, path)
  if (text === undefined) return undefined
  const epoch = /"brokerEpoch"\s*:\s*(-?\d+)/.exec(text)?.[1]
  return epoch === undefined ? -1 : Number(epoch)
}

export function writeCleanShutdown(disk: Disk, path: string, brokerEpoch: number): void {
  const text = JSON.stringify({ version: 0, brokerEpoch })
  writeFileAtomically(disk, path, Buffer.from(text))
}
