// One setting of a broker: name, type, default, bounds, whether Samsa acts on it, what it is for.

export type SettingType =
  | 'boolean' | 'short' | 'int' | 'long' | 'double' | 'string' | 'list' | 'class' | 'password'
export type Importance = 'high' | 'medium' | 'low'
/** Whether a running broker takes a new value, and for whom: Kafka's dynamic update mode. */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide'
export type Value = boolean | number | string | readonly string[] | null

/** Kafka's largest long, which stands for "never" or "no limit". */
export const MAX_LONG = '9223372036854775807'
export const MAX_INT = 2147483647

interface Spec {
  readonly type: SettingType
  /** Text form, as DescribeConfigs shows it; null: no value; undefined: must be given. */
  readonly default: string | null | undefined
  readonly importance: Importance
  readonly updateMode: UpdateMode
  readonly minimum?: number
  readonly maximum?: number
  /** One value that is allowed outside of the bounds. */
  readonly also?: number
  readonly choices?: readonly string[]
  readonly anyCase?: boolean
  readonly nonEmpty?: boolean
  readonly served: boolean
  readonly moot?: string
  readonly doc: string
}

/** A value that a setting does not take; the message is what it takes instead. */
export class BadValue extends Error {}

/** As text too: those of a long are no safe numbers. */
interface Bounds {
  readonly minimum?: number | string
  readonly maximum?: number | string
}

export class Setting<Name extends string = string, Parsed = Value> {
  /** The type of the parsed value; no value at run time. */
  declare readonly parsed: Parsed
  readonly name: Name
  readonly spec: Spec

  constructor(name: Name, spec: Spec) {
    this.name = name
    this.spec = spec
  }

  #with(changes: Partial<Spec>): Setting<Name, Parsed> {
    return new Setting(this.name, { ...this.spec, ...changes })
  }

  atLeast(minimum: number): Setting<Name, Parsed> {
    return this.#with({ minimum })
  }

  /** Both bounds included. */
  between(minimum: number, maximum: number): Setting<Name, Parsed> {
    return this.#with({ minimum, maximum })
  }

  or(also: number): Setting<Name, Parsed> {
    return this.#with({ also })
  }

  oneOf(...choices: readonly string[]): Setting<Name, Parsed> {
    return this.#with({ choices })
  }

  anyCase(): Setting<Name, Parsed> {
    return this.#with({ anyCase: true })
  }

  nonEmpty(): Setting<Name, Parsed> {
    return this.#with({ nonEmpty: true })
  }

  high(): Setting<Name, Parsed> {
    return this.#with({ importance: 'high' })
  }

  low(): Setting<Name, Parsed> {
    return this.#with({ importance: 'low' })
  }

  perBroker(): Setting<Name, Parsed> {
    return this.#with({ updateMode: 'per-broker' })
  }

  clusterWide(): Setting<Name, Parsed> {
    return this.#with({ updateMode: 'cluster-wide' })
  }

  /** Samsa acts on it. Of the others, a warning says that they have no effect. */
  served(): Setting<Name, Parsed> {
    return this.#with({ served: true })
  }

  /** It will never have an effect here, and this is why. */
  moot(reason: string): Setting<Name, Parsed> {
    return this.#with({ moot: reason })
  }

  doc(doc: string): Setting<Name, Parsed> {
    return this.#with({ doc })
  }

  /** Reads a value as Kafka's ConfigDef does. Throws BadValue. */
  parse(text: string): Value {
    const { type } = this.spec
    const trimmed = text.trim()
    switch (type) {
      case 'boolean': return this.#parseBoolean(trimmed)
      case 'short':
      case 'int':
      case 'long':
      case 'double': return this.#parseNumber(trimmed)
      case 'list': return this.#parseList(trimmed)
      case 'password': return text
      default: return this.#parseText(trimmed)
    }
  }

  /** What it takes, to end the sentence "must be …". */
  get allowed(): string {
    const { type, choices, nonEmpty } = this.spec
    if (choices !== undefined) {
      return type === 'list' ? `a list of ${choices.join(', ')}` : `one of ${choices.join(', ')}`
    }
    switch (type) {
      case 'boolean': return 'true or false'
      case 'double': return `a number${this.#bounds()}`
      case 'short':
      case 'int':
      case 'long': return `a whole number${this.#bounds()}`
      default: return nonEmpty === true ? 'a text that is not empty' : 'a text'
    }
  }

  #bounds({ minimum, maximum }: Bounds = this.spec): string {
    const { also } = this.spec
    const or = also === undefined ? '' : `, or ${also}`
    if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}${or}`
    return minimum === undefined ? '' : ` of at least ${minimum}${or}`
  }

  #parseBoolean(text: string): boolean {
    const lower = text.toLowerCase()
    if (lower !== 'true' && lower !== 'false') throw new BadValue(this.allowed)
    return lower === 'true'
  }

  #parseNumber(text: string): number {
    const { type, minimum, maximum, also } = this.spec
    const number = type === 'double' ? parseDouble(text) : parseWhole(text, type)
    if (number === undefined) throw new BadValue(this.#allowedInsteadOf(text))
    const inside = number >= (minimum ?? -Infinity) && number <= (maximum ?? Infinity)
    if (!inside && number !== also) throw new BadValue(this.allowed)
    return number
  }

  /** A whole number that its type cannot hold is told the bounds that the setting does not name. */
  #allowedInsteadOf(text: string): string {
    const bits = WHOLE_BITS[this.spec.type]
    if (bits === undefined || !/^[+-]?\d+$/.test(text)) return this.allowed
    const minimum = this.spec.minimum ?? String(-(1n << bits))
    const maximum = this.spec.maximum ?? String((1n << bits) - 1n)
    return `a whole number${this.#bounds({ minimum, maximum })}`
  }

  #parseList(text: string): readonly string[] {
    const items = text === '' ? [] : text.split(/\s*,\s*/)
    if (items.every((item) => this.#isChoice(item))) return items
    throw new BadValue(this.allowed)
  }

  #parseText(text: string): string {
    const missing = this.spec.nonEmpty === true && text === ''
    if (missing || !this.#isChoice(text)) throw new BadValue(this.allowed)
    return text
  }

  #isChoice(text: string): boolean {
    const { choices, anyCase } = this.spec
    if (choices === undefined) return true
    return choices.some((choice) => (
      choice === text || (anyCase === true && choice.toLowerCase() === text.toLowerCase())
    ))
  }
}

