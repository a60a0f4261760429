// The files in a log's directory before it is opened: what a crash leaves lying about is finished,
// or removed.

import { BatchReader } from './batch-reader.ts'
import type { Disk } from './disk.ts'
import {
  baseOffsetsIn, CLEANED_SUFFIX, DELETED_SUFFIX, fileNameOf, INDEX_SUFFIXES, LOG_SUFFIX,
  SWAP_SUFFIX,
} from './segment-names.ts'

const TEMPORARY_SUFFIX = '.tmp'

/** The names of the files in a directory. */
export function fileNamesIn(disk: Disk, directory: string): string[] {
  return disk.list(directory).flatMap(({ name, isDirectory }) => isDirectory ? [] : [name])
}

/**
 * Tidies the directory that has these files. Answers the base offsets of its segments, ascending.
 * `onOrphans` hears of indexes whose segment is gone, which is no work of ours.
 */
export function tidyFiles(
  disk: Disk, directory: string, found: readonly string[],
  onOrphans: (names: readonly string[]) => void,
): number[] {
  const remove = (name: string): void => disk.remove(`${directory}/${name}`)
  let names = found
  if (names.some((name) => name.endsWith(SWAP_SUFFIX))) {
    finishSwap(disk, directory, names)
    names = fileNamesIn(disk, directory)
  }
  for (const name of names) {
    const isLeftOver = [DELETED_SUFFIX, CLEANED_SUFFIX, TEMPORARY_SUFFIX]
      .some((suffix) => name.endsWith(suffix))
    if (isLeftOver) remove(name)
  }
  const bases = baseOffsetsIn(names)
  const named = new Set(bases.map(fileNameOf))
  const orphans = names.filter((name) => {
    const suffix = INDEX_SUFFIXES.find((one) => name.endsWith(one))
    return suffix !== undefined && !named.has(name.slice(0, -suffix.length))
  })
  if (orphans.length > 0) onOrphans(orphans)
  for (const name of orphans) remove(name)
  return bases.sort((a, b) => a - b)
}

/**
 * A compaction was interrupted while it put its segments (`.swap`) in the place of those they were
 * made of. As long as some still are `.cleaned` nothing was replaced, and the old ones stay;
 * otherwise the new ones take over. Only ever both, or neither, are there.
 */
function finishSwap(disk: Disk, directory: string, names: readonly string[]): void {
  const pathOf = (name: string): string => `${directory}/${name}`
  const offsetOf = (name: string): number => Number(name.slice(0, name.indexOf('.')))
  const cleaned = names.filter((name) => name.endsWith(CLEANED_SUFFIX)).map(offsetOf)
  const firstCleaned = Math.min(...cleaned)
  const swap = names.filter((name) => name.endsWith(SWAP_SUFFIX))
  const valid = swap.filter((name) => offsetOf(name) < firstCleaned)
  for (const name of swap) if (!valid.includes(name)) disk.remove(pathOf(name))
  const logs = valid.filter((name) => name.endsWith(LOG_SUFFIX + SWAP_SUFFIX))
  if (logs.length > 0) {
    const from = Math.min(...logs.map(offsetOf))
    const to = Math.max(...logs.map((name) => nextOffsetOf(disk, pathOf(name), offsetOf(name))))
    for (const name of names) {
      const isLive = [LOG_SUFFIX, ...INDEX_SUFFIXES].some((suffix) => name.endsWith(suffix))
      const offset = offsetOf(name)
      // One that is empty replaces the segment of its name at least.
      if (isLive && offset >= from && (offset < to || offset === from)) disk.remove(pathOf(name))
    }
  }
  for (const name of valid) {
    disk.rename(pathOf(name), pathOf(name.slice(0, -SWAP_SUFFIX.length)))
  }
  disk.syncDirectory(directory)
}

function nextOffsetOf(disk: Disk, path: string, baseOffset: number): number {
  const file = disk.open(path, 'read')
  try {
    const reader = new BatchReader(file, 0, file.sizeBytes())
    let nextOffset = baseOffset
    while (reader.next()) nextOffset = reader.batch.nextOffset
    return nextOffset
  } finally {
    file.close()
  }
}
