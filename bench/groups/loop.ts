// Workers that each do one thing after the other.

export interface Looped {
  readonly count: number
  readonly elapsedMs: number
}

/** `work` gives how much it did. */
export async function loopFor(
  durationMs: number, workers: number, work: (worker: number) => Promise<number>,
): Promise<Looped> {
  let count = 0
  const startedMs = performance.now()
  const endMs = startedMs + durationMs
  await Promise.all(Array.from({ length: workers }, async (_, worker) => {
    while (performance.now() < endMs) count += await work(worker)
  }))
  return { count, elapsedMs: performance.now() - startedMs }
}
