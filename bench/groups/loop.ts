// Workers that each do one thing after the other.

export interface Looped {
  readonly count: number
  readonly elapsedMs: number
}

export async function loopFor(
  durationMs: number, workers: number, work: (worker: number) => Promise<void>,
): Promise<Looped> {
  let count = 0
  const startedMs = performance.now()
  const endMs = startedMs + durationMs
  await Promise.all(Array.from({ length: workers }, async (_, worker) => {
    while (performance.now() < endMs) {
      await work(worker)
      count++
    }
  }))
  return { count, elapsedMs: performance.now() - startedMs }
}
