// Families of metrics as the text that Prometheus reads, by prom-client, in a registry of their
// own.
//
// A family is collected in slices, so that there is never more of it than a slice, and others have
// their turn in between. Ten thousand partitions are a hundred thousand lines: of those prom-client
// makes the labels, once, and each line is put together from its three parts here.

import type { Gauge, MetricType, Registry } from 'prom-client'
import { type Clock, nextTurn } from '../world/clock.ts'
import { type Each, type Family, type Labels, PAUSE, type Sample, type Subject } from './family.ts'

/** Requests wait no longer than about this for somebody who watches. */
const SLICE_MS = 2
/** Of one slice: its text is made in one go. */
const SLICE_SAMPLES = 250

const NO_LABELS: Labels = {}

type SliceClock = Pick<Clock, 'monotonicMs' | 'afterTurn'>
/** Those of this collection. */
type Found = Map<Each['subjects'], readonly Subject[]>

export class Exposition {
  readonly #clock: SliceClock
  readonly #registry: Registry
  readonly #told: readonly Told[]
  readonly #labelTexts: LabelTexts
  #sliceStartMs = 0
  /** One at a time: they share the metrics. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(
    clock: SliceClock, prometheus: typeof import('prom-client'), families: readonly Family[],
  ) {
    this.#clock = clock
    this.#registry = new prometheus.Registry()
    this.#told = families.map((family) => new Told(family, prometheus, this.#registry))
    this.#labelTexts = new LabelTexts(prometheus)
  }

  /** Loads prom-client: nobody needs it who is not watched. */
  static async of(families: readonly Family[], clock: SliceClock): Promise<Exposition> {
    return new Exposition(clock, await import('prom-client'), families)
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
    const found: Found = new Map()
    this.#sliceStartMs = this.#clock.monotonicMs()
    for (const told of this.#told) {
      await this.#samples(told, parts)
      const { family: { name, each } } = told
      if (each !== undefined) await this.#each(name, each, found, parts)
    }
    return parts
  }

  /** Where there are none, what the family means is told alone. */
  async #samples({ family, slice }: Told, parts: Buffer[]): Promise<void> {
    const samples = family.samples()[Symbol.iterator]()
    for (let isFirst = true, hasMore = true; hasMore; isFirst = false) {
      hasMore = await this.#take(samples, slice)
      if (!isFirst && slice.length === 0) break
      const text = await this.#registry.getSingleMetricAsString(family.name)
      // Megabytes of it are nothing for the collector of garbage to carry around.
      parts.push(Buffer.from(`${isFirst ? text : withoutHead(text)}\n`))
    }
    slice.length = 0
  }

  /** Fills a slice; gives whether there may be more. */
  async #take(
    samples: Iterator<Sample | typeof PAUSE>, slice: Sample[],
  ): Promise<boolean> {
    slice.length = 0
    while (slice.length < SLICE_SAMPLES) {
      if (this.#isTimeUp()) await this.#pause()
      const next = samples.next()
      if (next.done === true) return false
      if (next.value !== PAUSE) slice.push(next.value)
    }
    return true
  }

  async #each(name: string, each: Each, found: Found, parts: Buffer[]): Promise<void> {
    let subjects = found.get(each.subjects)
    if (subjects === undefined) found.set(each.subjects, subjects = await this.#find(each))
    for (let i = 0; i < subjects.length; i += SLICE_SAMPLES) {
      if (this.#isTimeUp()) await this.#pause()
      parts.push(Buffer.from(linesOf(name, each, subjects, i)))
    }
  }

  async #find({ subjects }: Each): Promise<readonly Subject[]> {
    const found: Subject[] = []
    for (const subject of subjects()) {
      if (this.#isTimeUp()) await this.#pause()
      if (subject !== PAUSE) found.push(subject)
    }
    const unknown = found.filter(({ labelText }) => labelText === '')
    for (let i = 0; i < unknown.length; i += SLICE_SAMPLES) {
      if (this.#isTimeUp()) await this.#pause()
      await this.#labelTexts.make(unknown.slice(i, i + SLICE_SAMPLES))
    }
    return found
  }

  #isTimeUp(): boolean {
    return this.#clock.monotonicMs() - this.#sliceStartMs >= SLICE_MS
  }

  async #pause(): Promise<void> {
    await nextTurn(this.#clock)
    this.#sliceStartMs = this.#clock.monotonicMs()
  }
}

/** Of a slice that begins at `start`. */
function linesOf(name: string, each: Each, subjects: readonly Subject[], start: number): string {
  const end = Math.min(start + SLICE_SAMPLES, subjects.length)
  let text = ''
  for (let i = start; i < end; i++) {
    const subject = subjects[i]!
    const value = each.read(subject)
    if (value !== undefined) text += `${name}${subject.labelText}${value}\n`
  }
  return text
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
      values: this.slice.map(valueOf),
    })
  }
}

function valueOf([value, labels = NO_LABELS]: Sample) {
  return { value, labels }
}

const ANY_NAME = 'x'
const ANY_VALUE = 0

/** What prom-client makes of labels: a family of its own has them all, and its lines are cut. */
class LabelTexts {
  readonly #registry: Registry
  readonly #told: Told

  constructor(prometheus: typeof import('prom-client')) {
    this.#registry = new prometheus.Registry()
    const family: Family = {
      kind: 'gauge', name: ANY_NAME, help: 'any', labels: [], samples: () => [],
    }
    this.#told = new Told(family, prometheus, this.#registry)
  }

  async make(subjects: readonly Subject[]): Promise<void> {
    const { slice } = this.#told
    for (const { labels } of subjects) slice.push([ANY_VALUE, labels])
    const text = await this.#registry.getSingleMetricAsString(ANY_NAME)
    slice.length = 0
    // A line feed in a label is escaped.
    for (const [i, line] of withoutHead(text).split('\n').entries()) {
      subjects[i]!.labelText = line.slice(ANY_NAME.length, -String(ANY_VALUE).length)
    }
  }
}
