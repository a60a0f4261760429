// Metrics of the process, by prom-client: processor, memory, files, event loop, garbage collection,
// what it reads and writes.
//
// They are those of the process, whatever number of nodes is in it, and what they are measured with
// cannot be taken down again: so there is one set of them, made when the first node is watched.

import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import type { Gauge, Registry } from 'prom-client'

export interface ProcessMetrics {
  /** In the format of Prometheus. */
  text(): Promise<string>
}

const made = new Map<'metrics', Promise<ProcessMetrics>>()

export function processMetrics(): Promise<ProcessMetrics> {
  let metrics = made.get('metrics')
  if (metrics === undefined) made.set('metrics', metrics = measure())
  return metrics
}

async function measure(): Promise<ProcessMetrics> {
  const prometheus = await import('prom-client')
  const registry = new prometheus.Registry()
  prometheus.collectDefaultMetrics({ register: registry })
  openFilesFamily(prometheus, registry)
  const idle = new IdleTime()
  // Kafka has a thread that reads sockets, and some that handle requests: here it is the same one.
  for (const [name, labels] of IDLE) {
    const gauge: Gauge = new prometheus.Gauge({
      name, help: IDLE_HELP, labelNames: Object.keys(labels), registers: [registry],
      collect: () => gauge.set(labels, idle.part()),
    })
  }
  diskFamilies(prometheus, registry)
  return { text: () => registry.metrics() }
}

const IDLE_HELP = 'How much of the time the event loop had nothing to do, 0 to 1'
const IDLE: readonly (readonly [name: string, labels: Readonly<Record<string, string>>])[] = [
  ['kafka_network_socketserver_networkprocessoravgidlepercent', {}],
  ['kafka_network_processor_idlepercent', { networkProcessor: '0' }],
  ['kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent', {}],
]

const OPEN_FILES = 'process_open_fds'
const OPEN_FILES_DIRECTORY = '/proc/self/fd'

/** prom-client's own reads the directory in one go: 8 ms for 4000 files. */
function openFilesFamily(prometheus: typeof import('prom-client'), registry: Registry): void {
  if (registry.getSingleMetric(OPEN_FILES) === undefined) return
  registry.removeSingleMetric(OPEN_FILES)
  const gauge: Gauge = new prometheus.Gauge({
    name: OPEN_FILES, help: 'Open file descriptors', registers: [registry],
    async collect() {
      // One of them is the directory.
      gauge.set((await readdir(OPEN_FILES_DIRECTORY)).length - 1)
    },
  })
}

const IO_FILE = '/proc/self/io'

/** What Linux counts of the process; nothing on another system. */
function diskFamilies(prometheus: typeof import('prom-client'), registry: Registry): void {
  if (!existsSync(IO_FILE)) return
  const gauges = new Map<string, Gauge>()
  const read = (): void => {
    const text = readFileSync(IO_FILE, 'latin1')
    for (const [, what = '', value] of text.matchAll(/^(\w+): (\d+)/gm)) {
      gauges.get(what)?.set(Number(value))
    }
  }
  for (const [what, help] of IO) {
    gauges.set(what, new prometheus.Gauge({
      name: `kafka_server_kafkaserver_linux_disk_${what}`, help, registers: [registry],
      // They are collected in their order: the first one reads for all of them.
      ...gauges.size === 0 ? { collect: read } : {},
    }))
  }
}

const IO = [
  ['read_bytes', 'Bytes that the process had read from the device'],
  ['write_bytes', 'Bytes that the process had written to the device'],
  ['cancelled_write_bytes', 'Bytes that were written, and removed before they got to the device'],
  ['rchar', 'Bytes that the process has read, from files, sockets and the like'],
  ['wchar', 'Bytes that the process has written, to files, sockets and the like'],
  ['syscr', 'Calls of the system to read'],
  ['syscw', 'Calls of the system to write'],
] as const

const LEAST_MS = 1000

/** How much of the time of late the event loop had nothing to do. */
class IdleTime {
  #since = performance.eventLoopUtilization()
  #sinceMs = performance.now()
  #part = 1

  /** Since it was asked last, a second ago at least. */
  part(): number {
    const nowMs = performance.now()
    if (nowMs - this.#sinceMs >= LEAST_MS) {
      const now = performance.eventLoopUtilization()
      this.#part = 1 - performance.eventLoopUtilization(now, this.#since).utilization
      this.#since = now
      this.#sinceMs = nowMs
    }
    return this.#part
  }
}
