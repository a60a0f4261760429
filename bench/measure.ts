// Measuring two ways to do the same, turn by turn in one run.

/** Two that do the same: how long do ours take for each time of theirs? */
export interface Contest {
  readonly name: string
  readonly ours: () => unknown
  readonly theirs: () => unknown
}

export interface Result {
  /** Time of ours by time of theirs: below 1, ours are faster. */
  readonly ratio: number
  /** Nanoseconds for a call, medians. */
  readonly oursNs: number
  readonly theirsNs: number
}

const ROUNDS = 41
const SLICE_MS = 4
const WARM_UP_MS = 500

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

/**
 * The median over rounds in which each runs for some milliseconds, one right after the other, and
 * who is first changes: what else the machine does meets both.
 */
export async function contest({ ours, theirs }: Contest): Promise<Result> {
  const count = Math.min(await callsIn(ours, WARM_UP_MS), await callsIn(theirs, WARM_UP_MS))
  const calls = Math.max(1, Math.round(count * SLICE_MS / WARM_UP_MS))
  const rounds: { ours: number, theirs: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const isOursFirst = round % 2 === 0
    const first = await elapsedMs(isOursFirst ? ours : theirs, calls)
    const second = await elapsedMs(isOursFirst ? theirs : ours, calls)
    rounds.push(isOursFirst ? { ours: first, theirs: second } : { ours: second, theirs: first })
  }
  const nanoseconds = (side: 'ours' | 'theirs') => (
    median(rounds.map((round) => round[side])) * 1e6 / calls
  )
  return {
    ratio: median(rounds.map((round) => round.ours / round.theirs)),
    oursNs: nanoseconds('ours'), theirsNs: nanoseconds('theirs'),
  }
}

async function callsIn(run: () => unknown, durationMs: number): Promise<number> {
  let calls = 0
  for (const endMs = performance.now() + durationMs; performance.now() < endMs; calls++) {
    const made = run()
    if (made instanceof Promise) await made
  }
  return calls
}

async function elapsedMs(run: () => unknown, calls: number): Promise<number> {
  const startedMs = performance.now()
  for (let i = 0; i < calls; i++) {
    const made = run()
    if (made instanceof Promise) await made
  }
  return performance.now() - startedMs
}
