// What compat/README.md says of a run.

import { expect, test } from '@jest/globals'
import type { Outcome, Suite } from '../../compat/harness/check.ts'
import { readmeOf } from '../../compat/readme.ts'

const suite = (name: string, client: string): Suite => ({ name, client, checks: [] })
const outcome = (of: string, check: string, error?: string): Outcome => (
  { suite: of, check, elapsedMs: 1, ...(error === undefined ? {} : { error }) })

test('a row for each client, and what failed by name', () => {
  const text = readmeOf(
    [suite('kcat', 'kcat 1.7'), suite('nowhere', 'a | b')],
    [outcome('kcat', 'lists'), outcome('kcat', 'reads a|b', 'no'), outcome('nowhere', 'runs')],
    { date: '2026-11-22', version: '0.1.0' },
  )
  const lines = text.split('\n')
  expect(lines).toContain('| kcat 1.7 | `kcat` | 1 of 2 | reads a\\|b |')
  expect(lines).toContain('| a \\| b | `nowhere` | 1 of 1 |  |')
  expect(lines).toContain('- **failed:** reads a|b')
  expect(lines).toContain('- lists')
  expect(text).toContain('on 2026-11-22, with Samsa 0.1.0')
  // Only what is there is pointed at.
  expect(text).toContain('[kcat/FINDINGS.md](kcat/FINDINGS.md)')
  expect(text).not.toContain('nowhere/FINDINGS.md')
})
