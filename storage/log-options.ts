// What a log is opened with, and what its methods take and give.

import type { BufferPool } from './buffer-pool.ts'
import type { Claim } from './checkpoints.ts'
import type { LogConfig } from './config.ts'
import type { Disk } from './disk.ts'
import type { Logger } from './ports.ts'
import type { ProducerState } from './producers.ts'
import type { Removals } from './removals.ts'
import type { Room } from './room.ts'
import type { SavePointsOptions } from './save-points.ts'
import type { Origin } from './validate.ts'
import type { Verification } from './verifications.ts'

export interface LogOptions extends Claim {
  readonly disk: Disk
  /** That of the partition; it is made when it is not there. */
  readonly directory: string
  readonly topicPartition: { readonly topic: string, readonly partition: number }
  readonly logger: Logger
  readonly nowMs: number
  /** Over Kafka's defaults. */
  readonly config?: Partial<LogConfig>
  /** It was closed as it should be; left out: it is recovered. */
  readonly isClean?: boolean
  /** What the checkpoints say; left out where they are lost. */
  readonly recoveryPoint?: number | undefined
  readonly startOffset?: number
  readonly highWatermark?: number
  /** `producer.id.expiration.ms`, which may change; left out: Kafka's default. */
  readonly producerExpirationMs?: () => number
  readonly buffers?: BufferPool
  /**
   * The log is about to become shorter, or has: nothing higher may be written down of it. Were it
   * still when the log is cut, the next start would take what is gone for lost (H3).
   */
  onTruncate?(lowered: { readonly recoveryPoint: number, readonly startOffset: number }): void
  /** Something is written that is not on the device, for the first time since all was. */
  onUnsynced?(): void
  /** Of its log directory: while it is full, appends are refused. */
  readonly room?: Room
  /** Left out: there are none, and a recovery begins where a segment does. */
  readonly savePoints?: SavePointsOptions
  /** Where deleted files wait for their time; left out: the log has its own. */
  readonly removals?: Removals
  /** What is known of producers, where the log takes the place of another one that is the same. */
  readonly producers?: ProducerState
}

/** What a log directory opens a log with. */
export interface OpenLog {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  readonly config: LogConfig
  readonly nowMs: number
}

export interface AppendOptions {
  readonly leaderEpoch: number
  readonly nowMs: number
  readonly origin: Origin
  /** What lets records of a transaction in that is not open here yet (KIP-890). */
  readonly verification?: Verification | undefined
  /** False where `transaction.partition.verification.enable` is; left out: true. */
  readonly isVerificationRequired?: boolean | undefined
  /** Of the client whose transaction a mark ends; left out: 0. */
  readonly transactionVersion?: number | undefined
}

export interface AppendInfo {
  /** −1 when a follower had nothing to take. */
  readonly firstOffset: number
  readonly lastOffset: number
  readonly maxTimestamp: number
  /** −1 where the records keep the time of their producer. */
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
  /** The batch is in the log already, at these offsets. */
  readonly duplicate: boolean
  readonly sizeBytes: number
}

export interface ReadOptions {
  /** Nothing at or after it is read. */
  readonly maxOffset: number
  /** The first batch is given even if it alone is larger than asked for (KIP-74). */
  readonly minOneBatch: boolean
}

export interface ReadResult {
  /** Batches; the last may be cut off, never the first. */
  readonly records: Buffer
  /** The buffer is not needed any more. */
  release(): void
}

export interface EpochEndOffset {
  /** −1 when unknown. */
  readonly leaderEpoch: number
  /** −1 when unknown. */
  readonly endOffset: number
}
