// A broker in this process.

import { addressText } from '../address.ts'
import { whyNotYet } from '../config.ts'
import { handlers } from '../handlers/index.ts'
import type { RequestStats } from '../metrics/request-stats.ts'
import type { MetricsServer } from '../metrics/serve.ts'
import { Node } from '../node.ts'
import type { Services } from '../services.ts'
import { StartError } from '../start-error.ts'
import { nextTurn, systemClock } from '../world/clock.ts'
import { systemRandom } from '../world/random.ts'
import { tcpNetwork } from '../world/tcp.ts'
import type { World } from '../world/world.ts'
import { nodeDisk } from '../../storage/node-disk.ts'
import { VolatileDisk } from '../../storage/volatile-disk.ts'
import type * as Api from './api.ts'
import { checkBrokerOptions, checkForkOptions, checkReading } from './checks.ts'
import { brokerConfig, loggerOf, MEMORY_DIRECTORY } from './options.ts'
import { ScriptedFaults } from './faults.ts'
import { MovableClock } from './movable-clock.ts'
import { Producer } from './produce.ts'
import { readRecords } from './records.ts'
import { emptyCluster } from './reset.ts'
import { createMissing, createTopics, topicsOf } from './topics.ts'

/** A broker in this process, in memory or on a disk. */
export type Broker = Api.Broker

/** What a broker begins with that is no option. */
interface Beginning {
  readonly disk: World['disk']
  readonly clock: MovableClock
  readonly logDirs: readonly string[]
}

class InProcessBroker implements Api.Broker {
  readonly bootstrapServers: string
  readonly host: string
  readonly port: number
  readonly clusterId: string
  readonly topics: Api.Topics
  readonly clock: Api.BrokerClock
  readonly faults: ScriptedFaults
  readonly failed: Promise<unknown>
  readonly #options: Api.BrokerOptions
  readonly #beginning: Beginning
  readonly #node: Node
  readonly #metrics: MetricsServer | undefined
  readonly #producer: Producer
  /** Of readings under way. */
  readonly #readings = new Set<AbortController>()
  #isClosed = false

