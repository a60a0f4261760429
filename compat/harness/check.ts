// What a compat suite is made of: named checks that run against one broker,
// and the loop that runs them.

import type { RunningBroker } from './broker.ts'

/** One promise that a client relies on. It passes when `run` returns and fails when it throws. */
export interface Check {
  readonly name: string
  /** More than `DEFAULT_TIMEOUT_MS` where a check moves much data. */
  readonly timeoutMs?: number
  run(broker: RunningBroker): Promise<void>
}

/**
 * All checks of one client. `install` brings the client to this machine,
 * or fails saying what is missing.
 */
export interface Suite {
  readonly name: string
  /** Name and version of the client, for the table. */
  readonly client: string
  readonly checks: readonly Check[]
  /** Checks of the checks, instead of them with `--sabotage`: each breaks Samsa, and it is seen. */
  readonly sabotage?: readonly Check[]
  install?(): Promise<void>
  /** Takes away what `install` started; comes when the checks are over, or when that failed. */
  dispose?(): Promise<void>
  /** Settings that the suite's broker is started with, beside the harness's own. */
  readonly overrides?: Readonly<Record<string, string>>
}

export const DEFAULT_TIMEOUT_MS = 60_000

export interface Outcome {
  readonly suite: string
  readonly check: string
  readonly error?: string
  readonly elapsedMs: number
}

export async function runChecks(suite: Suite, broker: RunningBroker): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const check of suite.checks) {
    const startedMs = Date.now()
    const error = await failureOf(check, broker)
    const elapsedMs = Date.now() - startedMs
    const mark = error === undefined ? 'ok    ' : 'FAILED'
    console.log(`${mark} ${suite.name}: ${check.name} (${elapsedMs} ms)`)
    if (error !== undefined) console.log(error.replace(/^/gm, '       | '))
    outcomes.push({
      suite: suite.name, check: check.name, elapsedMs, ...(error === undefined ? {} : { error }),
    })
  }
  return outcomes
}

async function failureOf(check: Check, broker: RunningBroker): Promise<string | undefined> {
  const timeoutMs = check.timeoutMs ?? DEFAULT_TIMEOUT_MS
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    await Promise.race([check.run(broker), late])
    return undefined
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  } finally {
    clearTimeout(timer)
  }
}

let nameCount = 0

/** A topic or group name that no other check of this run uses. */
export function uniqueName(prefix: string): string {
  nameCount += 1
  return `${prefix}-${process.pid}-${nameCount}`
}
