// Produce (key 0): appends batches of records to partitions.
//
// Appending stages the batches; partitions write what is staged once per turn, and then answers
// complete, in the same turn: nothing is acknowledged that is not written. With acks=1 that is when
// the leader has it, with acks=−1 (all) when the whole ISR has. With acks=0 there is no answer;
// after an error the connection closes, so that the producer looks for another leader.
//
// Versions: 5 has the log's start, 7 zstd (KIP-110), 8 single records' errors (KIP-467), 10 tells
// who leads (KIP-951), 11 and 12 change how transactions go (KIP-890), 13 has topic ids (KIP-516).
// 0–2 are told of but not served, for librdkafka takes their absence for a broker without codecs.

import { isInternalTopic } from '../../controller/topic-names.ts'
import { ApiError, type ErrorCode, errorMessage as textOf, Errors } from '../../protocol/errors.ts'
import {
  produce, type ProduceRequest, type ProduceResponse,
} from '../../protocol/messages/produce.ts'
import { Batch } from '../../protocol/records/batch.ts'
import { checkForm } from '../../protocol/records/form.ts'
import { BatchFaultError, RecordValidationError } from '../../storage/validate.ts'
import { type Entry, OPEN } from '../coordinators/transactions/gate.ts'
import { CurrentLeaders } from '../replication/current-leader.ts'
import type { Partition, PartitionAppend } from '../replication/partition.ts'
import type { Traffic } from '../replication/traffic.ts'
import {
  CloseConnection, handler, Later, NO_ANSWER, type RequestContext,
} from '../server/handler.ts'
import type { Services } from '../services.ts'
import type { Timer } from '../world/clock.ts'
import { notEntered, participationOf } from './produced-in-transaction.ts'
import {
  type AskedPartition, type AskedTopic, checkRecords, withoutRepeats,
} from './produced-records.ts'

type AnsweredTopic = ProduceResponse['responses'][number]
type Answered = ProduceResponse | typeof NO_ANSWER
type AnsweredPartition = AnsweredTopic['partitionResponses'][number]
type Mutable<T> = { -readonly [K in keyof T]: T[K] }
/** While it waits, its error is what it would be if the time ran out. */
type Pending = Mutable<AnsweredPartition>
/** How records get into a transaction that is not open in their partition yet. */
type AppendEntering = Pick<PartitionAppend, 'verification' | 'isVerificationRequired'>

/** What stands in front of a batch of a transaction. */
interface Beginning {
  readonly isTransactional: boolean
  readonly producerId: number
  readonly producerEpoch: number
  readonly sequence: number
}

/** A partition of a request with transactions: it is appended to when all may be. */
interface Joining {
  readonly partition: Partition
  readonly asked: AskedPartition
  readonly answer: Pending
  readonly begin: Beginning
}

const Acks = { ALL: -1, NONE: 0, LEADER: 1 } as const
const UNKNOWN = -1
const LEADERS_SINCE = 10
const TOPIC_IDS_SINCE = 13
/** Kafka's tools write to internal topics under this name. */
const ADMIN_CLIENT_ID = '__admin_client'
const NO_BYTES = Buffer.alloc(0)

const NOT_TRANSACTIONAL: AppendEntering = {}

/**
 * Of a batch that cannot even be looked at Kafka does not tell the log's start, and its metrics do
 * not count it as failed.
 */
const EXPECTED: ReadonlySet<number> = new Set([
  Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.NOT_LEADER_OR_FOLLOWER, Errors.MESSAGE_TOO_LARGE,
  Errors.RECORD_LIST_TOO_LARGE, Errors.CORRUPT_MESSAGE, Errors.KAFKA_STORAGE_ERROR,
])

export const produceHandler = handler(produce, handleProduce, {
  advertise: [0, 13],
  pipelined: true,
  borrowsBytes: true,
  errorAnswer: (request, _apiVersion, code, message) => refused(request, code, message),
})

