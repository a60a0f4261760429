// Appends the marks that end transactions to the partitions that this node leads: for its own
// coordinator, those of other nodes, and tools (WriteTxnMarkers).

import { ApiError, Errors, type ErrorCode } from '../../../protocol/errors.ts'
import { endMarkerBatch } from '../../../protocol/records/control.ts'
import type { Logger } from '../../../storage/ports.ts'
import type { Partition } from '../../replication/partition.ts'
import type { Partitions } from '../../replication/partitions.ts'
import { Later } from '../../server/later.ts'
import { GROUP_METADATA_TOPIC } from '../internal-topic.ts'
import type { EndMark } from '../shard.ts'
import type { MarkResult, Marks } from './marks.ts'
import { partitionsOf } from './partition-set.ts'

/** The mark is committed only when the whole ISR has it. */
const ALL_IN_SYNC = -1

export interface MarkWriterOptions {
  readonly partitions: Pick<Partitions, 'get'>
  readonly logger: Logger
  nowMs(): number
  /** The coordinator of groups writes marks itself: they make offsets count. */
  completeOffsets(partition: number, mark: EndMark): Later<undefined>
}

export class MarkWriter {
  readonly #options: MarkWriterOptions

  constructor(options: MarkWriterOptions) {
    this.#options = options
  }

  /** Completes when every partition has the mark for good, or an error. Never fails. */
  write(marks: Marks): Later<readonly MarkResult[]> {
    const later = new Later<readonly MarkResult[]>()
    const results: MarkResult[] = []
    let pendingCount = 1
    const done = (): void => {
      if (--pendingCount === 0) later.complete(results)
    }
    for (const [topic, partition] of partitionsOf(marks.partitions)) {
      pendingCount++
      this.#writeOne(topic, partition, marks, (errorCode) => {
        results.push({ topic, partition, errorCode })
        done()
      })
    }
    done()
    return later
  }

  #writeOne(
    topic: string, index: number, marks: Marks, done: (code: ErrorCode) => void,
  ): void {
    const partition = this.#options.partitions.get(topic, index)
    if (partition === undefined) {
      done(Errors.UNKNOWN_TOPIC_OR_PARTITION)
      return
    }
    if (topic === GROUP_METADATA_TOPIC) {
      this.#options.completeOffsets(index, marks)
        .settle(() => done(Errors.NONE), (error) => done(this.#codeOfGroups(error)))
      return
    }
    try {
      this.#append(partition, marks, (error) => done(error?.code ?? Errors.NONE))
    } catch (error) {
      done(this.#codeOf(error))
    }
  }

  #append(partition: Partition, marks: Marks, done: (error?: ApiError) => void): void {
    const { producerId, producerEpoch, coordinatorEpoch, isCommitted, transactionVersion } = marks
    const nowMs = this.#options.nowMs()
    const batch = endMarkerBatch({
      type: isCommitted ? 'COMMIT' : 'ABORT', baseOffset: 0, timestampMs: nowMs, leaderEpoch: -1,
      producerId, producerEpoch, coordinatorEpoch,
    })
    const { lastOffset } = partition.append(batch, {
      acks: ALL_IN_SYNC, nowMs, origin: 'coordinator', transactionVersion,
    })
    partition.whenCommitted(lastOffset + 1, done)
  }

  /** Whoever sends marks knows partitions, not coordinators: this one is not ready yet. */
  #codeOfGroups(error: unknown): ErrorCode {
    const code = this.#codeOf(error)
    const isPassing = code === Errors.COORDINATOR_NOT_AVAILABLE || code === Errors.NOT_COORDINATOR
      || code === Errors.COORDINATOR_LOAD_IN_PROGRESS
    return isPassing ? Errors.NOT_LEADER_OR_FOLLOWER : code
  }

  #codeOf(error: unknown): ErrorCode {
    if (error instanceof ApiError) return error.code
    this.#options.logger.error('a mark could not be written', { error })
    return Errors.UNKNOWN_SERVER_ERROR
  }
}
