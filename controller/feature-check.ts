// Looks into a metadata log before anybody takes it over: whether it is of a cluster whose feature
// levels are known here. It only reads. A newer Kafka may have written records that nobody here can
// read, and a leader's first record would already be a change.

import { DecodeError } from '../protocol/compile.ts'
import { type Batch, MAGIC } from '../protocol/records/batch.ts'
import { recordsOf } from '../protocol/records/record.ts'
import { BatchReader } from '../storage/batch-reader.ts'
import type { Disk } from '../storage/disk.ts'
import { SUPPORTED_FEATURES } from './image/features.ts'
import { readRecord, RECORD_TYPES } from './metadata-records.ts'
import { formattedWith, newestSnapshot } from './snapshots.ts'

const SEGMENT = /^(\d{20})\.log$/

/**
 * What a cluster is at that this version does not know, as a clause for its user; undefined when
 * all is known. `directory` is that of the metadata log, which need not be there. Throws what the
 * disk says.
 */
export function unknownFeature(disk: Disk, directory: string): string | undefined {
  const levels = new Map<string, number>()
  try {
    for (const value of valuesOf(disk, directory)) noteLevel(value, levels)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return error.message
  }
  for (const [name, level] of levels) {
    const known = SUPPORTED_FEATURES.find((feature) => feature.name === name)
    if (known === undefined && level > 0) return `${name} ${level}, an unknown feature`
    if (known === undefined || level === 0) continue
    const { minSupportedVersion: min, maxSupportedVersion: max } = known
    if (level < min || level > max) return `${name} ${level}, of which ${min} to ${max} are known`
  }
  return undefined
}

/** The last one counts: a level may have been taken back. */
function noteLevel(value: Buffer | null, levels: Map<string, number>): void {
  if (value?.[1] !== RECORD_TYPES.featureLevel.key) return
  const { type, data } = readRecord(value)
  if (type === 'featureLevel') levels.set(data.name, data.featureLevel)
}

/** Of the newest snapshot and of the log behind it. */
function* valuesOf(disk: Disk, directory: string): Generator<Buffer | null> {
  const snapshot = newestSnapshot(disk, directory)
  yield* snapshot?.values ?? formattedWith(disk, directory) ?? []
  if (!disk.exists(directory)) return
  const from = snapshot?.id.endOffset ?? 0
  const bases = disk.list(directory).flatMap(({ name }) => SEGMENT.exec(name)?.[1] ?? [])
  for (const [i, base] of bases.entries()) {
    if (Number(bases[i + 1] ?? Infinity) <= from) continue
    const path = `${directory}/${base}.log`
    const file = disk.open(path, 'read')
    try {
      const reader = new BatchReader(file, 0, file.sizeBytes())
      while (reader.next() && isSound(reader.batch)) {
        if (reader.batch.lastOffset >= from) yield* recordValues(reader.batch)
      }
    } finally {
      file.close()
    }
  }
}

/** What follows one that is not will be cut off. */
function isSound(batch: Batch): boolean {
  return batch.magic === MAGIC && batch.isCrcValid()
}

function* recordValues(batch: Batch): Generator<Buffer | null> {
  if (batch.isControl) return
  for (const { value } of recordsOf(batch)) yield value
}
