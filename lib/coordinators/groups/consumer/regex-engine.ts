// Regular expressions of RE2: those of consumer groups are matched by the broker, and these take no
// more time than the length of what they look at.

import type * as Re2 from 're2js'

/** Whether a topic's whole name matches. */
export type NameMatcher = (name: string) => boolean

/** It says why the expression is none. */
export class RegexError extends Error {}

export interface RegexEngine {
  /** Calls at once, or when the engine has been loaded. */
  use(then: () => void, failed: (error: unknown) => void): void
  /** Within `use`, or after it. Throws `RegexError`. */
  compile(regex: string): NameMatcher
}

/** Loads its package when it is first used: few groups have expressions. */
export function re2Engine(): RegexEngine {
  let loading: Promise<void> | undefined
  let re2: typeof Re2 | undefined
  const load = async (): Promise<void> => {
    re2 = await import('re2js')
  }
  return {
    use(then, failed) {
      if (re2 !== undefined) return then()
      loading ??= load()
      loading.then(then).catch(failed)
    },
    compile(regex) {
      try {
        const pattern = re2!.RE2JS.compile(regex)
        return (name) => pattern.matches(name)
      } catch (error) {
        if (error instanceof re2!.RE2JSSyntaxException) throw new RegexError(error.getDescription())
        throw error
      }
    },
  }
}