function handleProduce(
  request: ProduceRequest, context: RequestContext, services: Services,
): Answered | Later<Answered> {
  try {
    return new Produce(request, context, services).run()
  } catch (error) {
    if (request.acks !== Acks.NONE || error instanceof CloseConnection) throw error
    if (!(error instanceof ApiError)) {
      services.logger.error('Records without acknowledgement failed unexpectedly', { error })
    }
    throw new CloseConnection('a request without acknowledgement failed')
  }
}

/** The answer to a request that fails as a whole. */
function refused(
  { topicData }: ProduceRequest, errorCode: ErrorCode, message: string | undefined,
): ProduceResponse {
  // What goes without saying is not said.
  const errorMessage = message === undefined || message === textOf(errorCode) ? null : message
  return {
    responses: withoutRepeats(topicData).map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) =>
        ({ ...failed(index, errorCode), errorMessage })),
    })),
  }
}

function failed(index: number, errorCode: number): Pending {
  return { index, errorCode, baseOffset: UNKNOWN }
}

/** One request under way. */
class Produce {
  readonly #request: ProduceRequest
  readonly #context: RequestContext
  readonly #services: Services
  readonly #responses: AnsweredTopic[] = []
  readonly #cursor = new Batch(NO_BYTES)
  #isTransactional = false
  readonly #joining: Joining[] = []
  #later: Later<Answered> | undefined
  /** Partitions that still have to be written or committed; and one for the appending itself. */
  #pendingCount = 1
  #hasErrors = false
  #timer: Timer | undefined

  constructor(request: ProduceRequest, context: RequestContext, services: Services) {
    this.#request = request
    this.#context = context
    this.#services = services
  }

  run(): Answered | Later<Answered> {
    const { topicData, acks, transactionalId } = this.#request
    this.#isTransactional = this.#hasTransactional()
    if (this.#isTransactional && transactionalId === null) {
      throw new ApiError(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    }
    for (const topic of withoutRepeats(topicData)) {
      if (topic.partitionData.length === 0) continue
      const partitionResponses: Pending[] = []
      for (const asked of topic.partitionData) {
        partitionResponses.push(this.#handle(topic, asked))
      }
      const { name, topicId } = topic
      this.#responses.push({ name, topicId, partitionResponses })
    }
    if (this.#joining.length > 0) this.#join()
    if (--this.#pendingCount === 0) return this.#answer()
    this.#later = new Later()
    // Mostly all is done at the end of the turn: only what is not needs a timer.
    if (acks === Acks.ALL) this.#services.turn.onStorage(this.#waitLonger)
    return this.#later
  }

  /** Whether there are records of a transaction. Throws CORRUPT_MESSAGE for bytes of no format. */
  #hasTransactional(): boolean {
    const cursor = this.#cursor
    let isFound = false
    for (const { partitionData } of this.#request.topicData) {
      for (const { records } of partitionData) {
        if (records === null) continue
        checkForm(records, 0)
        cursor.at(records, 0)
        while (cursor.next()) {
          isFound ||= cursor.isTransactional
          checkForm(records, cursor.position + cursor.sizeBytes)
        }
      }
    }
    return isFound
  }

  #handle(topic: AskedTopic, asked: AskedPartition): Pending {
    const { partitions } = this.#services
    const { index } = asked
    const partition = this.#goesById
      ? partitions.getById(topic.topicId, index) : partitions.get(topic.name, index)
    const code = partition === undefined
      ? this.#errorOfAbsent(topic, index) : this.#check(asked.records)
    if (partition === undefined || code !== Errors.NONE) {
      this.#hasErrors = true
      return failed(index, code)
    }
    if (!this.#isTransactional) {
      return this.#appendAllowed(partition, asked, NOT_TRANSACTIONAL, failed(index, Errors.NONE))
    }
    // All producers of the request have to be known before anything of it is appended.
    const answer = failed(index, Errors.NONE)
    this.#joining.push({ partition, asked, answer, begin: beginningOf(this.#cursor) })
    return answer
  }

  get #goesById(): boolean {
    return this.#context.apiVersion >= TOPIC_IDS_SINCE
  }

  #errorOfAbsent({ name, topicId }: AskedTopic, index: number): ErrorCode {
    const { partitions, controller } = this.#services
    if (!this.#goesById) return partitions.errorOfAbsent(name, index)
    const topic = controller.image.topics.byId(topicId)
    if (topic === undefined) return Errors.UNKNOWN_TOPIC_ID
    return partitions.errorOfAbsent(topic.name, index)
  }

  /** What is wrong with a request, whatever is in the log. */
  #check(records: Buffer | null): ErrorCode {
    return checkRecords(records ?? NO_BYTES, this.#cursor, this.#context.apiVersion)
  }

  /** What is seen only after the transaction's coordinator was asked. */
  #checkAppend({ topic }: Partition): ErrorCode {
    const { acks } = this.#request
    if (acks < Acks.ALL || acks > Acks.LEADER) return Errors.INVALID_REQUIRED_ACKS
    const isForbidden = isInternalTopic(topic) && this.#context.clientId !== ADMIN_CLIENT_ID
    return isForbidden ? Errors.INVALID_TOPIC_EXCEPTION : Errors.NONE
  }

