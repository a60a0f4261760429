// `compat/README.md`: client by client what a run has checked, what passed and what did not.

import { existsSync } from 'node:fs'
import type { Outcome, Suite } from './harness/check.ts'

export interface Occasion {
  /** ISO. */
  readonly date: string
  /** Of Samsa. */
  readonly version: string
}

export function readmeOf(
  suites: readonly Suite[], outcomes: readonly Outcome[], { date, version }: Occasion,
): string {
  const runs = suites.map((suite) => ({
    suite, outcomes: outcomes.filter((outcome) => outcome.suite === suite.name),
  }))
  return [
    '# What other people\'s clients find',
    '',
    `Written by \`npm run compat -- --readme\` on ${date}, with Samsa ${version} and Node `
      + `${process.version}. \`npm run compat -- NAME\` runs one of them again.`,
    '',
    '| client | name | passed | what does not |',
    '|---|---|---|---|',
    ...runs.map((run) => summary(run)),
    '',
    ...runs.flatMap((run) => details(run)),
  ].join('\n')
}

interface Run {
  readonly suite: Suite
  readonly outcomes: readonly Outcome[]
}

function summary({ suite: { client, name }, outcomes }: Run): string {
  const failed = outcomes.filter(({ error }) => error !== undefined)
  const passed = outcomes.length - failed.length
  const failures = failed.map(({ check }) => inTable(check)).join('; ')
  return `| ${inTable(client)} | \`${name}\` | ${passed} of ${outcomes.length} | ${failures} |`
}

function details({ suite: { client, name }, outcomes }: Run): string[] {
  const findings = `${name}/FINDINGS.md`
  const more = existsSync(`compat/${findings}`) ? ` Findings: [${findings}](${findings}).` : ''
  return [
    `## ${client}`,
    '',
    `\`npm run compat -- ${name}\`.${more}`,
    '',
    ...outcomes.map(({ check, error }) => `- ${error === undefined ? '' : '**failed:** '}${check}`),
    '',
  ]
}

const inTable = (text: string): string => text.replaceAll('|', '\\|')
