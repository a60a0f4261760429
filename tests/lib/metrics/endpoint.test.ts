// Whether a broker is alive and ready, over HTTP; and what is not answered there.

import { afterEach, expect, test } from '@jest/globals'
import { Scrape } from '../../../compat/metrics/scrape.ts'
import { DEVELOPMENT, parseConfig } from '../../../lib/config.ts'
import { createTopics } from '../../../lib/library/topics.ts'
import { type Watched, whyNotReady } from '../../../lib/metrics/readiness.ts'
import { RequestStats } from '../../../lib/metrics/request-stats.ts'
import { type MetricsServer, serveMetrics } from '../../../lib/metrics/serve.ts'
import { Node } from '../../../lib/node.ts'
import { silentLogger } from '../../../lib/world/logger.ts'
import { systemWorld } from '../../../lib/world/system.ts'
import { StorageError } from '../../../storage/disk.ts'
import { MemoryDisk } from '../../../storage/memory-disk.ts'
import { brokersOfTests, until } from '../library/brokers.ts'

const start = brokersOfTests()
const ending: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

/** A node with two log directories that is watched, and not started yet. */
async function watchedNode(): Promise<{ node: Node, metrics: MetricsServer }> {
  const properties = new Map(Object.entries({
    'node.id': '1', listeners: 'PLAINTEXT://127.0.0.1:0', 'log.dirs': '/one,/two',
  }))
  const world = { ...systemWorld(silentLogger()), disk: new MemoryDisk() }
  const stats = new RequestStats(world.clock)
  const config = parseConfig(properties, () => {}, { base: DEVELOPMENT })
  const node = new Node(config, world, undefined, stats)
  const metrics = await serveMetrics({
    node, stats, disk: world.disk, clock: world.clock, logger: world.logger,
    network: world.network, address: { port: 0 }, setting: 'test',
  })
  ending.push(() => metrics.close(), () => node.stop())
  return { node, metrics }
}

async function get(url: string, path: string, method = 'GET') {
  const response = await fetch(url + path, { method })
  return { status: response.status, text: await response.text() }
}

test('alive from the first moment on, ready when it serves, until it stops', async () => {
  const { node, metrics: { url } } = await watchedNode()
  expect(await get(url, '/healthz')).toEqual({ status: 200, text: 'ok\n' })
  expect(await get(url, '/readyz'))
    .toEqual({ status: 503, text: 'not ready: the broker has not begun to start\n' })
  const early = new Scrape((await get(url, '/metrics')).text)
  expect(early.value('kafka_server_kafkaserver_brokerstate')).toBe(1)
  expect(early.value('process_resident_memory_bytes')).toBeGreaterThan(0)

  const starting = node.start()
  expect(whyNotReady(node)).toBe('the broker binds its ports')
  await starting
  expect(await get(url, '/readyz')).toEqual({ status: 200, text: 'ready\n' })
  const served = new Scrape((await get(url, '/metrics')).text)
  expect(served.value('kafka_server_kafkaserver_brokerstate')).toBe(3)

  await node.stop()
  expect(await get(url, '/healthz')).toEqual({ status: 200, text: 'ok\n' })
  expect(await get(url, '/readyz'))
    .toEqual({ status: 503, text: 'not ready: the broker is stopping\n' })
  expect((await get(url, '/metrics')).status).toBe(200)
})

test('not ready with a log directory offline, which is named', async () => {
  const { node, metrics: { url } } = await watchedNode()
  await node.start()
  await createTopics(node.services, [{ name: 'orders', partitions: 5 }])
  const { partitions, logDirectories } = node.services
  // A busy machine opens them over several turns.
  await until('all are open', () => [...partitions.all()].length === 5)
  const [one] = logDirectories.all
  const lost = logDirectories.all.find(({ path }) => path === '/two')!
  const lying = [...partitions.all()].filter(({ directory }) => directory === lost).length
  expect(lying).toBeGreaterThan(0)
  partitions.failDirectory(lost, new StorageError('the disk broke', '/two'))
  expect(await get(url, '/readyz'))
    .toEqual({ status: 503, text: 'not ready: the log directory /two is offline\n' })
  expect((await get(url, '/healthz')).status).toBe(200)
  const told = new Scrape((await get(url, '/metrics')).text)
  const name = 'kafka_log_logmanager_logdirectoryoffline'
  expect(told.value('kafka_log_logmanager_offlinelogdirectorycount')).toBe(1)
  expect(told.value(name, { logDirectory: `"${one!.path}"` })).toBe(0)
  expect(told.value(name, { logDirectory: '"/two"' })).toBe(1)
  expect(told.value('kafka_server_replicamanager_offlinereplicacount')).toBe(lying)
  expect(told.value('kafka_server_replicamanager_partitioncount')).toBe(5 - lying)
  // And that of the metadata.
  expect(told.all('kafka_log_log_size')).toHaveLength(5 - lying + 1)
})