  /** Has the transaction's coordinator asked where need be, and appends. */
  #join(): void {
    const joining = this.#joining
    const transactional = joining.filter(isTransactional)
    const [first] = transactional
    if (first === undefined) {
      for (const one of joining) this.#appendJoined(one, OPEN)
      return
    }
    const { producerId, producerEpoch } = first.begin
    const isOneProducer = transactional.every(({ begin }) =>
      begin.producerId === producerId && begin.producerEpoch === producerEpoch)
    if (!isOneProducer) {
      throw new ApiError(Errors.INVALID_PRODUCER_ID_MAPPING,
        'Transactional records contained more than one producer ID')
    }
    const participation = participationOf(this.#context.apiVersion)
    const { config, transactions: { gate } } = this.#services
    const entries = gate.enter({
      transactionalId: this.#request.transactionalId!, producerId, producerEpoch, participation,
      partitions: transactional.map(({ partition, begin: { sequence } }) =>
        ({ partition, sequence })),
      patienceMs: participation !== 'added' ? 0
        : Math.min(config.addPartitionsToTxnRetryBackoffMaxMs, config.requestTimeoutMs),
    })
    const isRequired = gate.isVerificationRequired
    const append = (told: readonly Entry[]): void => {
      const entryOf = new Map(transactional.map((one, i) => [one, told[i]!]))
      for (const one of joining) this.#appendJoined(one, entryOf.get(one) ?? OPEN, isRequired)
    }
    if (!(entries instanceof Later)) {
      append(entries)
      return
    }
    // Later records of the producer would overtake these.
    this.#context.answerFirst()
    this.#pendingCount++
    entries.settle((told) => {
      append(told)
      if (--this.#pendingCount === 0) this.#complete()
    }, () => {})
  }

  #appendJoined(
    { partition, asked, answer }: Joining, { errorCode, verification }: Entry, isRequired = true,
  ): void {
    if (errorCode === Errors.NONE) {
      const entering = { verification, isVerificationRequired: isRequired }
      this.#appendAllowed(partition, asked, entering, answer)
      return
    }
    this.#hasErrors = true
    Object.assign(answer, notEntered(errorCode, this.#context.apiVersion))
  }

  #appendAllowed(
    partition: Partition, asked: AskedPartition, entering: AppendEntering, answer: Pending,
  ): Pending {
    answer.errorCode = this.#checkAppend(partition)
    if (answer.errorCode === Errors.NONE) return this.#append(partition, asked, entering, answer)
    this.#hasErrors = true
    return answer
  }

  #append(
    partition: Partition, { records }: AskedPartition, entering: AppendEntering, answer: Pending,
  ): Pending {
    const { acks } = this.#request
    const { nowMs } = this.#context
    const { verification, isVerificationRequired } = entering
    try {
      const { firstOffset, lastOffset, logAppendTimeMs, logStartOffset } =
        partition.append(records!, { acks, nowMs, origin: 'client', verification,
          isVerificationRequired })
      answer.errorCode = Errors.REQUEST_TIMED_OUT
      answer.baseOffset = firstOffset
      answer.logAppendTimeMs = logAppendTimeMs
      answer.logStartOffset = logStartOffset
      if (acks !== Acks.NONE) this.#await(partition, lastOffset + 1, answer)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.#hasErrors = true
      countRefused(partition, error.code, records!.length)
      countFault(this.#services.partitions.traffic, error)
      Object.assign(answer, refusedByLog(partition, error))
    }
    return answer
  }

  #await(partition: Partition, offset: number, answer: Pending): void {
    this.#pendingCount++
    const done = (error?: ApiError): void => {
      answer.errorCode = error?.code ?? Errors.NONE
      if (error !== undefined) this.#hasErrors = true
      if (--this.#pendingCount === 0) this.#complete()
    }
    if (this.#request.acks === Acks.ALL) partition.whenCommitted(offset, done)
    else partition.whenWritten(offset, done)
  }

  readonly #waitLonger = (): void => {
    if (this.#pendingCount === 0) return
    this.#timer = this.#services.clock.setTimer(this.#request.timeoutMs, () => {
      this.#services.partitions.traffic.expiredProduces += this.#pendingCount
      this.#hasErrors = true
      this.#complete()
    })
  }

