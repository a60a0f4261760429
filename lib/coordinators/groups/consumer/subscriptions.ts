// What the members of a group are subscribed to, counted: topics by their names and by regular
// expressions, and the expressions themselves.

import { type ConsumerMember, regexOf } from './consumer-member.ts'

interface Subscribers {
  /** Members that name the topic. */
  readonly byName: number
  /** Expressions that it matches. */
  readonly byRegex: number
}

const NONE: Subscribers = { byName: 0, byRegex: 0 }

export class Subscriptions {
  readonly #topics: Map<string, Subscribers>
  /** Members by expression. */
  readonly #regexes: Map<string, number>

  constructor(from?: Subscriptions) {
    this.#topics = new Map(from === undefined ? [] : from.#topics)
    this.#regexes = new Map(from === undefined ? [] : from.#regexes)
  }

  /** Of topics that exist and of others. */
  topicNames(): Iterable<string> {
    return this.#topics.keys()
  }

  hasTopic(name: string): boolean {
    return this.#topics.has(name)
  }

  /** Those that members use. */
  get regexes(): ReadonlyMap<string, number> {
    return this.#regexes
  }

  membersWith(regex: string): number {
    return this.#regexes.get(regex) ?? 0
  }

  /** All members see the same topics. */
  isHomogeneous(memberCount: number): boolean {
    const [usersOfRegex] = this.#regexes.values()
    if (usersOfRegex !== undefined && usersOfRegex !== memberCount) return false
    const isAlike = usersOfRegex === undefined
      ? ({ byName }: Subscribers) => byName === memberCount
      : ({ byName, byRegex }: Subscribers) => byRegex === 1 && byName === 0
    for (const topic of this.#topics.values()) if (!isAlike(topic)) return false
    return true
  }

  /** A member comes (nothing before), changes, or goes (nothing after). */
  replace(before: ConsumerMember | undefined, after: ConsumerMember | undefined): void {
    if (before?.subscribedTopicNames !== after?.subscribedTopicNames) {
      for (const name of before?.subscribedTopicNames ?? []) this.#count(name, -1, 0)
      for (const name of after?.subscribedTopicNames ?? []) this.#count(name, 1, 0)
    }
    this.#countRegex(regexOf(before), -1)
    this.#countRegex(regexOf(after), 1)
  }

  /** An expression matches these topics, or (−1) does so no more. */
  countMatches(topics: Iterable<string>, change: 1 | -1): void {
    for (const name of topics) this.#count(name, 0, change)
  }

  #count(name: string, named: number, matched: number): void {
    const { byName, byRegex } = this.#topics.get(name) ?? NONE
    const next = { byName: byName + named, byRegex: byRegex + matched }
    if (next.byName === 0 && next.byRegex === 0) this.#topics.delete(name)
    else this.#topics.set(name, next)
  }

  #countRegex(regex: string | undefined, change: number): void {
    if (regex === undefined) return
    const count = this.membersWith(regex) + change
    if (count === 0) this.#regexes.delete(regex)
    else this.#regexes.set(regex, count)
  }
}
