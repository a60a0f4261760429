// The names of the files of a segment.

export const LOG_SUFFIX = '.log'
export const DELETED_SUFFIX = '.deleted'
/** Of the files of a segment that a cleaning is writing, and that nobody may rely on yet. */
export const CLEANED_SUFFIX = '.cleaned'
/** Of those that are whole, and about to take the place of what they were made of. */
export const SWAP_SUFFIX = '.swap'
export const INDEX_SUFFIX = '.index'
export const TIME_INDEX_SUFFIX = '.timeindex'
export const TRANSACTION_INDEX_SUFFIX = '.txnindex'
export const INDEX_SUFFIXES: readonly string[] = [
  INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX,
]

/** The base offsets of the segments among these files. */
export function baseOffsetsIn(names: readonly string[]): number[] {
  return names.flatMap((name) => /^(\d{20})\.log$/.exec(name)?.[1] ?? []).map(Number)
}

/** A file's name in digits, as Kafka pads them. */
export function fileNameOf(offset: number): string {
  return String(offset).padStart(20, '0')
}
