// Runs cases of the simulation of storage: each follows from the seed and its number.

import { History, type Stats } from './history.ts'
import type { Lies } from './sim-disk.ts'

const MOST_TRACED = 60

export interface RunOptions {
  readonly seed: number
  readonly cases: number
  /** The number of the first one. */
  readonly first?: number
  readonly lies?: Lies
  /** What fails, not more of it. */
  readonly mostFailures?: number
  /** Asked before each: no more are wanted. */
  isOver?(): boolean
}

export interface RunResult extends Stats {
  cases: number
  readonly failures: { readonly index: number, readonly text: string }[]
}

export async function runHistories(options: RunOptions): Promise<RunResult> {
  const { seed, cases, first = 0, lies = {}, mostFailures = 5 } = options
  const { isOver = () => false } = options
  const result: RunResult = {
    cases: 0, calls: 0, looks: 0, damages: 0, operations: 0, failures: [],
  }
  for (let index = first; index < first + cases && !isOver(); index++) {
    const history = new History({ seed, index, lies })
    try {
      await history.run()
    } catch (error) {
      result.failures.push({ index, text: tell(error, seed, index, history.trace) })
    }
    result.cases++
    result.calls += history.stats.calls
    result.looks += history.stats.looks
    result.damages += history.stats.damages
    result.operations += history.stats.operations
    if (result.failures.length >= mostFailures) break
  }
  return result
}

function tell(error: unknown, seed: number, index: number, trace: readonly string[]): string {
  return [
    `case ${index}: ${stackOf(error)}`,
    ...error instanceof Error && error.cause !== undefined ? [stackOf(error.cause)] : [],
    ...trace.slice(-MOST_TRACED).map((line) => `    ${line}`),
    `  npm run sim -- storage --seed ${seed} --case ${index}`,
  ].join('\n')
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error)
}
