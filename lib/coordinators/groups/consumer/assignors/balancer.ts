// Gives out the members of one topic by how many partitions they have: the least loaded in turn,
// and the most loaded in turn, while partitions go from these to those.

export class Balancer {
  /** By member; changed by whoever assigns. */
  readonly #loads: readonly number[]
  /** Members, from least to most loaded when it began. */
  #members: number[] = []
  /** Those before it have the least load. */
  #leastEnd = 0
  #leastLoad = 0
  #nextLeast = 0
  /** Those from start to end have the most load; those from the end on are excluded. */
  #mostStart = 0
  #mostEnd = 0
  #mostLoad = 0
  #nextMost = 0

  constructor(loads: readonly number[]) {
    this.#loads = loads
  }

  /** Gives the distance between the least and the most loaded. */
  begin(members: readonly number[]): number {
    this.#members = [...members].sort((a, b) => this.#loads[a]! - this.#loads[b]! || a - b)
    const count = this.#members.length
    const least = this.#loadAt(0)
    const most = this.#loadAt(count - 1)
    this.#leastEnd = 0
    this.#leastLoad = least - 1
    this.#nextLeast = 0
    this.#mostStart = count
    this.#mostEnd = count
    this.#mostLoad = most + 1
    this.#nextMost = count - 1
    return most - least
  }

  /** It is meant to get a partition more. */
  nextLeastLoaded(): number {
    if (this.#nextLeast >= this.#leastEnd) {
      this.#leastLoad++
      while (this.#leastEnd < this.#members.length
        && this.#loadAt(this.#leastEnd) === this.#leastLoad) this.#leastEnd++
      this.#nextLeast = 0
    }
    return this.#members[this.#nextLeast++]!
  }

  /** It is meant to give a partition away. Undefined: nobody is left. */
  nextMostLoaded(): number | undefined {
    if (this.#nextMost < this.#mostStart) {
      const areAllExcluded = this.#mostEnd <= this.#mostStart && this.#mostStart > 0
      this.#mostLoad = areAllExcluded ? this.#loadAt(this.#mostStart - 1) : this.#mostLoad - 1
      while (this.#mostStart > 0 && this.#loadAt(this.#mostStart - 1) === this.#mostLoad) {
        this.#mostStart--
      }
      this.#nextMost = this.#mostEnd - 1
    }
    return this.#nextMost < 0 ? undefined : this.#members[this.#nextMost--]
  }

  /** The last of `nextMostLoaded` has nothing to give. */
  excludeMostLoaded(): void {
    const at = this.#nextMost + 1
    const last = this.#mostEnd - 1
    const excluded = this.#members[at]!
    this.#members[at] = this.#members[last]!
    this.#members[last] = excluded
    this.#mostEnd--
  }

  get isBalanced(): boolean {
    return this.#mostLoad - this.#leastLoad <= 1
  }

  #loadAt(index: number): number {
    return this.#loads[this.#members[index]!]!
  }
}
