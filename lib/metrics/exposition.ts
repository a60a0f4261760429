// Families of metrics as the text that Prometheus reads, by prom-client, in a registry of their
// own.
//
// A family is collected in slices, each into a metric that is emptied before, so that there is
// never more of it than a slice, and others have their turn in between.

import type { Counter, Gauge, Registry } from 'prom-client'
import { type Clock, nextTurn } from '../world/clock.ts'
import { type Family, PAUSE, type Sample } from './family.ts'

/** Requests wait no longer than about this for somebody who watches. */
const SLICE_MS = 2
/** Of one slice: its text is made in one go. */
const SLICE_SAMPLES = 250

type SliceClock = Pick<Clock, 'monotonicMs' | 'afterTurn'>

export class Exposition {
  readonly #clock: SliceClock
  readonly #registry: Registry
  readonly #told: readonly Told[]
  #sliceStartMs = 0
  /** One at a time: they share the metrics. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(clock: SliceClock, registry: Registry, told: readonly Told[]) {
    this.#clock = clock
    this.#registry = registry
    this.#told = told
  }

  /** Loads prom-client: nobody needs it who is not watched. */
  static async of(families: readonly Family[], clock: SliceClock): Promise<Exposition> {
    const prometheus = await import('prom-client')
    const registry = new prometheus.Registry()
    const told = families.map((family) => new Told(family, prometheus, registry))
    return new Exposition(clock, registry, told)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The text, in parts that end in a line; a family opens with what it means. */
  parts(): Promise<Buffer[]> {
    const parts = this.#last.then(() => this.#collect())
    this.#last = parts.catch(() => {})
    return parts
  }

  async #collect(): Promise<Buffer[]> {
    const parts: Buffer[] = []
    this.#sliceStartMs = this.#clock.monotonicMs()
    for (const told of this.#told) {
      const samples = told.family.samples()[Symbol.iterator]()
      for (let isFirst = true, hasMore = true; hasMore; isFirst = false) {
        hasMore = await this.#take(samples, told.slice)
        if (!isFirst && told.slice.length === 0) break
        const text = await this.#registry.getSingleMetricAsString(told.family.name)
        // Megabytes of it are nothing for the collector of garbage to carry around.
        parts.push(Buffer.from(`${isFirst ? text : withoutHead(text)}\n`))
      }
      told.clear()
    }
    return parts
  }

  /** Fills a slice; gives whether there may be more. */
  async #take(
    samples: Iterator<Sample | typeof PAUSE>, slice: Sample[],
  ): Promise<boolean> {
    slice.length = 0
    while (slice.length < SLICE_SAMPLES) {
      if (this.#clock.monotonicMs() - this.#sliceStartMs >= SLICE_MS) {
        await nextTurn(this.#clock)
        this.#sliceStartMs = this.#clock.monotonicMs()
      }
      const next = samples.next()
      if (next.done === true) return false
      if (next.value !== PAUSE) slice.push(next.value)
    }
    return true
  }
}

/** Without the lines that say what the family is: they stand in front of its first slice. */
function withoutHead(text: string): string {
  return text.split('\n').slice(2).join('\n')
}

/** A family as a metric of prom-client, which has the values of one slice when it is collected. */
class Told {
  readonly family: Family
  readonly slice: Sample[] = []
  readonly #metric: Counter | Gauge
  readonly #set: (sample: Sample) => void

  constructor(family: Family, prometheus: typeof import('prom-client'), registry: Registry) {
    this.family = family
    const { name, help, labels: labelNames } = family
    const configuration = {
      name, help, labelNames: [...labelNames], registers: [registry],
      collect: () => this.#collect(),
    }
    if (family.kind === 'counter') {
      const counter = new prometheus.Counter(configuration)
      this.#metric = counter
      // It is at 0 before, so that this is its value.
      this.#set = ([value, labels = {}]) => counter.inc(labels, value)
    } else {
      const gauge = new prometheus.Gauge(configuration)
      this.#metric = gauge
      this.#set = ([value, labels = {}]) => gauge.set(labels, value)
    }
  }

  clear(): void {
    this.slice.length = 0
    this.#metric.reset()
  }

  #collect(): void {
    this.#metric.reset()
    for (const sample of this.slice) this.#set(sample)
  }
}