  constructor(
    node: Node, options: Api.BrokerOptions, beginning: Beginning, faults: ScriptedFaults,
    metrics: MetricsServer | undefined,
  ) {
    const { clock } = beginning
    this.#node = node
    this.#metrics = metrics
    this.#options = options
    this.#beginning = beginning
    this.faults = faults
    const [listener] = node.listeners
    this.host = listener?.host ?? ''
    this.port = listener?.port ?? 0
    this.bootstrapServers = addressText(this)
    this.clusterId = node.clusterId
    this.topics = topicsOf(() => this.#services)
    this.clock = { now: () => clock.nowMs(), advance: (byMs) => clock.advance(byMs) }
    this.failed = node.failed.then(async (reason) => {
      await this.close()
      return reason
    })
    this.#producer = new Producer(() => this.#services)
  }

  get metricsUrl(): string | undefined {
    return this.#metrics?.url
  }

  get #services(): Services {
    if (this.#isClosed) throw new Error('the broker is closed')
    return this.#node.services
  }

  // Asynchronous, so that a broker that is closed rejects.
  async produce(
    topic: string, records: Api.RecordToProduce | readonly Api.RecordToProduce[],
  ): Promise<Api.RecordMetadata[]> {
    return this.#producer.produce(topic, records)
  }

  async *records(
    topic: string, options: Api.RecordsOptions = {},
  ): AsyncGenerator<Api.KafkaRecord, void> {
    checkReading(topic, options)
    const reading = new AbortController()
    const abort = (): void => reading.abort()
    if (options.signal?.aborted === true) return
    options.signal?.addEventListener('abort', abort)
    this.#readings.add(reading)
    try {
      yield* readRecords(this.#services, topic, options, reading.signal)
    } finally {
      this.#readings.delete(reading)
      options.signal?.removeEventListener('abort', abort)
    }
  }

  async reset(): Promise<void> {
    this.faults.clear()
    await this.#services.controller.submit(emptyCluster)
    await createTopics(this.#services, this.#options.topics?.map(topicOptions) ?? [])
  }

  async snapshot(): Promise<Api.Snapshot> {
    const { clock, disk, logDirs } = this.#beginning
    const { turn } = this.#services
    // What is under way in this turn is written at its end.
    await new Promise<void>((resolve) => { turn.onReplies(resolve) })
    const kept = copyOf(disk, logDirs)
    const { aheadMs } = clock
    return {
      fork: async (options = {}) => {
        checkForkOptions(options)
        const { settings, host, log } = this.#options
        return start({ host, log, ...options, settings: { ...settings, ...options.settings } }, {
          disk: kept.copy(), clock: new MovableClock(systemClock(), aheadMs), logDirs,
        })
      },
    }
  }

  async fork(options?: Api.ForkOptions): Promise<Api.Broker> {
    return (await this.snapshot()).fork(options)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const reading of this.#readings) reading.abort()
    await this.#node.stop()
    await this.#metrics?.close()
    // What was closed is gone by the end of the next turn: nobody shall find a handle that is left.
    for (let turn = 0; turn < 2; turn++) await nextTurn(this.#beginning.clock)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function topicOptions(topic: string | Api.TopicOptions): Api.TopicOptions {
  return typeof topic === 'string' ? { name: topic } : topic
}

/** In memory, wherever it lay. */
function copyOf(disk: World['disk'], directories: readonly string[]): VolatileDisk {
  if (disk instanceof VolatileDisk) return disk.copy()
  const copy = new VolatileDisk()
  for (const directory of directories) copy.copyFrom(disk, directory)
  return copy
}

async function start(options: Api.BrokerOptions, beginning: Beginning): Promise<Api.Broker> {
  const { disk, clock, logDirs } = beginning
  const logger = loggerOf(options.log)
  const config = brokerConfig(options, logDirs, (message) => logger.warn(message))
  const notYet = whyNotYet(config)
  if (notYet !== undefined) throw new StartError(notYet)
  const faults = new ScriptedFaults(handlers, clock)
  const world: World = { disk, clock, logger, random: systemRandom(), network: tcpNetwork() }
  const { node, metrics } = await watched(options.metrics, (stats) => (
    new Node(config, world, faults.inFrontOf(handlers), stats)), world)
  try {
    await node.start()
  } catch (error) {
    await metrics?.close()
    throw error
  }
  const broker = new InProcessBroker(node, options, beginning, faults, metrics)
  try {
    await createMissing(node.services, options.topics?.map(topicOptions) ?? [])
  } catch (error) {
    await broker.close()
    throw error
  }
  return broker
}

interface WatchedNode {
  readonly node: Node
  readonly metrics?: MetricsServer
}

/** Watched from before its start, where that is asked for: what that takes is loaded then. */
async function watched(
  options: Api.MetricsOptions | undefined, nodeWith: (stats?: RequestStats) => Node,
  { disk, clock, logger, network }: World,
): Promise<WatchedNode> {
  if (options === undefined) return { node: nodeWith() }
  const { RequestStats } = await import('../metrics/request-stats.ts')
  const { serveMetrics } = await import('../metrics/serve.ts')
  const { port = 0, host } = options
  const stats = new RequestStats(clock)
  const node = nodeWith(stats)
  const metrics = await serveMetrics({
    node, stats, disk, clock, logger, network, address: { host, port }, setting: 'metrics',
  })
  return { node, metrics }
}

export const Broker: Api.BrokerFactory = {
  start: async (options = {}) => {
    checkBrokerOptions(options)
    const { directory } = options
    const disk = directory === undefined ? new VolatileDisk() : nodeDisk()
    const logDirs = [directory ?? MEMORY_DIRECTORY]
    return start(options, { disk, clock: new MovableClock(systemClock()), logDirs })
  },
}
