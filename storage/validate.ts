// Checks what a client or a coordinator wants to append, and makes it a batch of the log: offsets,
// leader epoch and timestamps are patched into the bytes that came in. Only what has to be
// compressed in another way is written anew.

import { ApiError, Errors, type ErrorCode } from '../protocol/errors.ts'
import { Batch, MAGIC } from '../protocol/records/batch.ts'
import type { Codec } from '../protocol/records/compression.ts'
import { checkForm } from '../protocol/records/form.ts'
import { payloadOf, RecordCursor } from '../protocol/records/record.ts'
import { renumbered } from '../protocol/records/renumber.ts'
import type { LogConfig } from './config.ts'

/** Who appends: a client, a coordinator, the leader of the metadata quorum, or a follower. */
export type Origin = 'client' | 'coordinator' | 'controller' | 'replica'

/** What is wrong with one record, as ProduceResponse tells it (KIP-467). */
export interface RecordError {
  /** Of the record in its batch. */
  readonly batchIndex: number
  readonly batchIndexErrorMessage: string
}

/** What is wrong with a batch as a whole, where Kafka counts it. */
export type BatchFault = 'checksum' | 'offsets'

export class BatchFaultError extends ApiError {
  readonly fault: BatchFault

  constructor(code: ErrorCode, message: string, fault: BatchFault) {
    super(code, message)
    this.fault = fault
  }
}

/** Single records of a batch are refused, and with them the batch. */
export class RecordValidationError extends ApiError {
  override readonly name: string = 'RecordValidationError'
  readonly recordErrors: readonly RecordError[]
  /** Records that have no key and need one. */
  readonly keylessCount: number

  constructor(
    code: ErrorCode, message: string, recordErrors: readonly RecordError[], keylessCount = 0,
  ) {
    super(code, message)
    this.recordErrors = recordErrors
    this.keylessCount = keylessCount
  }
}

/** How something is appended, as far as it matters here. */
export interface Appending {
  readonly origin: Origin
  readonly leaderEpoch: number
  readonly nowMs: number
}

/** The log that it is appended to, as far as it matters here. */
export interface ValidatingLog {
  readonly config: LogConfig
  /** `topic-partition`, for messages. */
  readonly name: string
  readonly endOffset: number
}

const CONFIG_CODECS: Readonly<Record<LogConfig['compressionType'], Codec | undefined>> = {
  uncompressed: 'none', gzip: 'gzip', snappy: 'snappy', lz4: 'lz4', zstd: 'zstd',
  // As the producer has it.
  producer: undefined,
}

/** No timestamp. */
const NO_TIMESTAMP = -1
/** Beyond any batch of a producer; a hostile one can hold millions of wrong records. */
const MAX_ERRORS_TOLD = 10_000

/** Whether bytes can begin with a batch at all. Throws CORRUPT_MESSAGE. */
export function checkStructure(records: Buffer, name: string): void {
  const magic = checkForm(records, 0)
  if (magic !== undefined && magic !== MAGIC) {
    throw invalid(`Batch of magic ${magic} in ${name}; only ${MAGIC} is supported`)
  }
}

/**
 * What a batch must be before it is looked into. Throws INVALID_RECORD, MESSAGE_TOO_LARGE,
 * CORRUPT_MESSAGE.
 */
export function checkBatch(
  batch: Batch, { origin, leaderEpoch }: Appending, { config, name }: ValidatingLog,
): void {
  if (batch.magic !== MAGIC) throw corrupt(`Invalid magic found in record: ${batch.magic}`)
  if (origin === 'controller' && batch.leaderEpoch !== leaderEpoch) {
    throw invalid('Append from Raft leader did not set the batch epoch correctly, expected ' +
      `${leaderEpoch} but the batch has ${batch.leaderEpoch}`)
  }
  if (origin === 'client' && batch.baseOffset !== 0) {
    throw invalid(`The baseOffset of the record batch in the append to ${name} should be 0, ` +
      `but it is ${batch.baseOffset}`)
  }
  const isLimited = origin === 'client' || origin === 'coordinator'
  if (isLimited && batch.sizeBytes > config.maxMessageBytes) {
    throw new ApiError(Errors.MESSAGE_TOO_LARGE,
      `The record batch size in the append to ${name} is ${batch.sizeBytes} bytes which exceeds ` +
      `the maximum configured value of ${config.maxMessageBytes}).`)
  }
  if (!batch.isCrcValid()) {
    throw new BatchFaultError(Errors.CORRUPT_MESSAGE,
      `Record is corrupt (stored crc = ${batch.crc}) in topic partition ${name}.`, 'checksum')
  }
}

