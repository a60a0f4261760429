// Families of metrics as the text that Prometheus reads, by prom-client, in a registry of their
// own.
//
// A family is collected in slices, so that there is never more of it than a slice, and others have
// their turn in between.

import type { Gauge, MetricType, Registry } from 'prom-client'
import { type Clock, nextTurn } from '../world/clock.ts'
import { type Family, type Labels, PAUSE, type Sample } from './family.ts'

/** Requests wait no longer than about this for somebody who watches. */
const SLICE_MS = 2
/** Of one slice: its text is made in one go. */
const SLICE_SAMPLES = 250

const NO_LABELS: Labels = {}

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
      told.slice.length = 0
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

/** A family as a metric of prom-client, whose values are those of one slice. */
class Told {
  readonly family: Family
  readonly slice: Sample[] = []

  constructor(family: Family, prometheus: typeof import('prom-client'), registry: Registry) {
    this.family = family
    const { kind, name, help, labels: labelNames } = family
    const metric: Gauge = new prometheus.Gauge({
      name, help, labelNames: [...labelNames], registers: [registry],
    })
    // Nothing is kept in it, where each value would be looked up by its labels twice. Its type is a
    // word, whatever the types of prom-client say.
    metric.get = async () => ({
      name, help, type: kind as unknown as MetricType, aggregator: 'sum', collect: () => {},
      values: this.slice.map(family.keepsLabels === true ? valueOfKept : valueOf),
    })
  }
}

function valueOf([value, labels = NO_LABELS]: Sample) {
  return { value, labels }
}

/** Of labels that are shared prom-client remembers the text, as long as the object is there. */
function valueOfKept([value, sharedLabels = NO_LABELS]: Sample) {
  return { value, labels: NO_LABELS, sharedLabels }
}
