// What yargs would let pass: an option without the value that it takes, an option given twice, and
// names that begin with a dash and stand behind `--`.

import type { Argv } from 'yargs'
import { UsageError } from './exit.ts'

/** What yargs knows of the options of a command; it is not in its types. */
interface KnownOptions {
  readonly key: { readonly [name: string]: unknown }
  readonly boolean: readonly string[]
  readonly array: readonly string[]
  readonly alias: { readonly [name: string]: readonly string[] }
}

/** Stands before what was behind `--`: yargs takes it apart once more, and must see no option. */
const GUARD = '\u{f8ff}'

/** Behind `--` there are no options, however it looks. yargs itself would lose what is there. */
export function guarded(args: readonly string[]): string[] {
  const at = args.indexOf('--')
  if (at < 0) return [...args]
  return [...args.slice(0, at), ...args.slice(at + 1).map((text) => (
    /^-|^(true|false)$/.test(text) ? `${GUARD}${text}` : text))]
}

/** Every option that is no switch takes a value. To be called when all options are known. */
export function withValues<O>(yargs: Argv<O>, usage: string): Argv<O> {
  const { key, boolean } = known(yargs)
  const positionals = positionalsOf(usage)
  const valued = Object.keys(key)
    .filter((name) => !boolean.includes(name) && !positionals.has(name))
  yargs.nargs(Object.fromEntries(valued.map((name) => [name, 1])))
  return yargs
}

/** The arguments as they were meant. Throws UsageError for one that is given twice. */
export function checked<O extends object>(yargs: Argv, usage: string, given: O): O {
  const { array, alias } = known(yargs)
  const mayRepeat = new Set([...array, ...positionalsOf(usage), '_'])
  const entries = Object.entries(given).map(([name, value]: [string, unknown]) => {
    if (!Array.isArray(value)) return [name, unguarded(value)]
    const option = name.length > 1
      ? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
      : Object.entries(alias).find(([, others]) => others.includes(name))?.[0] ?? name
    if (!mayRepeat.has(name) && !mayRepeat.has(option)) {
      throw new UsageError(`--${option} is given twice`)
    }
    return [name, value.map((one: unknown) => unguarded(one))]
  })
  return Object.fromEntries(entries) as O
}

function unguarded(value: unknown): unknown {
  return typeof value === 'string' && value.startsWith(GUARD) ? value.slice(GUARD.length) : value
}

function known(yargs: object): KnownOptions {
  return (yargs as { getOptions(): KnownOptions }).getOptions()
}

/** `describe <topics..>` has `topics`. */
function positionalsOf(usage: string): Set<string> {
  return new Set([...usage.matchAll(/[<[]([\w-]+)(?:\.\.)?[>\]]/g)].map(([, name]) => name!))
}
