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
  /** Labels are the same objects each time: their text need not be made anew. */
  readonly keepsLabels?: boolean
  /** Reads them one by one: what lies behind may change meanwhile. */
  samples(): Samples
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
const ITEMS_AT_ONCE = 500

/** One number about many things. */
export function sum<T>(
  name: string, help: string, items: () => Iterable<T>, of: (item: T) => number,
): Family {
  return {
    kind: 'gauge', name, help, labels: [],
    * samples() {
      let result = 0
      let seen = 0
      for (const item of items()) {
        result += of(item)
        if (++seen % ITEMS_AT_ONCE === 0) yield PAUSE
      }
      yield [result]
    },
  }
}
