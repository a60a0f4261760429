// Has a node watched over HTTP, from before it starts until after it has stopped.

import type { Disk } from '../../storage/disk.ts'
import type { Logger } from '../../storage/ports.ts'
import { type Address, ADDRESS_REASONS, addressText } from '../address.ts'
import { reasonOf, StartError } from '../start-error.ts'
import type { Listener } from '../config.ts'
import type { Clock } from '../world/clock.ts'
import { type HttpServer, listenHttp } from '../world/http.ts'
import type { Network } from '../world/network.ts'
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
  readonly network: Pick<Network, 'addressOf'>
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
  const own = await listenerAt({ host, port }, options)
  if (own !== undefined) {
    throw new StartError(`${setting}: ${addressText({ host, port })}: `
      + `the listener ${own.name}://${addressText(own)} of this broker has this port`)
  }
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

/** Once it is bound the system would say no more than that the port is taken. */
async function listenerAt(
  { host, port }: Address, { node, network }: MetricsOptions,
): Promise<Listener | undefined> {
  for (const listener of node.config.listeners) {
    if (port === 0 || listener.port !== port) continue
    const addresses = [host, listener.host].map((one) => addressOf(one, network))
    if (overlap(await Promise.all(addresses))) return listener
  }
  return undefined
}

/** What has no address is told when it is bound. */
async function addressOf(host: string, network: Pick<Network, 'addressOf'>): Promise<string> {
  return host === '' ? EVERYWHERE : network.addressOf(host).catch(() => host)
}

const EVERYWHERE = '::'
const EVERYWHERE_IN_IPV4 = '0.0.0.0'

function overlap(addresses: readonly string[]): boolean {
  if (addresses[0] === addresses[1] || addresses.includes(EVERYWHERE)) return true
  return addresses.includes(EVERYWHERE_IN_IPV4) && !addresses.some((one) => one.includes(':'))
}
