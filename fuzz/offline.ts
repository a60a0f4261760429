// A run without a broker: every case goes through its decoder, in this process.

import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Case, CaseSource, isTyped } from './cases.ts'
import { Failures } from './failures.ts'

/** What a case may take. */
const LIMIT_MS = 100
/** Until then code is compiled and caches are filled: every message in every version came up. */
const WARM_UP_CASES = 100_000
const SAMPLE_CASES = 5_000
const TURN_CASES = 100

export interface OfflineOptions {
  readonly seed: number
  readonly cases: number
  /** The number of the first case; with `cases` of 1, the only one. */
  readonly first?: number
}

export interface OfflineResult {
  readonly cases: number
  /** Those that were refused, by their typed error. */
  readonly refused: number
  readonly elapsedMs: number
  readonly slowest: { readonly index: number, readonly name: string, readonly elapsedMs: number }
  /** Of the heap and the buffers, after a collection, since the warm-up. */
  readonly grownBytes: number
  /** The most that the process was larger than after the warm-up. */
  readonly grownResidentBytes: number
  readonly failures: Failures
}

export async function runOffline(
  { seed, cases, first = 0 }: OfflineOptions,
): Promise<OfflineResult> {
  const source = new CaseSource(seed)
  const failures = new Failures(seed, 'offline')
  const memory = new Memory()
  const warm = Math.min(WARM_UP_CASES, Math.floor(cases / 2))
  const startedMs = performance.now()
  let refused = 0
  let slowest = { index: -1, name: 'none', elapsedMs: 0 }
  for (let index = first; index < first + cases; index++) {
    if (index - first === warm) memory.begin()
    if (index % SAMPLE_CASES === 0) memory.sample()
    // Node cleans up behind its zlib where its loop turns.
    if (index % TURN_CASES === 0) await setImmediate()
    const one = source.make(index)
    const { error, elapsedMs } = attempt(one)
    if (error !== undefined && isTyped(error)) refused += 1
    else if (error !== undefined) failures.add(index, one.name, one.bytes, String(error))
    if (elapsedMs <= slowest.elapsedMs) continue
    // A pause of the machine does not come at the same place again and again.
    const slow = elapsedMs > LIMIT_MS ? quickest(source, index) : elapsedMs
    if (slow > slowest.elapsedMs) slowest = { index, name: one.name, elapsedMs: slow }
    if (slow > LIMIT_MS) failures.add(index, one.name, one.bytes, `took ${slow.toFixed(0)} ms`)
  }
  const elapsedMs = performance.now() - startedMs
  return { cases, refused, elapsedMs, slowest, ...memory.end(), failures }
}

/** In time of the processor, where that is less: others may use the machine as well. */
function quickest(source: CaseSource, index: number): number {
  return Math.min(...[1, 2, 3].map(() => {
    const one = source.make(index)
    const before = process.cpuUsage()
    const { elapsedMs } = attempt(one)
    const { user, system } = process.cpuUsage(before)
    return Math.min(elapsedMs, (user + system) / 1000)
  }))
}

function attempt(one: Case): { error: unknown, elapsedMs: number } {
  const startedMs = performance.now()
  let error: unknown
  try {
    one.run()
  } catch (thrown) {
    error = thrown
  }
  return { error, elapsedMs: performance.now() - startedMs }
}

/** How the memory of this process grows. */
class Memory {
  #begunBytes = 0
  #begunResidentBytes = Infinity
  #mostResidentBytes = 0

  begin(): void {
    this.#begunBytes = usedBytes()
    this.#begunResidentBytes = process.memoryUsage.rss()
  }

  sample(): void {
    this.#mostResidentBytes = Math.max(this.#mostResidentBytes, process.memoryUsage.rss())
  }

  end(): { grownBytes: number, grownResidentBytes: number } {
    this.sample()
    return {
      grownBytes: usedBytes() - this.#begunBytes,
      grownResidentBytes: Math.max(0, this.#mostResidentBytes - this.#begunResidentBytes),
    }
  }
}

/** What is in use after a collection. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
