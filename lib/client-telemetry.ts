// The metrics that clients push (KIP-714): who is to push what and how often, as the subscriptions
// in the cluster's metadata say, and who is asked to wait.
//
// A client has an id, which it is given with its first question. What is known of it goes when its
// connection does, when it is silent for long, or when there are too many others.

import { CLIENT_METRICS_CONFIGS } from '../controller/client-metrics-configs.ts'
import { type ConfigsImage, ConfigType, type Settings } from '../controller/image/configs.ts'
import type { Image } from '../controller/image/image.ts'
import { ApiError, type ErrorCode, Errors } from '../protocol/errors.ts'
import { crc32c } from '../protocol/records/crc32c.ts'
import { ZERO_UUID } from '../protocol/schema.ts'
import { readValue } from '../storage/config-values.ts'
import { inHashOrder } from './config/hash-order.ts'
import { re2 } from './re2.ts'
import type { Client } from './server/client.ts'
import type { Clock } from './world/clock.ts'
import type { Random } from './world/random.ts'

export interface ClientTelemetryOptions {
  readonly controller: { readonly image: Image }
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly random: Pick<Random, 'uuid'>
  /** `telemetry.max.bytes` */
  readonly maxBytes: number
}

/** Who asks. */
export interface TelemetryPeer {
  readonly connectionId: number
  readonly clientId: string | null
  readonly clientAddress: string
  readonly client: Client
}

export interface Push {
  readonly clientInstanceId: string
  readonly subscriptionId: number
  readonly terminating: boolean
  readonly compressionType: number
  readonly metrics: Uint8Array
}

export interface ClientInstance {
  readonly id: string
  readonly subscriptionId: number
  /** What the names of metrics begin with; `*`: all of them. */
  readonly metrics: readonly string[]
  readonly pushIntervalMs: number
}

interface Instance extends ClientInstance {
  readonly attributes: Attributes
  readonly subscriptionVersion: number
  lastSeenMs: number
  lastGetMs: number
  lastPushMs: number
  isTerminating: boolean
  lastError: ErrorCode
}

type Attributes = ReadonlyMap<string, string | null>

interface Subscription {
  readonly metrics: readonly string[]
  readonly intervalMs: number
  /** All of them have to match. */
  readonly patterns: readonly { readonly attribute: string, matches(text: string): boolean }[]
}

const DEFAULT_INTERVAL_MS = 300_000
const EXPIRY_MS = 60_000
const MAX_INSTANCES = 16_384
const ALL_METRICS = '*'
/** A batch's codecs, 0 for none. */
const COMPRESSION_TYPES: readonly number[] = [0, 1, 2, 3, 4]
/** The id of the metadata topic, which no client has. */
const ONE_UUID = 'AAAAAAAAAAAAAAAAAAAAAQ'

export class ClientTelemetry {
  /** Pushes that were for another subscription than the present one. */
  unknownSubscriptions = 0
  readonly #options: ClientTelemetryOptions
  /** By id, the one that was longest silent first. */
  readonly #instances = new Map<string, Instance>()
  /** The id that a connection brought last. */
  readonly #byConnection = new Map<number, string>()
  #configs: ConfigsImage | undefined
  #text = ''
  #version = 0
  #subscriptions: readonly Subscription[] = []

  constructor(options: ClientTelemetryOptions) {
    this.#options = options
  }

  /** Clients that have asked lately. */
  get instanceCount(): number {
    const nowMs = this.#options.clock.monotonicMs()
    return [...this.#instances.values()].filter((instance) => !isExpired(instance, nowMs)).length
  }

  get maxBytes(): number {
    return this.#options.maxBytes
  }

  /**
   * What the client shall push; the zero id stands for a new client. Throws
   * THROTTLING_QUOTA_EXCEEDED for one that asks again too soon.
   */
  subscriptionOf(clientInstanceId: string, peer: TelemetryPeer): ClientInstance {
    const id = clientInstanceId === ZERO_UUID ? this.#options.random.uuid() : clientInstanceId
    const nowMs = this.#options.clock.monotonicMs()
    const instance = this.#instance(id, peer, nowMs)
    const lastMs = Math.max(instance.lastGetMs, instance.lastPushMs)
    if (nowMs - lastMs >= instance.pushIntervalMs) instance.lastGetMs = nowMs
    // Who was told that what it has is out of date need not wait.
    else if (instance.lastError !== Errors.UNKNOWN_SUBSCRIPTION_ID &&
      instance.lastError !== Errors.UNSUPPORTED_COMPRESSION_TYPE) {
      throw new ApiError(Errors.THROTTLING_QUOTA_EXCEEDED)
    }
    instance.lastError = Errors.NONE
    return instance
  }

  /** Looks whether a push may be taken. Throws what the client is to be told. */
  push(push: Push, peer: TelemetryPeer): void {
    const { clientInstanceId: id } = push
    if (id === ZERO_UUID || id === ONE_UUID) throw new ApiError(Errors.INVALID_REQUEST)
    const nowMs = this.#options.clock.monotonicMs()
    const instance = this.#instance(id, peer, nowMs)
    instance.lastError = this.#errorOf(push, instance, nowMs)
    instance.isTerminating = push.terminating
    if (instance.lastError !== Errors.NONE) throw new ApiError(instance.lastError)
  }

  #errorOf(push: Push, instance: Instance, nowMs: number): ErrorCode {
    if (instance.isTerminating) return Errors.INVALID_REQUEST
    const { lastGetMs, lastPushMs, pushIntervalMs, subscriptionId } = instance
    const isDue = lastGetMs > lastPushMs || nowMs - lastPushMs >= pushIntervalMs
    if (isDue) instance.lastPushMs = nowMs
    else if (!push.terminating) return Errors.THROTTLING_QUOTA_EXCEEDED
    if (push.subscriptionId !== subscriptionId) {
      this.unknownSubscriptions++
      return Errors.UNKNOWN_SUBSCRIPTION_ID
    }
    if (!COMPRESSION_TYPES.includes(push.compressionType)) {
      return Errors.UNSUPPORTED_COMPRESSION_TYPE
    }
    return push.metrics.length > this.maxBytes ? Errors.TELEMETRY_TOO_LARGE : Errors.NONE
  }

