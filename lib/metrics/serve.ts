// Has a node watched over HTTP, from before it starts until after it has stopped.

import type { Disk } from '../../storage/disk.ts'
import type { Logger } from '../../storage/ports.ts'
import { ADDRESS_REASONS, addressText } from '../address.ts'
import { reasonOf, StartError } from '../start-error.ts'
import type { Clock } from '../world/clock.ts'
import { type HttpServer, listenHttp } from '../world/http.ts'
import { processMetrics } from '../world/process-metrics.ts'
import { Endpoint } from './endpoint.ts'
import { FlushStats } from './flush-stats.ts'
import type { Watched } from './readiness.ts'
import type { RequestStats } from './request-stats.ts'

export interface MetricsAddress {
  /** Left out: loopback alone. */
  readonly host?: string | undefined
  /** 0: any free one. */
  readonly port: number
}

export interface MetricsOptions {
  readonly node: Watched
  /** That the node counts its requests with. */
  readonly stats: RequestStats
  /** That the node keeps its logs on. */
  readonly disk: Disk
  readonly clock: Clock
  readonly logger: Logger
  readonly address: MetricsAddress
  /** What the address is called by whoever set it: `--metrics-port`, say. */
  readonly setting: string
}

export interface MetricsServer {
  /** Of `/metrics` and the others, without a slash at the end. */
  readonly url: string
  close(): Promise<void>
}

const LOOPBACK = '127.0.0.1'

/** Throws StartError, with one line, for an address that cannot be had. */
export async function serveMetrics(options: MetricsOptions): Promise<MetricsServer> {
  const { node, stats, disk, clock, logger, setting } = options
  const { address: { host = LOOPBACK, port } } = options
  const flushes = new FlushStats(disk, clock)
  const endpoint = new Endpoint({ node, stats, flushes, clock, ofProcess: await processMetrics() })
  let server: HttpServer
  try {
    server = await listenHttp({ host, port }, (path) => endpoint.answer(path), (error) => {
      logger.error('A request for metrics failed', { error })
    })
  } catch (error) {
    const reason = reasonOf(error, ADDRESS_REASONS)
    throw new StartError(`${setting}: ${addressText({ host, port })}: ${reason}`)
  }
  const url = `http://${addressText({ host, port: server.port })}`
  logger.info('Metrics are served', { url: `${url}/metrics` })
  return { url, close: () => server.close() }
}
