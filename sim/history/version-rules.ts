// transaction.version 2 (KIP-890) beside older clients: both kinds have worked at all, every
// transaction of version 2 has an epoch of its own, and no producer loses its id but to another.

import { type Event, type Init, TRANSACTION_TIMEOUT_MS } from './event.ts'
import type { Indexed } from './index-run.ts'
import type { Rule } from './rule.ts'

const EPOCH_BUMP_SINCE = 2
/** Whoever waits that long has asked twice, and the first question may arrive after the second. */
const ASKED_TWICE_AFTER_MS = 1000

/** Only commits are certainly the client's: the broker aborts what is left behind, by itself. */
const bothCommit: Rule = {
  name: 'transactions of version 2 were committed, and of older ones',
  check({ ends }, report) {
    const commits = ends.filter(({ isCommitted }) => isCommitted)
    const isOf2 = ({ version }: { version: number }) => version >= EPOCH_BUMP_SINCE
    if (!commits.some(isOf2)) report('no client has committed one of version 2')
    if (commits.every(isOf2)) report('no client has committed one of an older version')
    return commits.length
  },
}

const ownEpochs: Rule = {
  name: 'every transaction of version 2 has an epoch of its own',
  check({ histories, transactions, finals }, report) {
    const ofVersion2 = new Set(histories.filter(({ events: [start] }) => (
      start?.e === 'start' && (start.transactionVersion ?? 0) >= EPOCH_BUMP_SINCE))
      .map(({ name }) => name))
    const producers = new Map([...finals.values()].flatMap(({ records }) => (
      records.map(({ value, producer }) => [value, producer] as const))))
    const takenBy = new Map<string, string>()
    for (const { id, worker, sendings } of transactions.values()) {
      if (!ofVersion2.has(worker)) continue
      const its = new Set(sendings.map(({ event }) => producers.get(event.v))
        .filter((producer) => producer !== undefined))
      if (its.size > 1) report(`${id} was written by ${[...its].join(' and ')}`)
      for (const producer of its) {
        const before = takenBy.get(producer)
        if (before !== undefined) report(`${before} and ${id} were both written by ${producer}`)
        takenBy.set(producer, id)
      }
    }
    return takenBy.size
  },
}

/** When each worker asked for a transactional id, and when it had it. */
function takings({ histories }: Indexed) {
  return histories.flatMap(({ name: worker, events }) => {
    const first = (kind: Init['e']) => (
      events.find((event: Event): event is Init => event.e === kind))
    const [asked, done] = [first('init'), first('inited')]
    if (asked === undefined) return []
    return [{ worker, tid: asked.tid, askedAt: asked.t, doneAt: done?.t ?? Infinity }]
  })
}

const onlyReplacedRefused: Rule = {
  name: 'no producer is refused that was not replaced and has not taken too long',
  check(run, report) {
    let seen = 0
    const taken = takings(run)
    for (const own of taken) {
      seen++
      const { worker, tid, askedAt, doneAt } = own
      const { events } = run.histories.find(({ name }) => name === worker)!
      const others = taken.filter((other) => other !== own && other.tid === tid
        && other.doneAt > askedAt)
      for (const event of events) {
        if (event.e !== 'refused') continue
        const { begunAt } = run.transactions.get(event.txn)!
        const isLate = event.t - begunAt >= TRANSACTION_TIMEOUT_MS * 1000
        const hasAskedTwice = doneAt - askedAt >= ASKED_TWICE_AFTER_MS * 1000
        if (isLate || hasAskedTwice || others.some((other) => other.askedAt < event.t)) continue
        report(`${worker} was refused ${event.txn} (${event.why}), `
          + `and nobody else had asked for ${tid}`)
      }
    }
    return seen
  },
}

export const VERSION_RULES: readonly Rule[] = [bothCommit, ownEpochs, onlyReplacedRefused]
