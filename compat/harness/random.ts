// Numbers that look random and follow from a seed: what fails can be looked at again.

/** From 0 to below 1 (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number below the one it is given. */
export type Below = (maxExclusive: number) => number

export function seeded(seed: number): Below {
  const random = randomFrom(seed)
  return (maxExclusive) => Math.floor(random() * maxExclusive)
}
