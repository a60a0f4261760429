// A connection to one broker: requests in the newest version that both sides know, each with its
// answer, in time.

import { decodeResponse, encodeRequest } from '../../protocol/compile.ts'
import { Errors } from '../../protocol/errors.ts'
import { apiVersions, type ApiVersionsResponse } from '../../protocol/messages/api-versions.ts'
import type { Api, Decoded, WriteOf } from '../../protocol/schema.ts'
import { foreignProtocol } from '../server/foreign-protocol.ts'
import type { Clock, Timer } from '../world/clock.ts'
import { type Address, addressText } from '../address.ts'
import type { Dial, Link } from './dial.ts'
import {
  ForeignError, reasonOfConnecting, TimeoutError, UnreachableError, UnsupportedError,
} from './errors.ts'
import { FrameCutter } from './frames.ts'

/** Answers larger than this are no answers. */
const MAX_FRAME_BYTES = 1024 * 1024 * 1024
/** The first answer tells whether it is a broker at all. */
const MAX_GREETING_BYTES = 1024 * 1024
/** Flexible, with the client's name, and known since Kafka 2.4. */
const FIRST_VERSION_TO_TRY = 3
/** Brokers are asked to wait less long than their client does. */
const ANSWER_MARGIN_MS = 1000
const MOST_UNSENT_BYTES = 1024 * 1024
const SOFTWARE_NAME = 'samsa'

export interface ConnectionOptions {
  readonly dial: Dial
  readonly clock: Clock
  readonly clientId: string
  readonly softwareVersion: string
  /** For a connection, and for each answer. */
  readonly requestTimeoutMs: number
}

export interface VersionRange {
  readonly minVersion: number
  readonly maxVersion: number
}

type RequestBody<A extends Api> = WriteOf<A['request']['shape']>

/** A body, or what makes it for the version that is spoken. */
export type BodyOf<A extends Api> = RequestBody<A> | ((version: number) => RequestBody<A>)

interface Waiting {
  readonly api: Api
  readonly version: number
  readonly timer: Timer
  resolve(body: never): void
  reject(error: Error): void
}

export class Connection {
  readonly address: string
  readonly #options: ConnectionOptions
  readonly #waiting = new Map<number, Waiting>()
  readonly #cutter = new FrameCutter(MAX_GREETING_BYTES, (frame) => this.#receive(frame))
  #link: Link | undefined
  #closed: Error | undefined
  #correlationId = 0
  #isKafka = false
  #versions: ReadonlyMap<number, VersionRange> = new Map()
  #greeting: Decoded<typeof apiVersions['response']> | undefined

  private constructor(address: Address, options: ConnectionOptions) {
    this.address = addressText(address)
    this.#options = options
  }

  /** Connects, and asks what the broker serves. Throws UnreachableError, ForeignError, … */
  static async open(address: Address, options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(address, options)
    await connection.#connect(address)
    try {
      await connection.#greet()
    } catch (error) {
      connection.close()
      throw error
    }
    return connection
  }

  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  /** Requests without their answer. */
  get pendingCount(): number {
    return this.#waiting.size
  }

  /** What the broker serves, by API key. */
  get versions(): ReadonlyMap<number, VersionRange> {
    return this.#versions
  }

  /** With the features of the cluster, which brokers before 2.7 do not tell. */
  get greeting(): ApiVersionsResponse {
    return this.#greeting!
  }

  /** The newest version that both know, not above the limit; undefined where there is none. */
  versionOf(api: Api, limit = Infinity): number | undefined {
    const served = this.#versions.get(api.key)
    if (served === undefined) return undefined
    const newest = api.versions[1] - (api.latestVersionUnstable ? 1 : 0)
    const version = Math.min(newest, served.maxVersion, limit)
    return version >= Math.max(api.versions[0], served.minVersion) ? version : undefined
  }

  /**
   * Sends a request, and gives the answer. Throws TimeoutError, UnreachableError where the
   * connection breaks, UnsupportedError, and RangeError for what cannot be written.
   */
  async request<A extends Api>(
    api: A, body: BodyOf<A>, options: { readonly version?: number, readonly timeoutMs?: number,
    } = {},
  ): Promise<Decoded<A['response']>> {
    const version = options.version ?? this.#agreedVersion(api)
    const timeoutMs = options.timeoutMs ?? this.#options.requestTimeoutMs
    return this.#exchange(api, version, body, timeoutMs)
  }

  /** Sends a request that has no answer: Produce with acks 0. */
  sendOnly<A extends Api>(api: A, body: BodyOf<A>): void {
    this.#send(api, this.#agreedVersion(api), body)
  }

