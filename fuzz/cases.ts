// The cases of a run without a broker: which bytes, and which decoder they are for. A case is made
// of the run's seed and its own number alone, so that each can be made again.

import { type Below, seeded } from '../compat/harness/random.ts'
import { readRecord, RECORD_TYPES } from '../controller/metadata-records.ts'
import { groupsCodec } from '../lib/coordinators/groups/records.ts'
import { subscribedTopics } from '../lib/coordinators/groups/subscription.ts'
import { transactionsCodec } from '../lib/coordinators/transactions/records.ts'
import { decodeMessage, DecodeError, decodeRequest, decodeResponse } from '../protocol/compile.ts'
import { ApiError } from '../protocol/errors.ts'
import { decodeRequestHeader } from '../protocol/header.ts'
import { ALL_APIS } from '../protocol/messages/index.ts'
import { GROUP_RECORDS, TRANSACTION_RECORDS } from '../protocol/messages/records/index.ts'
import { Batch, batchesOf } from '../protocol/records/batch.ts'
import { CODECS, compress, decompress } from '../protocol/records/compression.ts'
import { controlTypeOf } from '../protocol/records/control.ts'
import { recordsOf } from '../protocol/records/record.ts'
import type { Api } from '../protocol/schema.ts'
import { parseLogConfig } from '../storage/config.ts'
import { checkBatch, checkStructure, validateAndAssign } from '../storage/validate.ts'
import { BatchSource } from './batches.ts'
import {
  type Corpus, loadCorpus, pick, randomSample, requestFrame, responseFrame, type Sample,
} from './corpus.ts'
import { mutate, mutateLength, noise, withTagSoup } from './mutators.ts'
import { PlaceFinder } from './places.ts'

export interface Case {
  /** Which decoder, and of what. */
  readonly name: string
  readonly bytes: Buffer
  run(): void
}

/** What is put out at most when bytes are decompressed for themselves. */
const MAX_DECOMPRESSED_BYTES = 16 * 1024 * 1024

const TRANSACTIONS_CODEC = transactionsCodec(() => 2)
const LOG_CONFIG = parseLogConfig(new Map())

/** Whether it is how a decoder says that bytes are wrong. */
export function isTyped(error: unknown): boolean {
  return error instanceof DecodeError || error instanceof ApiError
}

/** A source of numbers for one case. */
export function numbersOf(seed: number, index: number): Below {
  return seeded(Math.imul(index + 1, 0x9e3779b1) ^ seed)
}

type Kind = (below: Below) => Case

export class CaseSource {
  readonly #seed: number
  readonly #corpus: Corpus = loadCorpus()
  readonly #places = new PlaceFinder()
  readonly #batches = new BatchSource()
  readonly #apis: readonly (Api | undefined)[]
  readonly #keys: readonly number[]
  readonly #metadataRecords: readonly Sample[]
  /** As often as each is here. */
  readonly #kinds: readonly Kind[]

