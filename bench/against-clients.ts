// The compiled codecs beside those of clients written in JavaScript, for bodies that both can read
// or write in the same version: requests with the records in them, answers without, for clients
// decode the records on the way.

import { join } from 'node:path'
import { decodeMessage, encodeMessage } from '../protocol/compile.ts'
import { fetch } from '../protocol/messages/fetch.ts'
import { metadata } from '../protocol/messages/metadata.ts'
import { produce } from '../protocol/messages/produce.ts'
import { buildBatch } from '../protocol/records/batch.ts'
import type { Api, Encodable } from '../protocol/schema.ts'
import type { Contest } from './measure.ts'
import {
  EXTENTS, type Extent, fetchRequest, fetchResponse, metadataRequest, metadataResponse,
  produceResponse, topicId, topicName,
} from './messages.ts'

/** Versions of Produce, Fetch and Metadata that a client has, and what it does with them. */
interface Client {
  readonly name: string
  readonly versions: readonly [number, number, number]
  produceRequest(extent: Extent): Promise<Buffer> | Buffer
  fetchRequest(extent: Extent): Promise<Buffer> | Buffer
  metadataRequest(extent: Extent): Promise<Buffer> | Buffer
  read(api: Api, version: number, body: Buffer): unknown
}

const KAFKAJS = 'kafkajs/src/protocol/requests'
const RECORDS = 10
const VALUE = Buffer.alloc(100, 'value')
const TIMESTAMP = 1_700_000_000_000

const times = <T>(count: number, make: (index: number) => T): T[] => (
  Array.from({ length: count }, (_, index) => make(index))
)

const messages = (timestamp: unknown) => (
  times(RECORDS, (i) => ({ key: Buffer.from(`key-${i}`), value: VALUE, timestamp }))
)

/** As both clients fill the header of a batch without a producer. */
function ourProduceRequest(version: number, { topics, partitions }: Extent): Buffer {
  return encodeMessage(produce.request, version, {
    transactionalId: null, acks: -1, timeoutMs: 30_000,
    topicData: times(topics, (t) => ({
      name: topicName(t),
      partitionData: times(partitions, (index) => ({
        index,
        records: buildBatch({
          records: messages(TIMESTAMP) as never, leaderEpoch: 0, producerEpoch: 0, baseSequence: 0,
        }),
      })),
    })),
  })
}

function ourFetchRequest(version: number, extent: Extent): Buffer {
  const request = fetchRequest(extent)
  return encodeMessage(fetch.request, version, {
    ...request,
    topics: request.topics.map((topic, t) => ({ ...topic, topic: topicName(t) })),
  })
}

interface Encoded { readonly buffer: Buffer }
type KafkaJsRequest = (options: object) => { encode(): Promise<Encoded> }
interface KafkaJsResponse { decode(body: Buffer): Promise<unknown> }

function kafkajs(): Client {
  const file = (path: string) => require(join(KAFKAJS, path)) as unknown
  const request = (path: string) => file(`${path}/request`) as KafkaJsRequest
  const responses = new Map<Api, KafkaJsResponse>([
    [produce, file('produce/v7/response') as KafkaJsResponse],
    [fetch, file('fetch/v11/response') as KafkaJsResponse],
    [metadata, file('metadata/v6/response') as KafkaJsResponse],
  ])
  const [produceV7, fetchV11, metadataV6] =
    [request('produce/v7'), request('fetch/v11'), request('metadata/v6')]
  const body = async (of: ReturnType<KafkaJsRequest>) => (await of.encode()).buffer
  return {
    name: 'kafkajs', versions: [7, 11, 6],
    produceRequest: ({ topics, partitions }) => body(produceV7({
      acks: -1, timeout: 30_000,
      topicData: times(topics, (t) => ({
        topic: topicName(t),
        partitions: times(partitions, (partition) => (
          { partition, messages: messages(TIMESTAMP) })),
      })),
    })),
    fetchRequest: ({ topics, partitions }) => body(fetchV11({
      replicaId: -1, maxWaitTime: 500, minBytes: 1, maxBytes: 52_428_800, isolationLevel: 0,
      sessionId: 77, sessionEpoch: 12,
      topics: times(topics, (t) => ({
        topic: topicName(t),
        partitions: times(partitions, (partition) => ({
          partition, currentLeaderEpoch: 3, fetchOffset: 8_000_000_000 + partition,
          maxBytes: 1_048_576,
        })),
      })),
    })),
    metadataRequest: ({ topics }) => body(metadataV6(
      { topics: times(topics, topicName), allowAutoTopicCreation: false })),
    read: (api, _version, answer) => responses.get(api)!.decode(answer),
  }
}

