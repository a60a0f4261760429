// Numbers that look random and follow from a seed: what makes a case the same each time.

import { randomFrom } from '../../compat/harness/random.ts'

export class Dice {
  /** From 0 to below 1. */
  readonly random: () => number

  /** Each number of a case, and each stream of numbers in it, is a sequence of its own. */
  constructor(seed: number, ...path: readonly number[]) {
    let state = Math.imul(seed, 0x9e3779b9)
    for (const step of path) state = Math.imul(state ^ step + 0x7f4a7c15, 0x85ebca6b)
    this.random = randomFrom(state)
    this.random()
  }

  /** A whole number from 0 to below the limit. */
  below(limit: number): number {
    return Math.floor(this.random() * limit)
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }

  /** By their weights. */
  weighted<T>(choices: readonly (readonly [number, T])[]): T {
    let left = this.random() * choices.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, choice] of choices) {
      left -= weight
      if (left < 0) return choice
    }
    return choices.at(-1)![1]
  }
}
