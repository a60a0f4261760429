// A client of a bench: one connection, one request at a time, as few steps as can be.

import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { decodeResponse, encodeRequest } from '../../protocol/compile.ts'
import { createTopics } from '../../protocol/messages/create-topics.ts'
import { produce } from '../../protocol/messages/produce.ts'
import type { Api, Decoded, WriteOf } from '../../protocol/schema.ts'

const LENGTH_BYTES = 4
const PATIENCE_MS = 60_000

export class Client {
  readonly #socket: Socket
  #received: Buffer[] = []
  #receivedBytes = 0
  #answered: ((frame: Buffer) => void) | undefined
  #failed: ((error: Error) => void) | undefined
  #correlationId = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.#failed?.(error))
    socket.on('close', () => this.#failed?.(new Error('the broker closed the connection')))
  }

  static async connect(port: number): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return new Client(socket)
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk)
    this.#receivedBytes += chunk.length
    if (this.#receivedBytes < LENGTH_BYTES) return
    const bytes = this.#received.length === 1 ? chunk : Buffer.concat(this.#received)
    this.#received = [bytes]
    if (bytes.length < LENGTH_BYTES + bytes.readInt32BE(0)) return
    this.#received = []
    this.#receivedBytes = 0
    this.#answered?.(bytes.subarray(LENGTH_BYTES))
  }

  async ask<A extends Api>(
    api: A, version: number, body: WriteOf<A['request']['shape']>,
  ): Promise<Decoded<A['response']>> {
    const frame = encodeRequest(api, version, this.#correlationId++, 'bench', body)
    const answer = new Promise<Buffer>((resolve, reject) => {
      this.#answered = resolve
      this.#failed = reject
    })
    this.#socket.write(Buffer.concat(frame))
    return decodeResponse(api, version, await answer).body
  }

  /** Throws when it cannot be created. */
  async createTopic(
    name: string, numPartitions: number, configs: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const { topics } = await this.ask(createTopics, 7, {
      topics: [{
        name, numPartitions, replicationFactor: 1, assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      }],
      timeoutMs: PATIENCE_MS, validateOnly: false,
    })
    if (topics[0]!.errorCode !== 0) throw new Error(`${name}: ${topics[0]!.errorMessage}`)
  }

  /** Answers the error code. */
  async produce(topic: string, index: number, records: Buffer): Promise<number> {
    const { responses } = await this.ask(produce, 9, {
      acks: -1, timeoutMs: PATIENCE_MS,
      topicData: [{ name: topic, partitionData: [{ index, records }] }],
    })
    return responses[0]!.partitionResponses[0]!.errorCode
  }

  close(): void {
    this.#failed = undefined
    this.#socket.destroy()
  }
}
