// The client beside the fuzzing that does everything right: it sets up what is fuzzed, and sees
// whether the broker still serves.

import { type Decoded, type Api, type WriteOf } from '../protocol/schema.ts'
import { decodeResponse, encodeRequest } from '../protocol/compile.ts'
import { apiVersions } from '../protocol/messages/api-versions.ts'
import { createTopics } from '../protocol/messages/create-topics.ts'
import { fetch } from '../protocol/messages/fetch.ts'
import { metadata } from '../protocol/messages/metadata.ts'
import { produce } from '../protocol/messages/produce.ts'
import { batchesOf, buildBatch } from '../protocol/records/batch.ts'
import { recordsOf } from '../protocol/records/record.ts'
import { Line } from './line.ts'
import { PARTITIONS, TOPICS } from './lively.ts'

const SIDE_TOPIC = 'side'
const PATIENCE_MS = 10_000

/** The broker did not do what it has to. */
export class SoundClientError extends Error {}

export class SoundClient {
  readonly #line: Line
  #correlationId = 0
  /** Where the last record went. */
  #offset = 0
  /** The longest that an answer of the last check took. */
  slowestMs = 0

  constructor(port: number) {
    this.#line = new Line(port)
  }

  /** Creates the topics, where they are not there. */
  async setUp(): Promise<void> {
    const topics = [...TOPICS, SIDE_TOPIC].map((name) => ({
      name, numPartitions: name === SIDE_TOPIC ? 1 : PARTITIONS, replicationFactor: 1,
      assignments: [],
      configs: name === 'fuzz-compact' ? [{ name: 'cleanup.policy', value: 'compact' }] : [],
    }))
    await this.#ask(createTopics, 5, { topics, timeoutMs: PATIENCE_MS, validateOnly: false })
    while (await this.#produce() !== 0);
  }

  /** Of the topics that are fuzzed and there now. */
  async topicIds(): Promise<string[]> {
    const { topics } = await this.#ask(metadata, 12, {
      topics: TOPICS.map((name) => ({ name })), allowAutoTopicCreation: false,
    })
    return topics.map(({ topicId }) => topicId)
  }

  /** ApiVersions, a record produced, the same fetched. Throws a SoundClientError. */
  async check(): Promise<void> {
    this.slowestMs = 0
    const { apiKeys } = await this.#ask(apiVersions, 3, {
      clientSoftwareName: 'sound', clientSoftwareVersion: '1',
    })
    if (apiKeys.length === 0) throw new SoundClientError('ApiVersions is empty')
    const errorCode = await this.#produce()
    if (errorCode !== 0) throw new SoundClientError(`producing fails with ${errorCode}`)
    await this.#fetch()
  }

  async #produce(): Promise<number> {
    const records = buildBatch({
      records: [{ value: valueOf(this.#correlationId) }], timestampMs: Date.now(),
    })
    const { responses } = await this.#ask(produce, 9, {
      acks: -1, timeoutMs: PATIENCE_MS,
      topicData: [{ name: SIDE_TOPIC, partitionData: [{ index: 0, records }] }],
    })
    const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
    this.#offset = baseOffset
    return errorCode
  }

  async #fetch(): Promise<void> {
    const sent = valueOf(this.#correlationId - 1)
    const { responses } = await this.#ask(fetch, 12, {
      maxWaitMs: 0, minBytes: 0, isolationLevel: 0, forgottenTopicsData: [],
      topics: [{ topic: SIDE_TOPIC, partitions: [
        { partition: 0, fetchOffset: this.#offset, partitionMaxBytes: 1000 },
      ] }],
    })
    const { errorCode, records } = responses[0]!.partitions[0]!
    if (errorCode !== 0) throw new SoundClientError(`fetching fails with ${errorCode}`)
    const [first] = [...batchesOf(records ?? Buffer.alloc(0))].flatMap((batch) => (
      [...recordsOf(batch)]
    ))
    if (first?.value?.equals(sent) !== true) throw new SoundClientError('another record came back')
  }

  async #ask<A extends Api>(
    api: A, version: number, body: WriteOf<A['request']['shape']>,
  ): Promise<Decoded<A['response']>> {
    const id = this.#correlationId++
    const frame = Buffer.concat(encodeRequest(api, version, id, 'sound', body))
    const startedMs = performance.now()
    const answer = await this.#line.ask([frame], PATIENCE_MS)
    this.slowestMs = Math.max(this.slowestMs, performance.now() - startedMs)
    if (answer.frame === undefined) throw new SoundClientError(`${api.name}: ${answer.outcome}`)
    const { correlationId, body: response } = decodeResponse(api, version, answer.frame)
    if (correlationId !== id) throw new SoundClientError('the answer to another request came')
    return response
  }

  close(): void {
    this.#line.close()
  }
}

function valueOf(number: number): Buffer {
  return Buffer.from(`sound ${number}`)
}
