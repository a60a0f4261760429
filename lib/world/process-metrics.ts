// Metrics of the process, by prom-client: processor, memory, files, event loop, garbage collection.
//
// They are those of the process, whatever number of nodes is in it, and what they are measured with
// cannot be taken down again: so there is one set of them, made when the first node is watched.

import { performance } from 'node:perf_hooks'
import type { Gauge } from 'prom-client'

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
  const idle = new IdleTime()
  // Kafka has a thread that reads sockets, and some that handle requests: here it is the same one.
  for (const [name, help] of IDLE) {
    const gauge: Gauge = new prometheus.Gauge({
      name, help, registers: [registry], collect: () => gauge.set(idle.part()),
    })
  }
  return { text: () => registry.metrics() }
}

const IDLE = [
  ['kafka_network_socketserver_networkprocessoravgidlepercent',
    'How much of the time the event loop had nothing to do, 0 to 1'],
  ['kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent',
    'How much of the time the event loop had nothing to do, 0 to 1'],
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
