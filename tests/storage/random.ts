// Numbers between 0 and 1 that look random and come from a seed.

import { randomFrom } from '../../compat/harness/random.ts'

/** Of seeds that follow one another the numbers have nothing in common. */
export function randomOf(seed: number): () => number {
  return randomFrom(seed * 0x9e3779b9)
}
