// Where the batches of a segment end, and what has to be known there to note more behind them.

export interface SegmentEnd {
  readonly nextOffset: number
  readonly position: number
  readonly maxTimestamp: number
  readonly offsetOfMaxTimestamp: number
  readonly bytesSinceIndexEntry: number
  /** 0 while it is not known. */
  readonly lastBatchBytes: number
}
