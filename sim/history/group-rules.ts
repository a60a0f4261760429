// Readers and their groups: what is read is what stands in the log, in order and without gaps; no
// two members have a partition at once; what was committed stays (A6, F1–F5).

import {
  type CommittedOffset, type Indexed, inGroup, type Period, placeOf,
} from './index-run.ts'
import type { Rule } from './rule.ts'

const sameAsInTheLog: Rule = {
  name: 'what is read is what stands in the log',
  check({ histories, records }, report) {
    let seen = 0
    for (const { name, events } of histories) {
      for (const event of events) {
        if (event.e !== 'polled') continue
        const place = placeOf(event.topic, event.p)
        for (const [offset, value] of event.records) {
          seen++
          const there = records.get(place)?.get(offset)?.value
          if (there === value) continue
          report(`${name} read ${value} at ${place}@${offset}, where ${there ?? 'nothing'} stands`)
        }
      }
    }
    return seen
  },
}

/** Copiers read again what they have not committed. */
function readerPeriods({ periods }: Indexed): Period[] {
  return periods.filter(({ isCopier, polls }) => !isCopier && polls.length > 0)
}

/** The offsets that the reader is to be given, in order. */
function readable(run: Indexed, { place, isUncommitted }: Period): readonly number[] {
  if (!isUncommitted) return run.visible.get(place) ?? []
  return [...run.records.get(place)?.keys() ?? []]
}

/** Offsets that a reader should have been given between two others; both are excluded. */
function between(visible: readonly number[], from: number, to: number): number[] {
  return visible.filter((offset) => offset > from && offset < to)
}

const withoutGaps: Rule = {
  name: 'a member reads a partition in order, and leaves nothing out',
  check(run, report) {
    let seen = 0
    for (const period of readerPeriods(run)) {
      const { worker, place, polls } = period
      const visible = readable(run, period)
      for (const [index, { offset }] of polls.entries()) {
        const before = polls[index - 1]?.offset
        if (before === undefined) continue
        seen++
        if (offset <= before) report(`${worker} read ${place}@${offset} after ${before}`)
        const missing = between(visible, before, offset)
        if (missing.length > 0) {
          report(`${worker} read ${place}@${before}, then ${offset}, and not ${missing.join(' ')}`)
        }
      }
    }
    return seen
  },
}

/** The largest offset whose commit was acknowledged before; 0 without one. */
function acknowledgedBefore(commits: readonly CommittedOffset[], time: number): number {
  return Math.max(0, ...commits
    .filter(({ doneAt }) => doneAt !== undefined && doneAt < time).map(({ offset }) => offset))
}

const beginsWhereCommitted: Rule = {
  name: 'a new owner begins at an offset that was committed, and at none that was left behind',
  check(run, report) {
    let seen = 0
    for (const period of readerPeriods(run)) {
      const { worker, group, place, from, polls } = period
      seen++
      const { at, offset } = polls[0]!
      const commits = run.commits.get(inGroup(group, place)) ?? []
      const least = acknowledgedBefore(commits, from)
      if (offset < least) {
        report(`${worker} began ${place} at ${offset}, though ${group} had committed ${least}`)
        continue
      }
      const possible = [
        ...commits.filter(({ askedAt }) => askedAt < at).map((commit) => commit.offset),
        ...least === 0 ? [0] : [],
      ].filter((start) => start >= least && start <= offset)
      const visible = readable(run, period)
      if (possible.some((start) => between(visible, start - 1, offset).length === 0)) continue
      report(`${worker} began ${place} at ${offset}; ${group} had committed one of `
        + `${[...new Set(possible)].join(' ')}`)
    }
    return seen
  },
}

/**
 * From when on the member held the partition, and until when that is certain: an acknowledged
 * commit shows that the broker saw it so too. A member that was thrown out, unknowingly, shows
 * nothing.
 */
function provenEnd({ commits }: Period): number {
  return Math.max(-Infinity, ...commits
    .filter(({ doneAt }) => doneAt !== undefined).map(({ askedAt }) => askedAt))
}

const oneOwner: Rule = {
  name: 'no partition has two owners in a group',
  check({ periods }, report) {
    let seen = 0
    const byPlace = new Map<string, (Period & { readonly end: number })[]>()
    for (const period of periods) {
      const end = provenEnd(period)
      if (end === -Infinity) continue
      seen++
      const key = inGroup(period.group, period.place)
      byPlace.set(key, [...byPlace.get(key) ?? [], { ...period, end }])
    }
    for (const [key, proven] of byPlace) {
      for (const [index, one] of proven.entries()) {
        for (const other of proven.slice(index + 1)) {
          if (one.worker === other.worker) continue
          const from = Math.max(one.from, other.from)
          const to = Math.min(one.end, other.end)
          if (from >= to) continue
          report(`${key}: ${one.worker} and ${other.worker} had it from ${from} to ${to} µs, `
            + 'and both committed')
        }
      }
    }
    return seen
  },
}

const commitsAscend: Rule = {
  name: 'committed offsets never go back',
  check({ commits }, report) {
    let seen = 0
    for (const [key, its] of commits) {
      for (const { worker, offset, askedAt, doneAt } of its) {
        if (doneAt === undefined) continue
        seen++
        const before = acknowledgedBefore(its, askedAt)
        if (offset < before) report(`${key}: ${worker} committed ${offset} after ${before}`)
      }
    }
    return seen
  },
}

const commitsStay: Rule = {
  name: 'a group has at the end what was committed last',
  check(run, report) {
    let seen = 0
    for (const [key, commits] of run.commits) {
      const group = key.slice(0, key.indexOf(' '))
      const end = run.offsets.get(group)?.find(([topic, partition]) => (
        inGroup(group, placeOf(topic, partition)) === key))?.[2] ?? 0
      const least = acknowledgedBefore(commits, Infinity)
      seen++
      const isAsked = end === 0 || commits.some(({ offset }) => offset === end)
      if (end < least) report(`${key}: ${least} was acknowledged, ${end} is there`)
      else if (!isAsked) report(`${key}: ${end} is there, and nobody has committed that`)
    }
    return seen
  },
}

const generationsAscend: Rule = {
  name: 'the generations of a group never go back',
  check({ histories }, report) {
    let seen = 0
    const joins = histories.flatMap(({ name, events }) => {
      const start = events[0]
      let askedAt = 0
      return events.flatMap((event) => {
        if (event.e === 'joining') askedAt = event.t
        if (event.e !== 'joined' || start?.e !== 'start') return []
        return [{
          name, group: start.group!, askedAt, doneAt: event.t, generation: event.generation,
        }]
      })
    })
    for (const { name, group, askedAt, generation } of joins) {
      seen++
      const before = Math.max(-1, ...joins
        .filter((other) => other.group === group && other.doneAt < askedAt)
        .map((other) => other.generation))
      if (generation < before) report(`${name} joined ${group} as ${generation} after ${before}`)
    }
    return seen
  },
}

const allMovesOn: Rule = {
  name: 'when nothing is in the way, all comes to its end',
  check({ stuck }, report) {
    for (const text of stuck) report(text)
    return 1
  },
}

export const GROUP_RULES: readonly Rule[] = [
  sameAsInTheLog, withoutGaps, beginsWhereCommitted, oneOwner, commitsAscend, commitsStay,
  generationsAscend, allMovesOn,
]