  /** Resolves when the system has taken what was sent, all but a little. */
  async drained(): Promise<void> {
    while (this.#closed === undefined && this.#link!.unsentBytes > MOST_UNSENT_BYTES) {
      await new Promise<void>((resolve) => { this.#options.clock.setTimer(1, resolve) })
    }
  }

  /** How long a broker may take, so that its answer comes before its client gives up. */
  get brokerTimeoutMs(): number {
    const { requestTimeoutMs } = this.#options
    return Math.max(requestTimeoutMs - ANSWER_MARGIN_MS, Math.ceil(requestTimeoutMs / 2))
  }

  close(): void {
    this.#end(new UnreachableError(this.address, 'closed here'))
  }

  #agreedVersion(api: Api): number {
    const version = this.versionOf(api)
    if (version !== undefined) return version
    const served = this.#versions.get(api.key)
    throw new UnsupportedError(this.address, api.name, served === undefined ? '' : (
      ` in a version known here: ${served.minVersion} to ${served.maxVersion} there, `
      + `${api.versions[0]} to ${api.versions[1]} here`))
  }

  async #connect(address: Address): Promise<void> {
    const cutter = this.#cutter
    const { dial, requestTimeoutMs } = this.#options
    try {
      this.#link = await dial(address, {
        received: (bytes) => {
          const noLength = cutter.push(bytes)
          if (noLength !== undefined) this.#end(this.#foreign(noLength))
        },
        closed: (reason) => this.#end(this.#broken(reason)),
      }, requestTimeoutMs)
    } catch (error) {
      const { reason, code } = reasonOfConnecting(error)
      throw new UnreachableError(this.address, reason, code)
    }
  }

  #broken(reason: Error | undefined): UnreachableError {
    if (reason === undefined) return new UnreachableError(this.address, 'it closed the connection')
    const told = reasonOfConnecting(reason)
    return new UnreachableError(this.address, told.reason, told.code)
  }

  #foreign(bytes: Buffer): ForeignError {
    const TLS_ALERT = 0x1503
    const speaks = bytes.readUInt16BE(0) === TLS_ALERT ? 'TLS' : foreignProtocol(bytes, 0)
    return new ForeignError(this.address, speaks)
  }

  /** One that does not know the version answers in version 0, and names those it knows (KIP-35). */
  async #greet(): Promise<void> {
    let answer = await this.#askVersions(FIRST_VERSION_TO_TRY)
    if (answer.errorCode === Errors.UNSUPPORTED_VERSION) {
      const own = answer.apiKeys.find(({ apiKey }) => apiKey === apiVersions.key)
      answer = await this.#askVersions(Math.min(own?.maxVersion ?? 0, FIRST_VERSION_TO_TRY))
    }
    if (answer.errorCode !== Errors.NONE) {
      throw new UnsupportedError(this.address, apiVersions.name, '')
    }
    this.#isKafka = true
    this.#cutter.maxSizeBytes = MAX_FRAME_BYTES
    this.#greeting = answer
    this.#versions = new Map(answer.apiKeys.map(({ apiKey, ...range }) => [apiKey, range]))
  }

  #askVersions(version: number): Promise<Decoded<typeof apiVersions['response']>> {
    return this.#exchange(apiVersions, version, {
      clientSoftwareName: SOFTWARE_NAME, clientSoftwareVersion: this.#options.softwareVersion,
    }, this.#options.requestTimeoutMs)
  }

  #send<A extends Api>(api: A, version: number, body: BodyOf<A>): number {
    if (this.#closed !== undefined) throw this.#closed
    const correlationId = this.#correlationId
    this.#correlationId = (correlationId + 1) & 0x7fffffff
    const value = typeof body === 'function' ? body(version) : body
    const { clientId } = this.#options
    this.#link!.send(encodeRequest(api, version, correlationId, clientId, value))
    return correlationId
  }

  #exchange<A extends Api>(
    api: A, version: number, body: BodyOf<A>, timeoutMs: number,
  ): Promise<Decoded<A['response']>> {
    return new Promise((resolve, reject) => {
      const { clock } = this.#options
      const correlationId = this.#send(api, version, body)
      const timer = clock.setTimer(timeoutMs, () => {
        this.#waiting.delete(correlationId)
        const error = new TimeoutError(
          `${this.address} did not answer ${api.name} within ${timeoutMs} ms`)
        reject(error)
        // Its late answer would be taken for one that nobody asked for.
        this.#end(error)
      })
      this.#waiting.set(correlationId, {
        api, version, timer, resolve, reject,
      })
    })
  }

  #receive(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0)
    const waiting = this.#waiting.get(correlationId)
    if (waiting === undefined) {
      this.#end(new ForeignError(this.address, undefined))
      return
    }
    this.#waiting.delete(correlationId)
    waiting.timer.cancel()
    try {
      waiting.resolve(decodeAnswer(waiting.api, waiting.version, frame) as never)
    } catch (error) {
      const broken = this.#isKafka ? error as Error : new ForeignError(this.address, undefined)
      waiting.reject(broken)
      this.#end(broken)
    }
  }

  /** Nobody gets an answer any more. */
  #end(reason: Error): void {
    if (this.#closed !== undefined) return
    this.#closed = reason
    this.#link?.destroy()
    for (const { timer, reject } of this.#waiting.values()) {
      timer.cancel()
      reject(reason)
    }
    this.#waiting.clear()
  }
}

const CORRELATION_ID_BYTES = 4

/** A broker that does not know the version of ApiVersions answers in version 0. */
function decodeAnswer(api: Api, version: number, frame: Buffer): unknown {
  const isRefusal = api.key === apiVersions.key
    && frame.length >= CORRELATION_ID_BYTES + 2
    && frame.readInt16BE(CORRELATION_ID_BYTES) === Errors.UNSUPPORTED_VERSION
  return decodeResponse(api, isRefusal ? 0 : version, frame).body
}