  constructor(seed: number) {
    this.#seed = seed
    const apis: Api[] = []
    for (const api of ALL_APIS) apis[api.key] = api
    this.#apis = apis
    this.#keys = ALL_APIS.map(({ key }) => key)
    const ofMetadata = new Set(Object.values(RECORD_TYPES).map(({ message }) => message.name))
    this.#metadataRecords = this.#corpus.records.filter(({ message }) => (
      ofMetadata.has(message.name)
    ))
    const often = (kind: Kind, times: number) => Array<Kind>(times).fill(kind)
    this.#kinds = [
      ...often((below) => this.#request(below), 8), ...often((below) => this.#response(below), 4),
      ...often((below) => this.#record(below), 3), ...often((below) => this.#metadata(below), 2),
      ...often((below) => this.#coordinator(below), 2), ...often((below) => this.#batch(below), 4),
      ...often((below) => this.#payload(below), 1), ...often((below) => this.#noise(below), 1),
    ]
  }

  make(index: number): Case {
    const below = numbersOf(this.#seed, index)
    return pick(this.#kinds, below)(below)
  }

  /** A sample, or another value of its message, spoilt. */
  #spoilt(samples: readonly Sample[], below: Below): Sample {
    const sample = pick(samples, below)
    const { message, version, bytes } =
      below(4) === 0 ? randomSample(sample, below) : sample
    const other = pick(samples, below).bytes
    switch (below(6)) {
      case 0: case 1: {
        const places = this.#places.placesIn(message, version, bytes)
        return { ...sample, bytes: mutateLength(bytes, places, below) }
      }
      case 2: return { ...sample, bytes: withTagSoup(bytes, below) }
      default: return { ...sample, bytes: mutate(bytes, below, other) }
    }
  }

  #request(below: Below): Case {
    const { api, version, bytes } = this.#spoilt(this.#corpus.requests, below)
    let frame = requestFrame(api!, version, below(1000), bytes)
    if (below(10) === 0) frame = mutate(frame, below, bytes)
    if (below(20) === 0 && frame.length > 4) {
      frame.writeInt16BE(below(3) === 0 ? below(65536) - 32768 : pick(this.#keys, below), 0)
      frame.writeInt16BE(below(20), 2)
    }
    return {
      name: `${api!.name} ${version}, request`, bytes: frame,
      run: () => this.#readRequest(frame),
    }
  }

  /** As the server does: the header, and the body where API and version are known. */
  #readRequest(frame: Buffer): void {
    const { apiKey, apiVersion, bodyOffset } = decodeRequestHeader(frame)
    const api = this.#apis[apiKey]
    if (api !== undefined) decodeRequest(api, apiVersion, frame, bodyOffset)
  }

  #response(below: Below): Case {
    const { api, version, bytes } = this.#spoilt(this.#corpus.responses, below)
    const frame = responseFrame(api!, version, bytes)
    return {
      name: `${api!.name} ${version}, response`, bytes: frame,
      run: () => decodeResponse(api!, version, frame),
    }
  }

  #record(below: Below): Case {
    const { message, version, bytes } = this.#spoilt(this.#corpus.records, below)
    return {
      name: `${message.name} ${version}`, bytes, run: () => decodeMessage(message, version, bytes),
    }
  }

  #metadata(below: Below): Case {
    const sample = this.#spoilt(this.#metadataRecords, below)
    const { key } = Object.values(RECORD_TYPES)
      .find(({ message }) => message.name === sample.message.name)!
    const whole = Buffer.concat([Buffer.from([1, key, sample.version]), sample.bytes])
    const bytes = below(4) === 0 ? mutate(whole, below, sample.bytes) : whole
    return { name: 'record of the metadata log', bytes, run: () => readRecord(bytes) }
  }

  #coordinator(below: Below): Case {
    const numbered = (number: number, bytes: Buffer) => (
      Buffer.concat([Buffer.from([number >> 8 & 0xff, number & 0xff]), bytes])
    )
    const isGroup = below(4) !== 0
    const { type, key, value } = pick(isGroup ? GROUP_RECORDS : TRANSACTION_RECORDS, below)
    const of = (name: string) => this.#corpus.records.filter(({ message }) => message.name === name)
    const keySample = this.#spoilt(of(key.name), below)
    const valueSample = this.#spoilt(of(value.name), below)
    const keyBytes = below(10) === 0 ? keySample.bytes : numbered(type, keySample.bytes)
    const valueBytes = below(10) === 0
      ? valueSample.bytes : numbered(valueSample.version, valueSample.bytes)
    const isTombstone = below(10) === 0
    const codec = isGroup ? groupsCodec : TRANSACTIONS_CODEC
    return {
      name: `record of a coordinator, key ${keyBytes.toString('hex')}`, bytes: valueBytes,
      run: () => {
        subscribedTopics(valueBytes)
        controlTypeOf(keyBytes)
        codec.decode(keyBytes, isTombstone ? null : valueBytes)
      },
    }
  }

  #batch(below: Below): Case {
    const bytes = this.#batches.make(below)
    return below(2) === 0
      ? { name: 'records to append', bytes, run: () => append(Buffer.from(bytes)) }
      : { name: 'records to read', bytes, run: () => readBatches(bytes) }
  }

  #payload(below: Below): Case {
    const codec = pick(CODECS, below)
    const text = Buffer.alloc(below(2000), 'Gregor Samsa')
    const bytes = mutate(compress(codec, text), below, text)
    return {
      name: `data of ${codec}`, bytes,
      run: () => decompress(codec, bytes, { maxSizeBytes: MAX_DECOMPRESSED_BYTES }),
    }
  }

  #noise(below: Below): Case {
    const bytes = noise(below(200), below)
    const read = pick([
      () => this.#readRequest(bytes), () => readBatches(bytes), () => append(bytes),
      () => readRecord(bytes), () => groupsCodec.decode(bytes, bytes),
    ], below)
    return { name: 'noise', bytes, run: () => { read() } }
  }
}

/** As a consumer, or a coordinator that loads. */
function readBatches(bytes: Buffer): void {
  for (const batch of batchesOf(bytes)) for (const { headers } of recordsOf(batch)) void headers
}

/** As a partition does with what a producer sends. */
function append(bytes: Buffer): void {
  const appending = { origin: 'client', leaderEpoch: 0, nowMs: 1.8e12 } as const
  const log = { config: LOG_CONFIG, name: 'fuzz-0', endOffset: 17 }
  checkStructure(bytes, log.name)
  const batch = new Batch(bytes)
  if (!batch.next()) return
  checkBatch(batch, appending, log)
  validateAndAssign(batch, appending, log)
}
