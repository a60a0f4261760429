// What is answered over HTTP to those who watch a node: `/metrics`, `/healthz`, `/readyz`.

import type { HttpAnswer } from '../world/http.ts'
import type { ProcessMetrics } from '../world/process-metrics.ts'
import type { Clock } from '../world/clock.ts'
import { Exposition } from './exposition.ts'
import { nodeFamilies, stateFamilies } from './families/node.ts'
import type { FlushStats } from './flush-stats.ts'
import { type Watched, whyNotReady } from './readiness.ts'
import type { RequestStats } from './request-stats.ts'

export interface EndpointOptions {
  readonly node: Watched
  readonly stats: RequestStats
  readonly flushes: FlushStats
  readonly clock: Clock
  readonly ofProcess: ProcessMetrics
}

const TEXT = 'text/plain; charset=utf-8'

export class Endpoint {
  readonly #options: EndpointOptions
  #exposition: Promise<Exposition> | undefined
  #underWay: Promise<HttpAnswer> | undefined

  constructor(options: EndpointOptions) {
    this.#options = options
  }

  /** `path` without what stands behind a question mark. */
  async answer(path: string): Promise<HttpAnswer> {
    switch (path) {
      case '/metrics': return this.#metrics()
      // That there is an answer says it all: the process lives, and its event loop turns.
      case '/healthz': return text(200, 'ok')
      case '/readyz': {
        const why = whyNotReady(this.#options.node)
        return why === undefined ? text(200, 'ready') : text(503, `not ready: ${why}`)
      }
      case '/': return text(200, '/metrics\n/healthz\n/readyz')
      default: return text(404, `${path} is not here: /metrics, /healthz and /readyz are`)
    }
  }

  /** Who asks while another one waits gets what that one gets: many partitions take their time. */
  #metrics(): Promise<HttpAnswer> {
    return this.#underWay ??= this.#collect().finally(() => { this.#underWay = undefined })
  }

  async #collect(): Promise<HttpAnswer> {
    const { node, clock, ofProcess } = this.#options
    // Before it serves there is little to tell; when it stops, its parts are gone.
    const exposition = node.step === undefined
      ? await this.#ofNode() : await Exposition.of(stateFamilies(node), clock)
    const parts = await exposition.parts()
    const body = [...parts, Buffer.from(await ofProcess.text())]
    return { status: 200, type: exposition.contentType, body }
  }

  #ofNode(): Promise<Exposition> {
    return this.#exposition ??= Exposition.of(nodeFamilies(this.#options), this.#options.clock)
  }
}

function text(status: number, line: string): HttpAnswer {
  return { status, type: TEXT, body: [Buffer.from(`${line}\n`)] }
}
