// Where a log ends that nobody has opened, as its files say.

import { BatchReader } from './batch-reader.ts'
import type { Disk } from './disk.ts'
import { fileNamesIn } from './log-files.ts'
import { baseOffsetsIn, fileNameOf, LOG_SUFFIX } from './segment-names.ts'

/** One past the last sound batch of the last segment; 0 without any. Throws what the disk says. */
export function endOffsetOf(disk: Disk, directory: string): number {
  const last = Math.max(0, ...baseOffsetsIn(fileNamesIn(disk, directory)))
  const path = `${directory}/${fileNameOf(last)}${LOG_SUFFIX}`
  if (!disk.exists(path)) return 0
  const file = disk.open(path, 'read')
  try {
    const reader = new BatchReader(file, 0, file.sizeBytes())
    let endOffset = last
    while (reader.next() && reader.batch.isCrcValid() && reader.batch.baseOffset >= endOffset) {
      endOffset = reader.batch.nextOffset
    }
    return endOffset
  } finally {
    file.close()
  }
}