  #complete(): void {
    this.#timer?.cancel()
    try {
      this.#later?.complete(this.#answer())
    } catch (error) {
      this.#later?.fail(error)
    }
  }

  /** Throws CloseConnection. */
  #answer(): Answered {
    const responses = this.#responses
    if (this.#request.acks === Acks.NONE) {
      if (!this.#hasErrors) return NO_ANSWER
      throw new CloseConnection('records without acknowledgement could not be appended')
    }
    if (!this.#hasErrors || this.#context.apiVersion < LEADERS_SINCE) return { responses }
    const { image } = this.#services.controller
    const leaders = new CurrentLeaders(image, this.#context.listenerName)
    for (const { name, topicId, partitionResponses } of responses) {
      const topic = this.#goesById ? image.topics.byId(topicId!)?.name : name
      for (const answer of partitionResponses as Pending[]) {
        if (answer.errorCode !== Errors.NOT_LEADER_OR_FOLLOWER) continue
        answer.currentLeader = leaders.of(topic ?? '', answer.index)
      }
    }
    return { responses, nodeEndpoints: leaders.endpoints }
  }
}

function beginningOf(
  { isTransactional, hasProducer, producerId, producerEpoch, baseSequence }: Batch,
): Beginning {
  return {
    isTransactional: isTransactional && hasProducer, producerId, producerEpoch,
    sequence: baseSequence,
  }
}

function isTransactional({ begin }: Joining): boolean {
  return begin.isTransactional
}

function countRefused({ traffic }: Partition, code: ErrorCode, sizeBytes: number): void {
  if (code === Errors.MESSAGE_TOO_LARGE) traffic.rejected(sizeBytes)
  if (!EXPECTED.has(code)) traffic.refused()
}

function countFault(traffic: Traffic, error: ApiError): void {
  if (error instanceof RecordValidationError) traffic.keylessRecords += error.keylessCount
  else if (!(error instanceof BatchFaultError)) return
  else if (error.fault === 'checksum') traffic.wrongChecksums++
  else traffic.wrongOffsets++
}

function refusedByLog({ index, log }: Partition, error: ApiError): Pending {
  const answer = failed(index, error.code)
  const logStartOffset = EXPECTED.has(error.code) ? UNKNOWN : log.startOffset
  if (!(error instanceof RecordValidationError)) return { ...answer, logStartOffset }
  const { recordErrors, message: errorMessage } = error
  return { ...answer, logStartOffset, recordErrors, errorMessage }
}