/**
 * Checks the batch and its records, and gives the one to append: it is patched in place, or made
 * anew. Throws RecordValidationError, INVALID_RECORD, INVALID_TIMESTAMP, MESSAGE_TOO_LARGE, and
 * what decompressing throws.
 */
export function validateAndAssign(batch: Batch, appending: Appending, log: ValidatingLog): Batch {
  const { config, name } = log
  if (appending.origin === 'client') checkClientBatch(batch, name)
  const source = batch.codec
  const target = batch.isControl ? source : CONFIG_CODECS[config.compressionType] ?? source
  const walk = walkRecords(batch, appending.nowMs, log)
  const isRebuilt = source !== target || source !== 'none' && !walk.isDense
  const assigned = isRebuilt ? rebuild(batch, walk, target!, log) : batch
  assigned.setBaseOffset(log.endOffset)
  assigned.setLeaderEpoch(appending.leaderEpoch)
  const isAppendTime = config.timestampType === 'LogAppendTime'
  assigned.setMaxTimestamp(
    config.timestampType, isAppendTime ? appending.nowMs : walk.maxTimestamp)
  return assigned
}

function checkClientBatch(batch: Batch, name: string): void {
  const { count, lastOffsetDelta } = batch
  const range = `[${batch.baseOffset}, ${batch.lastOffset}]`
  if (lastOffsetDelta < 0) {
    throw outOfOrder(`Batch has an invalid offset range: ${range} in topic partition ${name}`)
  }
  if (count <= 0) {
    throw outOfOrder(
      `Invalid reported count for record batch: ${count} in topic partition ${name}`)
  }
  if (lastOffsetDelta + 1 !== count) {
    throw outOfOrder(`Inconsistent batch offset range ${range} and count of records ${count} ` +
      `in topic partition ${name}`)
  }
  if (batch.isControl) {
    throw outOfOrder(
      `Clients are not allowed to write control records in topic partition ${name}`)
  }
  if (batch.hasProducer && batch.baseSequence < 0) {
    throw outOfOrder(`Invalid sequence number ${batch.baseSequence} in record batch with ` +
      `producerId ${batch.producerId} in topic partition ${name}`)
  }
}

interface Walk {
  /** The records, uncompressed; they hold until a codec is called again. */
  readonly payload: Buffer
  readonly maxTimestamp: number
  /** The offsets of the records follow each other without a gap. */
  readonly isDense: boolean
}

/** Looks at every record once; what is wrong with one is told with all the others'. */
function walkRecords(batch: Batch, nowMs: number, { config, name }: ValidatingLog): Walk {
  const { baseTimestamp } = batch
  const isAppendTime = batch.timestampType === 'LogAppendTime'
  const appendTime = batch.maxTimestamp
  const maxBodyBytes = batch.codec === 'none' ? Infinity : config.maxDecompressedMessageBytes
  const isCompacted = config.cleanupPolicy.has('compact')
  const takesTimestamps = config.timestampType === 'CreateTime'
  const earliest = nowMs - config.timestampBeforeMaxMs
  const latest = nowMs + config.timestampAfterMaxMs
  let errors: RecordErrors | undefined
  let maxTimestamp = NO_TIMESTAMP
  let isDense = true
  let index = 0
  const payload = payloadOf(batch, { mayBorrow: true })
  for (const cursor = new RecordCursor(payload, batch.count); cursor.next(); index++) {
    const timestamp = isAppendTime ? appendTime : baseTimestamp + cursor.timestampDelta
    if (cursor.bodySizeBytes > maxBodyBytes) throw tooLarge(cursor.bodySizeBytes, maxBodyBytes)
    if (isCompacted && !cursor.hasKey) {
      errors = (errors ?? new RecordErrors(name)).keyMissing(index)
    } else if (takesTimestamps && timestamp !== NO_TIMESTAMP) {
      if (timestamp < earliest || timestamp > latest) {
        const range = () => `[${bound(nowMs, -config.timestampBeforeMaxMs)}, ` +
          `${bound(nowMs, config.timestampAfterMaxMs)}]`
        errors = (errors ?? new RecordErrors(name)).outOfRange(index, timestamp, range)
      }
    } else if (isAppendTime) {
      errors = (errors ?? new RecordErrors(name)).appendTimeSet(index)
    }
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    if (cursor.offsetDelta !== index) isDense = false
  }
  errors?.throw()
  return { payload, maxTimestamp, isDense }
}