interface PlatformaticApi {
  createRequest(...args: unknown[]): Encoded
  parseResponse(correlationId: number, key: number, version: number, reader: unknown): unknown
}
interface Platformatic {
  readonly produceV11: PlatformaticApi
  readonly fetchV17: PlatformaticApi
  readonly metadataV12: PlatformaticApi
  readonly Reader: { from(buffer: Buffer): unknown }
}

/** Its uuids are of another form; those of the messages are turned into it here. */
const dashed = (index: number) => (
  Buffer.from(topicId(index), 'base64url').toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
)

async function platformatic(): Promise<Client> {
  const { produceV11, fetchV17, metadataV12, Reader } =
    await import('@platformatic/kafka') as unknown as Platformatic
  const apis = new Map<Api, PlatformaticApi>(
    [[produce, produceV11], [fetch, fetchV17], [metadata, metadataV12]])
  return {
    name: '@platformatic/kafka', versions: [11, 17, 12],
    produceRequest: ({ topics, partitions }) => {
      const flat = times(topics, (t) => times(partitions, (partition) => (
        messages(BigInt(TIMESTAMP)).map((message) => (
          { ...message, topic: topicName(t), partition }))
      ))).flat(2)
      return produceV11.createRequest(-1, 30_000, flat, {}).buffer
    },
    fetchRequest: ({ topics, partitions }) => fetchV17.createRequest(
      500, 1, 52_428_800, 0, 77, 12,
      times(topics, (t) => ({
        topicId: dashed(t),
        partitions: times(partitions, (partition) => ({
          partition, currentLeaderEpoch: 3, fetchOffset: 8_000_000_000n + BigInt(partition),
          lastFetchedEpoch: -1, partitionMaxBytes: 1_048_576,
        })),
      })), [], '').buffer,
    metadataRequest: ({ topics }) => (
      metadataV12.createRequest(times(topics, topicName), false, false).buffer),
    read: (api, version, answer) => (
      apis.get(api)!.parseResponse(0, api.key, version, Reader.from(answer))),
  }
}

/** What is written must be the same, or nothing is compared. */
async function writing(
  name: string, ours: () => Buffer, theirs: () => Promise<Buffer> | Buffer,
): Promise<Contest> {
  const [own, other] = [ours(), await theirs()]
  if (!own.equals(other)) {
    throw new Error(`${name}: ${own.toString('hex')} is not ${other.toString('hex')}`)
  }
  return { name, ours, theirs }
}

async function contests(client: Client): Promise<Contest[]> {
  const [produceVersion, fetchVersion, metadataVersion] = client.versions
  const made: Contest[] = []
  for (const [size, extent] of Object.entries(EXTENTS)) {
    const named = (what: string) => `${client.name}: ${what}, ${size}`
    const read = <A extends Api>(
      api: A, version: number, response: Encodable<A['response']>,
    ): Contest => {
      const body = encodeMessage(api.response, version, response)
      return {
        name: named(`${api.name} ${version} answer read`),
        ours: () => decodeMessage(api.response, version, body),
        theirs: () => client.read(api, version, body),
      }
    }
    made.push(
      await writing(named(`Produce ${produceVersion} request written`),
        () => ourProduceRequest(produceVersion, extent), () => client.produceRequest(extent)),
      read(produce, produceVersion, produceResponse(extent)),
      await writing(named(`Fetch ${fetchVersion} request written`),
        () => ourFetchRequest(fetchVersion, extent), () => client.fetchRequest(extent)),
      read(fetch, fetchVersion, fetchResponse(extent, null)),
      await writing(named(`Metadata ${metadataVersion} request written`),
        () => encodeMessage(metadata.request, metadataVersion, metadataRequest(extent)),
        () => client.metadataRequest(extent)),
      read(metadata, metadataVersion, metadataResponse(extent)),
    )
  }
  return made
}

export async function againstClients(): Promise<Contest[]> {
  return [...await contests(kafkajs()), ...await contests(await platformatic())]
}
