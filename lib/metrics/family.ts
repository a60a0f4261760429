// A family of metrics: a name, what it means, and where its values are read when somebody asks.

export type Labels = Readonly<Record<string, string>>

/** A value now; labels left out: the family has none, or this is the sum over them. */
export type Sample = readonly [value: number, labels?: Labels]

/** There may be more to come; who reads may let others in. */
export const PAUSE = Symbol('pause')

export type Samples = Iterable<Sample | typeof PAUSE>

export interface Family {
  /** A counter only grows, as long as the node lives. */
  readonly kind: 'counter' | 'gauge'
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  /** Reads them one by one: what lies behind may change meanwhile. */
  samples(): Samples
  /** Told behind the samples. */
  readonly each?: Each
}

/** What several families tell of, always with the same labels: the text of these is kept. */
export interface Subject {
  readonly labels: Labels
  /** As it stands between a name and a value; empty until it was made. */
  labelText: string
}

/** One value of each of many subjects. */
export interface Each<S extends Subject = Subject> {
  /** The same function in several families: their subjects are looked for once. */
  readonly subjects: () => Iterable<S | typeof PAUSE>
  /** A finite number; undefined for one that went away since it was found. */
  read(subject: S): number | undefined
}

export function gauge(name: string, help: string, read: () => number): Family {
  return { kind: 'gauge', name, help, labels: [], samples: () => [[read()]] }
}

export function counter(name: string, help: string, read: () => number): Family {
  return { kind: 'counter', name, help, labels: [], samples: () => [[read()]] }
}

export function gauges(
  name: string, help: string, labels: readonly string[], samples: () => Samples,
): Family {
  return { kind: 'gauge', name, help, labels, samples }
}

export function counters(
  name: string, help: string, labels: readonly string[], samples: () => Samples,
): Family {
  return { kind: 'counter', name, help, labels, samples }
}

/** How many items go by between two chances for others. */
const ITEMS_AT_ONCE = 100

export interface Sum<T> {
  readonly name: string
  readonly help: string
  of(item: T): number
}

/** How many of the things are so. */
export function counted<T>(name: string, help: string, isOne: (item: T) => boolean): Sum<T> {
  return { name, help, of: (item) => (isOne(item) ? 1 : 0) }
}

/** Numbers about the same things: what is told first goes over these for all of them. */
export function sums<T>(items: () => Iterable<T>, numbers: readonly Sum<T>[]): Family[] {
  let results: readonly number[] = []
  function* first(): Samples {
    const adding = numbers.map(() => 0)
    let seen = 0
    for (const item of items()) {
      for (let i = 0; i < numbers.length; i++) adding[i]! += numbers[i]!.of(item)
      if (++seen % ITEMS_AT_ONCE === 0) yield PAUSE
    }
    results = adding
    yield [results[0]!]
  }
  return numbers.map(({ name, help }, i) => ({
    kind: 'gauge', name, help, labels: [], samples: i === 0 ? first : () => [[results[i]!]],
  }))
}
