// A connection that asks one question again and again, each time when it has the answer. Question
// and answer are the same bytes every time, and only compared: where broker and clients share a
// machine, a client that costs much measures itself.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { decodeResponse, encodeRequest } from '../../protocol/compile.ts'
import type { Api, Decoded, WriteOf } from '../../protocol/schema.ts'

const LENGTH_BYTES = 4
const MAX_ANSWER_BYTES = 4096
const CORRELATION_ID = 1

export interface Question<A extends Api> {
  readonly api: A
  readonly version: number
  readonly body: WriteOf<A['request']['shape']>
  /** Throws for an answer that is not the one to be measured. Sees the first. */
  check(answer: Decoded<A['response']>): void
}

export class Repeater {
  readonly #socket: Socket
  readonly #question: Buffer
  readonly #check: (frame: Buffer) => void
  /** What came of the answer so far. */
  readonly #answer = Buffer.alloc(MAX_ANSWER_BYTES)
  #sizeBytes = 0
  #first: Buffer | undefined
  #count = 0
  #endMs = 0
  #resolve: (count: number) => void = () => {}
  #reject: (error: unknown) => void = () => {}

  private constructor(
    host: string, port: number, question: Buffer, check: (frame: Buffer) => void,
  ) {
    this.#question = question
    this.#check = check
    const callback = (sizeBytes: number, bytes: Uint8Array) => {
      this.#received(sizeBytes, bytes)
      return true
    }
    this.#socket = connect(
      { host, port, noDelay: true, onread: { buffer: Buffer.alloc(MAX_ANSWER_BYTES), callback } })
    this.#socket.on('error', (error) => this.#reject(error))
    this.#socket.on('close', () => this.#reject(new Error('the broker closed the connection')))
  }

  /** `address`: host:port */
  static async to<A extends Api>(address: string, question: Question<A>): Promise<Repeater> {
    const { api, version, body } = question
    const frame = Buffer.concat(encodeRequest(api, version, CORRELATION_ID, 'bench', body))
    const [host, port] = address.split(':')
    const repeater = new Repeater(host!, Number(port), frame,
      (answer) => question.check(decodeResponse(api, version, answer).body))
    await once(repeater.#socket, 'connect')
    return repeater
  }

  /** For so long; gives how many answers came. */
  repeatFor(durationMs: number): Promise<number> {
    this.#count = 0
    this.#endMs = performance.now() + durationMs
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#socket.write(this.#question)
    })
  }

  #received(sizeBytes: number, bytes: Uint8Array): void {
    this.#answer.set(bytes.subarray(0, sizeBytes), this.#sizeBytes)
    this.#sizeBytes += sizeBytes
    if (this.#sizeBytes < LENGTH_BYTES) return
    if (this.#sizeBytes < LENGTH_BYTES + this.#answer.readInt32BE(0)) return
    try {
      this.#compare()
    } catch (error) {
      this.#reject(error)
      return
    }
    this.#sizeBytes = 0
    this.#count++
    if (performance.now() < this.#endMs) this.#socket.write(this.#question)
    else this.#resolve(this.#count)
  }

  #compare(): void {
    if (this.#first !== undefined) {
      const isSame = this.#first.compare(this.#answer, 0, this.#sizeBytes) === 0
      if (!isSame) throw new Error('the answer is another one than before')
      return
    }
    const answer = Buffer.from(this.#answer.subarray(0, this.#sizeBytes))
    this.#check(answer.subarray(LENGTH_BYTES))
    this.#first = answer
  }
}
