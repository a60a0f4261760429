// The options of Kafka's tools, as their tables have them, and what was given of them.

import { readFileSync } from 'node:fs'
import { parseProperties, PropertiesError } from '../../properties.ts'
import { reasonOf } from '../../start-error.ts'
import { pairs, wholeNumber } from '../arguments.ts'
import { UsageError } from '../exit.ts'

/** `optional`: with a value or without one. `list`: may be given again. */
export type OptionKind = 'flag' | 'value' | 'optional' | 'list'
export type OptionTable = Readonly<Record<string, OptionKind>>

export interface Grammar<T extends OptionTable> {
  readonly options: T
  /** Long names of short options: `-t`. */
  readonly aliases?: Readonly<Record<string, string>>
  /** A word before or between the options, without dashes: `describe`. */
  readonly verbs?: readonly string[]
}

/** For every tool that speaks to a broker. */
export const CONNECTION = { 'bootstrap-server': 'value', 'command-config': 'value' } as const

/** What was given, in the words of the real tool where scripts may have seen them. */
export class Given<T extends OptionTable> {
  readonly words: readonly string[]
  readonly #values: ReadonlyMap<string, readonly string[]>

  constructor(values: ReadonlyMap<string, readonly string[]>, words: readonly string[]) {
    this.#values = values
    this.words = words
  }

  has(name: keyof T & string): boolean {
    return this.#values.has(name)
  }

  list(name: keyof T & string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** The last one counts; undefined of an option that was not given, or without a value. */
  value(name: keyof T & string): string | undefined {
    return this.list(name).at(-1)
  }

  required(name: keyof T & string): string {
    const value = this.value(name)
    if (value === undefined) throw new UsageError(`Missing required argument "[${name}]"`)
    return value
  }

  number(name: keyof T & string, least = 0): number | undefined {
    const text = this.value(name)
    return text === undefined ? undefined : wholeNumber(`--${name}`, text, least)
  }

  /** The one of them that was given; undefined for none. Throws UsageError for several. */
  oneOf<N extends keyof T & string>(names: readonly N[]): N | undefined {
    const given = names.filter((name) => this.has(name))
    if (given.length < 2) return given[0]
    throw new UsageError(`Only one of these at a time: ${joined(names)}`)
  }

  action<N extends keyof T & string>(names: readonly N[]): N {
    const action = this.oneOf(names)
    if (action !== undefined) return action
    throw new UsageError(`Command must include exactly one action: ${joined(names)}`)
  }

  /** Throws UsageError where an option was given that has no effect here. */
  refuse(names: readonly (keyof T & string)[], where: string): void {
    const one = names.find((name) => this.has(name))
    if (one !== undefined) throw new UsageError(`Option "[${one}]" can't be used with ${where}`)
  }

  /** Of a file, and `name=value` of options, which win over it. */
  properties(
    file: keyof T & string, ...lists: readonly (keyof T & string)[]
  ): Map<string, string> {
    const path = this.value(file)
    const found = path === undefined ? new Map<string, string>() : readProperties(path)
    for (const name of lists) {
      for (const [key, value] of pairs(`--${name}`, this.list(name))) found.set(key, value)
    }
    return found
  }
}

const joined = (names: readonly string[]): string => names.map((name) => `--${name}`).join(', ')

/** For people: all options of a tool. */
export const dashed = (options: OptionTable): string => joined(Object.keys(options).sort())

export function parseOptions<T extends OptionTable>(
  args: readonly string[], { options, aliases = {}, verbs }: Grammar<T>,
): Given<T> {
  const values = new Map<string, string[]>()
  const words: string[] = []
  const rest = [...args]
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [, dashes, shown, inline] = /^(--?)([^=]+)(?:=(.*))?$/s.exec(argument) ?? []
    if (shown === undefined) {
      words.push(argument)
      continue
    }
    const name = dashes === '-' ? aliases[shown] ?? '' : shown
    const kind = Object.hasOwn(options, name) ? options[name] : undefined
    // What cannot be done here must not be passed over: whoever wrote it counts on it.
    if (kind === undefined) throw new UsageError(unknownOption(dashes + shown, options))
    const given = values.get(name) ?? []
    values.set(name, given)
    if (kind === 'flag') {
      if (inline !== undefined) throw new UsageError(`Option ${name} takes no value`)
    } else if (inline !== undefined) given.push(inline)
    else if (kind !== 'optional' || !(rest[0] ?? '-').startsWith('-')) {
      const value = rest.shift()
      if (value === undefined) throw new UsageError(`Option ${name} requires an argument`)
      given.push(value)
    }
  }
  checkWords(words, verbs)
  return new Given(values, words)
}

function unknownOption(shown: string, options: OptionTable): string {
  return `${shown}: Samsa's form of this tool has no such option. There are: `
    + dashed(options)
}

function checkWords(words: readonly string[], verbs: readonly string[] | undefined): void {
  if (verbs === undefined) {
    if (words.length > 0) throw new UsageError(`${words[0]}: an option begins with --`)
  } else if (words.length !== 1 || !verbs.includes(words[0]!)) {
    throw new UsageError(`Name what to do: ${verbs.join(', ')}`)
  }
}

/** Throws UsageError. */
export function readProperties(path: string): Map<string, string> {
  try {
    return parseProperties(readFileSync(path, 'latin1'))
  } catch (error) {
    const reason = error instanceof PropertiesError ? error.message : reasonOf(error)
    throw new UsageError(`${path}: cannot be read: ${reason}`)
  }
}

/** Takes those that are known here out of the properties. Throws UsageError for any other. */
export function takeProperties<N extends string>(
  properties: ReadonlyMap<string, string>, names: readonly N[],
): Partial<Record<N, string>> {
  for (const name of properties.keys()) {
    if ((names as readonly string[]).includes(name)) continue
    throw new UsageError(`${name}: Samsa's form of this tool has no such property. There are: `
      + [...names].sort().join(', '))
  }
  return Object.fromEntries(properties) as Partial<Record<N, string>>
}

/** Lists of topics are regular expressions, as the tools have them, for whole names. */
export function topicPattern(text: string): RegExp {
  const bare = text.trim().replaceAll(',', '|').replaceAll(' ', '').replace(/^["']+|["']+$/g, '')
  try {
    return new RegExp(`^(?:${bare})$`)
  } catch {
    throw new UsageError(`${bare} is an invalid regex.`)
  }
}
