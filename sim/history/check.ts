// Holds the history of a run against all rules.

import { GROUP_RULES } from './group-rules.ts'
import { indexRun, type Run } from './index-run.ts'
import { TRANSACTION_RULES } from './transaction-rules.ts'
import { VERSION_RULES } from './version-rules.ts'
import { WRITE_RULES } from './write-rules.ts'

export interface Verdict {
  readonly rule: string
  /** How many things the rule has looked at: without any it says nothing. */
  readonly seen: number
  readonly violations: readonly string[]
}

const RULES = [...WRITE_RULES, ...TRANSACTION_RULES, ...VERSION_RULES, ...GROUP_RULES]

export function checkRun(run: Run): Verdict[] {
  const indexed = indexRun(run)
  return RULES.map((rule) => {
    const violations: string[] = []
    const seen = rule.check(indexed, (text) => violations.push(text))
    return { rule: rule.name, seen, violations }
  })
}
