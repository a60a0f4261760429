// Reads what is told to Prometheus as it does: strictly, line by line.

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y

export interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export class Scrape {
  readonly series: readonly Series[]
  /** By family. */
  readonly types: ReadonlyMap<string, string>
  readonly #values: ReadonlyMap<string, number>

  constructor(text: string) {
    const series: Series[] = []
    const types = new Map<string, string>()
    if (!text.endsWith('\n')) throw new Error('the last line has no end')
    for (const line of text.split('\n')) {
      if (line === '' || line.startsWith('# HELP ')) continue
      if (!line.startsWith('# TYPE ')) {
        series.push(seriesIn(line))
        continue
      }
      const [, , name = '', type = ''] = line.split(' ')
      if (!NAME.test(name) || types.has(name)) throw new Error(`twice, or no name: ${line}`)
      types.set(name, type)
    }
    const values = new Map<string, number>()
    for (const one of series) {
      const key = keyOf(one)
      if (values.has(key)) throw new Error(`there twice: ${key}`)
      values.set(key, one.value)
    }
    this.series = series
    this.#values = values
    this.types = types
  }

  /** That of the one series with just these labels; undefined without it. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    return this.#values.get(keyOf({ name, labels }))
  }

  all(name: string): Series[] {
    return this.series.filter((one) => one.name === name)
  }
}

/** The same for the same labels in another order. */
export function keyOf({ name, labels }: Pick<Series, 'name' | 'labels'>): string {
  return name + JSON.stringify(Object.entries(labels).sort())
}

function seriesIn(line: string): Series {
  const [, name, , inBraces = '', text] = LINE.exec(line) ?? []
  const isNaN = text === 'Nan' || text === 'NaN'
  const value = text === '+Inf' ? Infinity : Number(text)
  if (name === undefined || text === undefined || !isNaN && Number.isNaN(value)) {
    throw new Error(`no series: ${line}`)
  }
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < inBraces.length) {
    const [, label, escaped] = LABEL.exec(inBraces) ?? []
    if (label === undefined) throw new Error(`labels that cannot be read: ${line}`)
    labels[label] = escaped!.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char))
  }
  return { name, labels, value }
}

/** The name of a series with those of its labels, as they stand in `kafka-names.txt`. */
export function nameOf({ name, labels }: Pick<Series, 'name' | 'labels'>): string {
  const names = Object.keys(labels).sort().join(',')
  return names === '' ? name : `${name}{${names}}`
}

/** `url` without the path. */
export async function scrape(url: string | undefined): Promise<Scrape> {
  const response = await fetch(`${url}/metrics`)
  if (response.status !== 200) throw new Error(`answered ${response.status}`)
  return new Scrape(await response.text())
}
