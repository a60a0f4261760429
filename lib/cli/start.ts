// `samsa start`: runs one node until it is told to stop.

import { performance } from 'node:perf_hooks'
import { resolve } from 'node:path'
import type { Logger } from '../../storage/ports.ts'
import { addressText } from '../address.ts'
import { type Config, whyNotYet } from '../config.ts'
import { environmentLogLevel } from '../config/environment.ts'
import type { MetricsServer } from '../metrics/serve.ts'
import { Node } from '../node.ts'
import { ArgumentError, environmentError, StartError } from '../start-error.ts'
import { VERSION } from '../version.ts'
import { createLogger } from '../world/logger.ts'
import { systemWorld } from '../world/system.ts'
import type { World } from '../world/world.ts'
import { endWith } from './ending.ts'
import type { StartOptions } from './options.ts'
import { ReadyFile } from './ready-file.ts'
import { loadConfig } from './settings.ts'

const MAX_PORT = 65535

/** Resolves with the exit code when the node has stopped. */
export async function start(options: StartOptions): Promise<number> {
  const { isEnvironment = false, logFormat: format } = options
  const level = isEnvironment ? environmentLogLevel(process.env) : undefined
  const logger = createLogger({ level: level ?? options.logLevel, format })
  try {
    return await run(options, logger)
  } catch (error) {
    return endWith(error, logger)
  }
}

async function run(options: StartOptions, logger: Logger): Promise<number> {
  const config = loadConfig(options, (message) => logger.warn(message))
  const notYet = whyNotYet(config)
  if (notYet !== undefined) throw new StartError(notYet)
  const { maxOpenFiles } = options
  if (maxOpenFiles !== undefined && !(Number.isSafeInteger(maxOpenFiles) && maxOpenFiles >= 1)) {
    throw new ArgumentError('--max-open-files: must be a whole number of at least 1')
  }
  const world = systemWorld(logger, maxOpenFiles === undefined ? {} : { maxOpenFiles })
  const readyFile = new ReadyFile(options.readyFile, logger)
  const { node, metrics } = await watched(options, config, world)
  const signal = untilSignal(logger)
  // What goes wrong beside the start ends it as well; of a node that serves Node tells the stack.
  const onBug = (error: unknown): void => process.exit(endWith(error, logger))
  process.on('uncaughtException', onBug)
  const isReady = await Promise.race([node.start().then(() => true), signal.then(() => false)])
  process.off('uncaughtException', onBug)
  if (isReady) {
    readyFile.write(node, config)
    if (options.isEnvironment) tellAsKafka(config, logger)
    tellReady(node, config)
  }
  const exitCode = await Promise.race([
    signal.then(() => 0),
    node.failed.then((error) => {
      logger.error('Cannot go on: what it acknowledges would not be safe', {
        error: environmentError(error)?.message ?? error,
      })
      return 1
    }),
  ])
  readyFile.remove()
  await node.stop()
  await metrics?.close()
  logger.info('stopped')
  return exitCode
}

/** Testcontainers, and others, wait for these words of Kafka in the log of its image. */
function tellAsKafka({ nodeId }: Config, logger: Logger): void {
  logger.info('Transitioning from RECOVERY to RUNNING: '
    + `[KafkaRaftServer nodeId=${nodeId}] Kafka Server started`)
}

interface WatchedNode {
  readonly node: Node
  readonly metrics?: MetricsServer
}

/** Watched from before its start, where that is asked for. Throws StartError. */
async function watched(
  { metricsPort: port, metricsHost: host }: StartOptions, config: Config, world: World,
): Promise<WatchedNode> {
  if (port === undefined) {
    if (host === undefined) return { node: new Node(config, world) }
    throw new ArgumentError('--metrics-host: has no effect without --metrics-port')
  }
  // To the system it would mean all addresses.
  if (host === '') throw new ArgumentError('--metrics-host: must be an address')
  if (!(Number.isInteger(port) && port >= 0 && port <= MAX_PORT)) {
    throw new ArgumentError(`--metrics-port: must be a whole number from 0 to ${MAX_PORT}`)
  }
  const { RequestStats } = await import('../metrics/request-stats.ts')
  const { serveMetrics } = await import('../metrics/serve.ts')
  const stats = new RequestStats(world.clock)
  const node = new Node(config, world, undefined, stats)
  const metrics = await serveMetrics({
    node, stats, disk: world.disk, clock: world.clock, logger: world.logger,
    network: world.network, address: { host, port }, setting: '--metrics-port',
  })
  return { node, metrics }
}

/** The one line on standard output. */
function tellReady(node: Node, config: Config): void {
  const listeners = node.listeners
    .filter(({ name }) => !config.controllerListenerNames.includes(name))
    .map(({ name, host, port }) => `${name}://${addressText({ host, port })}`)
  const directories = config.logDirs.map((directory) => resolve(directory)).join(',')
  // Counted from the start of the process, less what `npm start` did before.
  const preparedMs = performance.getEntriesByName('prepare')[0]?.duration ?? 0
  const elapsedMs = Math.round(performance.now() - preparedMs)
  process.stdout.write(`Samsa ${VERSION} ready in ${elapsedMs} ms: ${listeners.join(',')}, `
    + `data in ${directories}, cluster ${node.clusterId}\n`)
}

/** A signal that follows so soon is the same one: npm passes on what the terminal sends to all. */
const SAME_SIGNAL_MS = 1000

/** Resolves at the first SIGTERM or SIGINT; the second one ends the process as it stands. */
function untilSignal(logger: Logger): Promise<void> {
  // Whoever read our output may be gone; the broker goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  return new Promise((stop) => {
    let firstMs: number | undefined
    for (const [signal, number] of [['SIGTERM', 15], ['SIGINT', 2]] as const) {
      process.on(signal, () => {
        const nowMs = performance.now()
        if (firstMs === undefined) {
          firstMs = nowMs
          logger.info(`${signal}: shutting down; once more ends at once`)
          stop()
        } else if (nowMs - firstMs > SAME_SIGNAL_MS) {
          process.exit(128 + number)
        }
      })
    }
  })
}
