// What loading all schemas costs at a start: out of a bundle, as the published command has them.

import { spawnSync } from 'node:child_process'
import { median } from './measure.ts'

const ROUNDS = 15
const BUNDLE = '.cache/bench/all-schemas.mjs'
const GOAL_MS = 15

interface Loading {
  readonly elapsedMs: number
  readonly compiledBefore: number
  readonly compiledAfter: number
  readonly schemas: number
}

export function benchLoading(): void {
  run(['scripts/bundle.mjs', 'bench/all-schemas.ts', BUNDLE])
  const rounds = Array.from({ length: ROUNDS }, () => JSON.parse(run([BUNDLE])) as Loading)
  const times = rounds.map(({ elapsedMs }) => elapsedMs)
  const { schemas, compiledBefore, compiledAfter } = rounds[0]!
  console.log(`loading ${schemas} schemas: median ${median(times).toFixed(1)} ms, `
    + `least ${Math.min(...times).toFixed(1)} ms (goal: under ${GOAL_MS}); `
    + `compiled by that: ${compiledBefore} codecs, by the first message read: ${compiledAfter}`)
}

function run(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
  return stdout
}
