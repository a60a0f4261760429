// Random numbers that a seed repeats, printed so that a failure can be looked at again.

/** Of a run: `COMPAT_DISKS_SEED`, or a new one. */
export function seedOf(what: string): number {
  const given = process.env['COMPAT_DISKS_SEED']
  const seed = given === undefined ? Date.now() % 1_000_000 : Number(given)
  console.log(`       ${what}: COMPAT_DISKS_SEED=${seed}`)
  return seed
}

/** From 0 to below 1 (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
