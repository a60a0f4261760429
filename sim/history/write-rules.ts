// What was written: nothing acknowledged is lost, nothing is there twice, and all of it stands in
// the order in which it was sent (A2, A5, A7, D1, D2).

import { type Indexed, placeOf } from './index-run.ts'
import type { Rule } from './rule.ts'

const nothingLost: Rule = {
  name: 'no acknowledged record is lost',
  check({ sendings, records }, report) {
    let seen = 0
    for (const [value, { event, offset, worker }] of sendings) {
      if (offset === undefined) continue
      seen++
      const place = placeOf(event.topic, event.p)
      const there = records.get(place)?.get(offset)
      if (there?.value === value) continue
      report(`${worker} was told that ${value} is at ${place}@${offset}; `
        + `there is ${there?.value ?? 'nothing'}`)
    }
    return seen
  },
}

const nothingTwice: Rule = {
  name: 'no record is in the log twice, and none that nobody sent',
  check({ finals, sendings }, report) {
    const seen = new Map<string, string>()
    for (const [place, { records }] of finals) {
      for (const { value, offset } of records) {
        const where = `${place}@${offset}`
        const before = seen.get(value)
        if (before !== undefined) report(`${value} is at ${before} and at ${where}`)
        seen.set(value, where)
        const event = sendings.get(value)?.event
        if (event === undefined || placeOf(event.topic, event.p) !== place) {
          report(`${value} at ${where} was not sent there`)
        }
      }
    }
    return seen.size
  },
}

const inOrder: Rule = {
  name: 'the records of a producer stand in the order of sending',
  check({ finals }, report) {
    let seen = 0
    for (const [place, { records }] of finals) {
      const last = new Map<string, number>()
      for (const { value, offset } of records) {
        const [producer = '', number] = value.split(':')
        const before = last.get(producer) ?? 0
        if (Number(number) < before) {
          report(`${place}@${offset}: ${value} stands behind ${producer}:${before}`)
        }
        last.set(producer, Number(number))
        seen++
      }
    }
    return seen
  },
}

/** Whoever writes outside of transactions is seen by readers of committed records too. */
const plainIsVisible: Rule = {
  name: 'what was acknowledged outside of transactions is committed',
  check(run: Indexed, report) {
    let seen = 0
    const visible = new Set(run.partitions.flatMap(({ committed }) => (
      committed.map(({ value }) => value))))
    for (const [value, { event, offset }] of run.sendings) {
      if (offset === undefined || event.txn !== undefined) continue
      seen++
      if (!visible.has(value)) report(`${value} is not seen by readers of committed records`)
    }
    return seen
  },
}

export const WRITE_RULES: readonly Rule[] = [nothingLost, nothingTwice, inOrder, plainIsVisible]