/** As Kafka prints it: its largest long stands where there is no limit, and overflows. */
function bound(nowMs: number, distanceMs: number): string {
  if (Number.isFinite(distanceMs)) return String(nowMs + distanceMs)
  const largest = 2n ** 63n - 1n
  return String(BigInt.asIntN(64, BigInt(nowMs) + (distanceMs < 0 ? -largest : largest)))
}

/** The batch again in another codec, its records numbered without gaps. */
function rebuild(
  batch: Batch, { payload, maxTimestamp }: Walk, codec: Codec, { config, name }: ValidatingLog,
): Batch {
  const rebuilt = renumbered(batch, payload, codec, levelOf(codec, config), maxTimestamp)
  if (rebuilt.length > config.maxMessageBytes) {
    throw new ApiError(Errors.MESSAGE_TOO_LARGE,
      `Message batch size is ${rebuilt.length} bytes in append to partition ${name} which ` +
      `exceeds the maximum configured size of ${config.maxMessageBytes}.`)
  }
  return new Batch(rebuilt)
}

function levelOf(codec: Codec, config: LogConfig): number | undefined {
  switch (codec) {
    case 'gzip': return config.compressionGzipLevel
    case 'lz4': return config.compressionLz4Level
    case 'zstd': return config.compressionZstdLevel
    default: return undefined
  }
}

/** What is wrong with the records of a batch; made only when something is. */
class RecordErrors {
  readonly #name: string
  readonly #errors: RecordError[] = []
  #count = 0
  #keylessCount = 0
  #isTimestampWrong = false

  constructor(name: string) {
    this.#name = name
  }

  keyMissing(index: number): this {
    this.#keylessCount++
    return this.#add(index, () =>
      `Compacted topic cannot accept message without key in topic partition ${this.#name}`)
  }

  outOfRange(index: number, timestamp: number, range: () => string): this {
    this.#isTimestampWrong = true
    return this.#add(index, () => `Timestamp ${timestamp} of message with offset ${index} is ` +
      `out of range. The timestamp should be within ${range()}`)
  }

  appendTimeSet(index: number): this {
    this.#isTimestampWrong = true
    return this.#add(index, () => `Invalid timestamp type in message ${index}. Producer should ` +
      'not set timestamp type to LogAppendTime.')
  }

  #add(batchIndex: number, message: () => string): this {
    this.#count++
    if (this.#errors.length < MAX_ERRORS_TOLD) {
      this.#errors.push({ batchIndex, batchIndexErrorMessage: message() })
    }
    return this
  }

  throw(): never {
    if (this.#isTimestampWrong) {
      throw new RecordValidationError(Errors.INVALID_TIMESTAMP,
        'One or more records have been rejected due to invalid timestamp', this.#errors,
        this.#keylessCount)
    }
    const first = this.#errors.slice(0, 3).map(({ batchIndex, batchIndexErrorMessage }) => (
      `RecordError(batchIndex=${batchIndex}, message='${batchIndexErrorMessage}')`
    ))
    throw new RecordValidationError(Errors.INVALID_RECORD,
      `One or more records have been rejected due to ${this.#count} record errors in ` +
      `total, and only showing the first three errors at most: [${first.join(', ')}]`,
      this.#errors, this.#keylessCount)
  }
}

function tooLarge(sizeBytes: number, limitBytes: number): ApiError {
  return invalid(`Invalid record size: ${sizeBytes} exceeds the configured maximum record size ` +
    `of ${limitBytes}.`)
}

function corrupt(message: string): ApiError {
  return new ApiError(Errors.CORRUPT_MESSAGE, message)
}

function outOfOrder(message: string): ApiError {
  return new BatchFaultError(Errors.INVALID_RECORD, message, 'offsets')
}

function invalid(message: string): ApiError {
  return new ApiError(Errors.INVALID_RECORD, message)
}
