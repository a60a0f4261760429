// Regular expressions of RE2: those of consumer groups are matched by the broker, and these take no
// more time than the length of what they look at.

import { re2 } from '../../../re2.ts'

/** Whether a topic's whole name matches. */
export type NameMatcher = (name: string) => boolean

/** It says why the expression is none. */
export class RegexError extends Error {}

export interface RegexEngine {
  /** Throws `RegexError`. */
  compile(regex: string): NameMatcher
}

export function re2Engine(): RegexEngine {
  return {
    compile(regex) {
      const { RE2JS, RE2JSSyntaxException } = re2()
      try {
        const pattern = RE2JS.compile(regex)
        return (name) => pattern.matches(name)
      } catch (error) {
        if (error instanceof RE2JSSyntaxException) throw new RegexError(error.getDescription())
        throw error
      }
    },
  }
}