  #instance(id: string, peer: TelemetryPeer, nowMs: number): Instance {
    this.#follow(this.#options.controller.image.configs)
    let instance = this.#instances.get(id)
    if (instance !== undefined && isExpired(instance, nowMs)) instance = undefined
    const attributes = instance?.attributes ?? attributesOf(id, peer)
    if (instance?.subscriptionVersion !== this.#version) {
      instance = this.#newInstance(id, attributes, nowMs)
      this.#remember(id, peer)
    }
    instance.lastSeenMs = nowMs
    this.#instances.delete(id)
    this.#instances.set(id, instance)
    if (this.#instances.size > MAX_INSTANCES) {
      this.#instances.delete(this.#instances.keys().next().value!)
    }
    return instance
  }

  #newInstance(id: string, attributes: Attributes, nowMs: number): Instance {
    const matching = this.#subscriptions.filter(({ patterns }) =>
      patterns.every(({ attribute, matches }) => {
        const text = attributes.get(attribute) ?? null
        return text !== null && matches(text)
      }))
    const names = new Set(matching.flatMap(({ metrics }) => metrics))
    const metrics = names.has(ALL_METRICS) ? [ALL_METRICS] : inHashOrder([...names])
    const pushIntervalMs =
      Math.min(DEFAULT_INTERVAL_MS, ...matching.map(({ intervalMs }) => intervalMs))
    return {
      id, attributes, metrics, pushIntervalMs, subscriptionVersion: this.#version,
      subscriptionId: subscriptionId(metrics, pushIntervalMs, id),
      lastSeenMs: nowMs, lastGetMs: -Infinity, lastPushMs: -Infinity,
      isTerminating: false, lastError: Errors.NONE,
    }
  }

  #remember(id: string, { connectionId, client }: TelemetryPeer): void {
    const isKnown = this.#byConnection.has(connectionId)
    this.#byConnection.set(connectionId, id)
    if (isKnown) return
    client.onGone(() => {
      this.#instances.delete(this.#byConnection.get(connectionId)!)
      this.#byConnection.delete(connectionId)
    })
  }

  /** Clients are told anew whenever a subscription is another one. */
  #follow(configs: ConfigsImage): void {
    if (configs === this.#configs) return
    this.#configs = configs
    const found = [...configs.resources()]
      .filter(({ type }) => type === ConfigType.CLIENT_METRICS)
    const text = JSON.stringify(found.map(({ name, settings }) => [name, [...settings]]))
    if (text === this.#text) return
    this.#text = text
    this.#version++
    this.#subscriptions = found.map(({ settings }) => subscriptionFrom(settings))
  }
}

function isExpired({ lastSeenMs, pushIntervalMs }: Instance, nowMs: number): boolean {
  return nowMs - lastSeenMs >= Math.max(EXPIRY_MS, 3 * pushIntervalMs)
}

function attributesOf(
  id: string, { clientId, clientAddress, client }: TelemetryPeer,
): Attributes {
  return new Map([
    ['client_instance_id', id], ['client_id', clientId],
    ['client_software_name', client.softwareName],
    ['client_software_version', client.softwareVersion],
    ['client_source_address', clientAddress], ['client_source_port', String(client.port)],
  ])
}

function subscriptionFrom(settings: Settings): Subscription {
  const read = (name: string): unknown => {
    const { type, default: fallback } = CLIENT_METRICS_CONFIGS
      .find((config) => config.name === name)!
    return readValue(name, type, settings.get(name) ?? fallback)
  }
  return {
    metrics: read('metrics') as readonly string[],
    intervalMs: Number(read('interval.ms')),
    patterns: (read('match') as readonly string[]).map((pair) => {
      const [attribute = '', pattern = ''] = pair.split('=')
      return { attribute: attribute.trim(), matches: matcherOf(pattern.trim()) }
    }),
  }
}

/** An engine whose time grows with the text alone; what it does not know matches nobody. */
function matcherOf(pattern: string): (text: string) => boolean {
  try {
    const compiled = re2().RE2JS.compile(pattern)
    return (text) => compiled.matches(text)
  } catch {
    return () => false
  }
}

/** As Kafka computes it, so that a client may go from one broker of a cluster to another. */
function subscriptionId(metrics: readonly string[], intervalMs: number, id: string): number {
  const bytes = Buffer.from(id, 'base64url')
  const hash = [0, 4, 8, 12].reduce((xor, at) => xor ^ bytes.readInt32BE(at), 0)
  return crc32c(Buffer.from(`[${metrics.join(', ')}]${intervalMs}`)) ^ hash
}
