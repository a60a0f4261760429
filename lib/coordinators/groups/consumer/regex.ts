// Which topics the regular expressions of a group match. They are looked up beside the heartbeats,
// a slice of the topics at a time, for all expressions of the group at once; what has changed is a
// new epoch of the group.

import { ApiError, Errors } from '../../../../protocol/errors.ts'
import type { GroupsRecord } from '../records.ts'
import { type GroupsState, type GroupsWrites, NOTHING } from '../state.ts'
import type { ConsumerGroup, ResolvedRegex } from './consumer-group.ts'
import { type ConsumerMember, regexOf } from './consumer-member.ts'
import { metadataHash } from './metadata-hash.ts'
import { epochRecord, regexRecord, regexTombstone } from './record-makers.ts'
import { type NameMatcher, RegexError } from './regex-engine.ts'
import { Subscriptions } from './subscriptions.ts'
import { resolutionTimer } from './timers.ts'
import type { TopicsMetadata } from './world.ts'

export const RegexChange = {
  NONE: 0,
  /** Topics of the new expression are not known yet. */
  UPDATED: 1,
  /** The member sees other topics from now on. */
  RESOLVED: 2,
} as const
export type RegexChange = (typeof RegexChange)[keyof typeof RegexChange]

/** New topics are looked for no more often, however many come. */
const LEAST_INTERVAL_MS = 10_000
/** Topics looked at before others get their turn. */
const SLICE = 500

/**
 * Adds what the member's new expression means for the records, and has expressions looked up where
 * that is due. Throws INVALID_REGULAR_EXPRESSION.
 */
export function updateRegex(
  state: GroupsState, group: ConsumerGroup, before: ConsumerMember, updated: ConsumerMember,
  records: GroupsRecord[],
): RegexChange {
  const [old, regex] = [regexOf(before), regexOf(updated)]
  const { subscriptions } = group
  let change: RegexChange = RegexChange.NONE
  let isNew = false
  if ((before.subscribedTopicRegex ?? null) !== (updated.subscribedTopicRegex ?? null)) {
    change = RegexChange.UPDATED
    if (old !== undefined && subscriptions.membersWith(old) === 1) {
      records.push(regexTombstone(group.groupId, old))
    }
    if (regex === undefined) {
      if (old !== undefined) change = RegexChange.RESOLVED
    } else if (subscriptions.membersWith(regex) === 0) {
      check(state, regex)
      isNew = true
    } else if (group.regexes.has(regex)) change = RegexChange.RESOLVED
  }
  if (isNew || subscriptions.regexes.size > 0) resolveIfDue(state, group, old, regex, isNew)
  return change
}

function check({ world }: GroupsState, regex: string): void {
  try {
    world.regexes.compile(regex)
  } catch (error) {
    if (!(error instanceof RegexError)) throw error
    throw new ApiError(Errors.INVALID_REGULAR_EXPRESSION,
      `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${error.message}.`)
  }
}

function resolveIfDue(
  state: GroupsState, group: ConsumerGroup, old: string | undefined, regex: string | undefined,
  isNew: boolean,
): void {
  const { world } = state
  if (state.resolving.has(group.groupId)) return
  const [some] = group.regexes.values()
  const lastMs = some?.timestampMs ?? -Infinity
  const nowMs = world.nowMs()
  if (nowMs <= lastMs + LEAST_INTERVAL_MS) return
  const regexes = new Set(group.subscriptions.regexes.keys())
  const isUnused = old !== undefined && old !== regex && group.subscriptions.membersWith(old) === 1
  if (isUnused) regexes.delete(old)
  if (regex !== undefined) regexes.add(regex)
  const isDue = isNew || regexes.size !== group.regexes.size
    || (some?.version ?? 0) < world.metadata().newTopicsVersion
    || nowMs > lastMs + world.consumer.regexRefreshIntervalMs
  if (isDue && regexes.size > 0) resolve(state, group.groupId, [...regexes])
}

function resolve(state: GroupsState, groupId: string, regexes: readonly string[]): void {
  const { world, shard } = state
  state.resolving.add(groupId)
  const metadata = world.metadata()
  const lookup: Lookup = {
    groupId, metadata, timestampMs: world.nowMs(),
    matchers: matchersOf(state, groupId, regexes),
    found: new Map(regexes.map((regex) => [regex, new Set<string>()])),
    names: metadata.topics.names(),
  }
  shard.runLater(resolutionTimer(groupId), 0, (now) => look(now, lookup))
}

interface Lookup {
  readonly groupId: string
  readonly metadata: TopicsMetadata
  readonly timestampMs: number
  readonly matchers: ReadonlyMap<string, NameMatcher>
  readonly found: ReadonlyMap<string, Set<string>>
  readonly names: Iterator<string>
}

/** Expressions that another node let in, and this one cannot read, match nothing. */
function matchersOf(
  { world }: GroupsState, groupId: string, regexes: readonly string[],
): Map<string, NameMatcher> {
  const matchers = new Map<string, NameMatcher>()
  for (const regex of regexes) {
    try {
      matchers.set(regex, world.regexes.compile(regex))
    } catch (error) {
      if (!(error instanceof RegexError)) throw error
      world.logger.error('a regular expression cannot be read',
        { group: groupId, regex, reason: error.message })
    }
  }
  return matchers
}

function look(state: GroupsState, lookup: Lookup): GroupsWrites {
  for (let count = 0; count < SLICE; count++) {
    const next = lookup.names.next()
    if (next.done === true) return resolved(state, lookup)
    for (const [regex, matches] of lookup.matchers) {
      if (matches(next.value)) lookup.found.get(regex)!.add(next.value)
    }
  }
  state.shard.runLater(resolutionTimer(lookup.groupId), 0, (now) => look(now, lookup))
  return NOTHING
}

function resolved(
  state: GroupsState, { groupId, found, metadata, timestampMs }: Lookup,
): GroupsWrites {
  state.resolving.delete(groupId)
  const group = state.consumer(groupId)
  if (group === undefined) return NOTHING
  const records: GroupsRecord[] = []
  const subscriptions = new Subscriptions(group.subscriptions)
  let isBumped = false
  for (const [regex, topics] of found) {
    // Its last member has left meanwhile.
    if (group.subscriptions.membersWith(regex) === 0) continue
    const before = group.regexes.get(regex)
    if (!sameTopics(before, topics)) {
      isBumped = true
      subscriptions.countMatches(before?.topics ?? [], -1)
      subscriptions.countMatches(topics, 1)
    }
    records.push(regexRecord(groupId, regex, { topics, version: metadata.version, timestampMs }))
  }
  const hash = metadataHash(state, subscriptions)
  if (isBumped || hash !== group.metadataHash) {
    const groupEpoch = group.groupEpoch + 1
    records.push(epochRecord(groupId, groupEpoch, hash))
    state.world.counts.consumerRebalances++
    group.checked = { topics: state.world.metadata().topics, groupEpoch }
  }
  return { records }
}

function sameTopics(before: ResolvedRegex | undefined, topics: ReadonlySet<string>): boolean {
  const known = before?.topics ?? new Set<string>()
  return known.size === topics.size && [...topics].every((name) => known.has(name))
}
