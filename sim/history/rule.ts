// What a rule of the checker is: it looks at a whole run, counts what it has seen, and says what
// was against it.

import type { Indexed } from './index-run.ts'

export interface Rule {
  readonly name: string
  /** Reports each violation, and gives how many things it has looked at. */
  check(run: Indexed, report: (text: string) => void): number
}
