// Transactions: all of one or nothing, nobody reads what is not committed, whoever was replaced is
// kept out, and copies are made exactly once (E1, E2, E4, E5, E9).

import { type Indexed, inGroup, placeOf, type Transaction } from './index-run.ts'
import type { Rule } from './rule.ts'

/** 'open': its outcome may be either. */
function outcomeOf({ ends }: Transaction): 'committed' | 'aborted' | 'open' {
  const last = ends.at(-1)
  if (last?.isAcknowledged === true) return last.event.commit ? 'committed' : 'aborted'
  return ends.some(({ event }) => event.commit) ? 'open' : 'aborted'
}

function visibleValues({ partitions }: Indexed): Set<string> {
  return new Set(partitions.flatMap(({ committed }) => committed.map(({ value }) => value)))
}

const allOrNothing: Rule = {
  name: 'of a transaction all records are committed, or none',
  check(run, report) {
    const visible = visibleValues(run)
    for (const transaction of run.transactions.values()) {
      const { id, sendings } = transaction
      const there = sendings.filter(({ event }) => visible.has(event.v))
      const outcome = outcomeOf(transaction)
      const isAll = there.length === sendings.length
      const isFine = outcome === 'committed' ? isAll
        : there.length === 0 || outcome === 'open' && isAll
      if (isFine) continue
      report(`${id} (${outcome}): ${there.length} of ${sendings.length} records are committed, `
        + `of ${sendings.map(({ event }) => event.v).join(' ')} those: `
        + there.map(({ event }) => event.v).join(' '))
    }
    return run.transactions.size
  },
}

const marksAgree: Rule = {
  name: 'the log and what the broker tells of it agree on what is committed',
  check({ finals }, report) {
    for (const [place, { records, committed }] of finals) {
      const told = new Set(committed.map(({ offset }) => offset))
      for (const { offset, value, isCommitted } of records) {
        if (told.has(offset) === (isCommitted === true)) continue
        report(`${place}@${offset} ${value}: by the log ${isCommitted ?? 'without an end'}, `
          + `as told ${told.has(offset)}`)
      }
    }
    return finals.size
  },
}

const allEnd: Rule = {
  name: 'no transaction holds up readers when its producer was replaced',
  check({ finals }, report) {
    for (const [place, { lastStableOffset, highWatermark }] of finals) {
      if (lastStableOffset === highWatermark) continue
      report(`${place}: the last stable offset is ${lastStableOffset} of ${highWatermark}`)
    }
    return finals.size
  },
}

const nothingDirty: Rule = {
  name: 'no reader of committed records gets what is not committed, or not yet',
  check(run, report) {
    let seen = 0
    const visible = visibleValues(run)
    for (const { name, events } of run.histories) {
      const [start] = events
      if (start?.e === 'start' && start.isUncommitted === true) continue
      for (const event of events) {
        if (event.e !== 'polled') continue
        for (const [offset, value] of event.records) {
          seen++
          const where = `${name} read ${value} at ${event.topic}-${event.p}@${offset}`
          if (!visible.has(value)) report(`${where}, which is not committed`)
          const txn = run.sendings.get(value)?.event.txn
          if (txn === undefined) continue
          const asked = run.transactions.get(txn)!.ends.find((end) => end.event.commit)
          if (asked === undefined || asked.event.t > event.t) {
            report(`${where} before anybody asked to commit ${txn}`)
          }
        }
      }
    }
    return seen
  },
}

/** When each producer of an id had it for itself. */
function takings({ histories }: Indexed): { worker: string, tid: string, at: number }[] {
  return histories.flatMap(({ name, events }) => events
    .flatMap((event) => (event.e === 'inited' ? [{ worker: name, tid: event.tid, at: event.t }]
      : [])))
}

const zombiesFenced: Rule = {
  name: 'who was replaced writes and commits nothing any more',
  check(run, report) {
    let seen = 0
    const taken = takings(run)
    for (const { worker, tid, at } of taken) {
      const fencedAt = Math.min(...taken
        .filter((other) => other.tid === tid && other.at > at).map((other) => other.at))
      if (fencedAt === Infinity) continue
      seen++
      for (const transaction of run.transactions.values()) {
        if (transaction.worker !== worker) continue
        for (const { event, offset } of transaction.sendings) {
          if (offset === undefined || event.t <= fencedAt) continue
          report(`${worker} wrote ${event.v} though ${tid} was taken over before`)
        }
        for (const { event, isAcknowledged } of transaction.ends) {
          const isLate = isAcknowledged && event.commit && event.t > fencedAt
          if (isLate) report(`${worker} committed ${transaction.id} though ${tid} was taken over`)
        }
      }
    }
    return seen
  },
}

const copiedOnce: Rule = {
  name: 'what a group has copied is there exactly once, and nothing else is',
  check(run, report) {
    let seen = 0
    const visible = visibleValues(run)
    const copies = new Map<string, string[]>()
    const groupOf = new Map(run.histories.flatMap(({ name, events: [start] }) => (
      start?.e === 'start' && start.role === 'copy' ? [[name, start.group!] as const] : [])))
    for (const { event, worker } of run.sendings.values()) {
      if (event.from === undefined || !visible.has(event.v)) continue
      const [topic, partition, offset] = event.from
      const key = `${inGroup(groupOf.get(worker)!, placeOf(topic, partition))} ${offset}`
      copies.set(key, [...copies.get(key) ?? [], event.v])
    }
    for (const group of new Set(groupOf.values())) {
      for (const [topic, partition, end] of run.offsets.get(group) ?? []) {
        const place = placeOf(topic, partition)
        for (const offset of run.visible.get(place) ?? []) {
          const made = copies.get(`${inGroup(group, place)} ${offset}`) ?? []
          seen++
          const expected = offset < end ? 1 : 0
          if (made.length !== expected) {
            report(`${group} has committed ${end} of ${place}, and of ${offset} there are `
              + `${made.length} copies: ${made.join(' ')}`)
          }
        }
      }
    }
    return seen
  },
}

export const TRANSACTION_RULES: readonly Rule[] = [
  allOrNothing, marksAgree, allEnd, nothingDirty, zombiesFenced, copiedOnce,
]