test('not ready as long as it is not registered, is fenced, or does not know the newest metadata',
  async () => {
    const { node } = await watchedNode()
    await node.start()
    const self = node.services.controller.image.brokers.get(1)!
    const why = (fenced: boolean | undefined, highWatermark: number): string | undefined => {
      const services = {
        broker: { nodeId: 1 },
        controller: {
          image: {
            brokers: { get: () => (fenced === undefined ? undefined : { ...self, fenced }) },
          },
          raftState: { highWatermark }, appliedOffset: 9,
        },
      }
      const { config, directories, server, cleaning } = node
      return whyNotReady({
        step: undefined, config, directories, server, cleaning, services,
      } as unknown as Watched)
    }
    expect(why(undefined, 10)).toBe('the broker is not registered with its cluster')
    expect(why(true, 10)).toBe('the broker is fenced')
    expect(why(false, 13)).toBe('the metadata lags behind by 3 records')
    expect(why(false, 10)).toBeUndefined()
  })

test('other paths and methods are refused', async () => {
  const { metricsUrl: url = '' } = await start({ metrics: {} })
  expect(await get(url, '/nothing')).toEqual({
    status: 404, text: '/nothing is not here: /metrics, /healthz and /readyz are\n',
  })
  expect((await get(url, '/metrics/')).status).toBe(404)
  expect((await get(url, '/metrics', 'POST')).status).toBe(405)
  expect(await get(url, '/readyz', 'HEAD')).toEqual({ status: 200, text: '' })
  expect((await get(url, '/readyz?verbose=1')).status).toBe(200)
})

test('the format is told, and that it is not to be kept', async () => {
  const { metricsUrl } = await start({ metrics: {} })
  const { headers } = await fetch(`${metricsUrl}/metrics`)
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(headers.get('cache-control')).toBe('no-store')
})

test('a port that is taken ends the start, with a line that names it', async () => {
  const { metricsUrl = '' } = await start({ metrics: {} })
  const port = Number(new URL(metricsUrl).port)
  await expect(start({ metrics: { port } }))
    .rejects.toThrow(`metrics: 127.0.0.1:${port}: another process listens on this port`)
})

test('a port of a listener of its own is told by its name, before anything is bound', async () => {
  const listenerAt = async (listeners: string, host: string, port: number): Promise<unknown> => {
    const properties = new Map(Object.entries({
      'node.id': '1', listeners, 'advertised.listeners': 'PLAINTEXT://localhost:9999',
      'log.dirs': '/one',
    }))
    const world = { ...systemWorld(silentLogger()), disk: new MemoryDisk() }
    const stats = new RequestStats(world.clock)
    const config = parseConfig(properties, () => {}, { base: DEVELOPMENT })
    const node = new Node(config, world, undefined, stats)
    try {
      const server = await serveMetrics({
        node, stats, disk: world.disk, clock: world.clock, logger: world.logger,
        network: world.network, address: { host, port }, setting: '--metrics-port',
      })
      await server.close()
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }
  // Free now, and most probably a moment later.
  const broker = await start({ metrics: {} })
  const { metricsUrl = '' } = broker
  await broker.close()
  const port = Number(new URL(metricsUrl).port)
  const taken = (host: string, listener: string): string => (
    `--metrics-port: ${host}:${port}: the listener ${listener} of this broker has this port`)
  expect(await listenerAt(`PLAINTEXT://:${port}`, '127.0.0.1', port))
    .toBe(taken('127.0.0.1', `PLAINTEXT://:${port}`))
  expect(await listenerAt(`PLAINTEXT://localhost:${port}`, '127.0.0.1', port))
    .toBe(taken('127.0.0.1', `PLAINTEXT://localhost:${port}`))
  const two = `PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:${port}`
  expect(await listenerAt(two, '0.0.0.0', port))
    .toBe(taken('0.0.0.0', `CONTROLLER://127.0.0.1:${port}`))
  expect(await listenerAt(`PLAINTEXT://127.0.0.2:${port}`, '127.0.0.1', port)).toBeUndefined()
  expect(await listenerAt('PLAINTEXT://127.0.0.1:0', '127.0.0.1', 0)).toBeUndefined()
})

test('it is gone with its broker', async () => {
  const broker = await start({ metrics: {} })
  const { metricsUrl } = broker
  await broker.close()
  await expect(fetch(`${metricsUrl}/healthz`)).rejects.toThrow()
})