const WHOLE_BITS: Readonly<Record<string, bigint>> = { short: 15n, int: 31n, long: 63n }

function parseWhole(text: string, type: SettingType): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined
  const value = BigInt(text.replace(/^\+/, ''))
  const limit = 1n << (WHOLE_BITS[type] ?? 63n)
  return value >= -limit && value < limit ? Number(value) : undefined
}

function parseDouble(text: string): number | undefined {
  const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN
  return Number.isFinite(number) ? number : undefined
}

function setting<Name extends string, Parsed>(
  name: Name, type: SettingType, fallback: Value | undefined,
): Setting<Name, Parsed> {
  return new Setting(name, {
    type,
    default: fallback === null || fallback === undefined ? fallback : String(fallback),
    importance: 'medium',
    updateMode: 'read-only',
    served: false,
    doc: '',
  })
}

/** A default of null means that the setting has no value unless it is given. */
type OrNull<Default, Parsed> = Default extends null ? Parsed | null : Parsed

export function boolean<const Name extends string>(
  name: Name, fallback: boolean,
): Setting<Name, boolean> {
  return setting(name, 'boolean', fallback)
}

export function short<const Name extends string>(
  name: Name, fallback: number,
): Setting<Name, number> {
  return setting(name, 'short', fallback)
}

export function int<const Name extends string, Default extends number | null | undefined>(
  name: Name, fallback: Default,
): Setting<Name, OrNull<Default, number>> {
  return setting(name, 'int', fallback)
}

/** A default beyond the safe integers is given as text. */
export function long<const Name extends string, Default extends number | string | null>(
  name: Name, fallback: Default,
): Setting<Name, OrNull<Default, number>> {
  return setting(name, 'long', fallback)
}

export function double<const Name extends string>(
  name: Name, fallback: number | string,
): Setting<Name, number> {
  return setting(name, 'double', fallback)
}

export function string<const Name extends string, Default extends string | null>(
  name: Name, fallback: Default,
): Setting<Name, OrNull<Default, string>> {
  return setting(name, 'string', fallback)
}

/** The default is written as in a file: separated by commas. */
export function list<const Name extends string, Default extends string | null | undefined>(
  name: Name, fallback: Default,
): Setting<Name, OrNull<Default, readonly string[]>> {
  return setting(name, 'list', fallback)
}

export function className<const Name extends string, Default extends string | null>(
  name: Name, fallback: Default,
): Setting<Name, OrNull<Default, string>> {
  return setting(name, 'class', fallback)
}

export function password<const Name extends string>(name: Name): Setting<Name, string | null> {
  return setting(name, 'password', null)
}
