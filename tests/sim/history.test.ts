// The checker of histories: a history that is as it should be passes every rule, and each that is
// not is caught by the rule for it.

import { describe, expect, test } from '@jest/globals'
import { checkRun } from '../../sim/history/check.ts'
import { type Event, parseHistory, type WorkerHistory } from '../../sim/history/event.ts'
import type { FinalPartition } from '../../sim/history/final-read.ts'
import type { Run } from '../../sim/history/index-run.ts'

/** An event without its time. */
type Untimed = Event extends infer E ? (E extends Event ? Omit<E, 't'> : never) : never
type Timeline = readonly (readonly [worker: string, event: Untimed])[]

/** Events as they came, one after the other, each in the history of its worker. */
function histories(timeline: Timeline): WorkerHistory[] {
  const byWorker = new Map<string, Event[]>()
  for (const [index, [name, event]] of timeline.entries()) {
    const events = byWorker.get(name) ?? []
    byWorker.set(name, [...events, { t: index * 10, ...event } as Event])
  }
  return [...byWorker].map(([name, events]) => ({ name, events }))
}

const send = (v: string, topic: string, txn?: string): Untimed => (
  { e: 'send', v, topic, p: 0, ...txn === undefined ? {} : { txn } })
const sent = (v: string, offset: number): Untimed => ({ e: 'sent', v, offset })
const polled = (topic: string, ...records: [number, string][]): Untimed => (
  { e: 'polled', topic, p: 0, records })
const commit = (n: number, offset: number): Untimed => (
  { e: 'commit', n, offsets: [['plain', 0, offset]] })
const done = (n: number): Untimed => ({ e: 'committed', n })
const holds = (e: 'assigned' | 'revoked'): Untimed => ({ e, ps: [['plain', 0]] })

const CLEAN: Timeline = [
  ['p', { e: 'start', role: 'produce' }],
  ['p', send('p:1', 'plain')], ['p', sent('p:1', 0)],
  ['p', send('p:2', 'plain')], ['p', sent('p:2', 1)],
  ['p', send('p:3', 'plain')],
  // A transaction that is committed, one that is aborted, and one that is taken over.
  ['t', { e: 'start', role: 'transact', transactionVersion: 2 }],
  ['t', { e: 'init', tid: 'x' }], ['t', { e: 'inited', tid: 'x' }],
  ['t', { e: 'begin', txn: 't/1', tid: 'x' }],
  ['t', send('t:1', 'in', 't/1')], ['t', sent('t:1', 0)],
  ['t', send('t:2', 'in', 't/1')], ['t', sent('t:2', 1)],
  ['t', { e: 'end', txn: 't/1', commit: true }], ['t', { e: 'ended', txn: 't/1' }],
  ['t', { e: 'begin', txn: 't/2', tid: 'x' }],
  ['t', send('t:3', 'in', 't/2')], ['t', sent('t:3', 3)],
  ['t', { e: 'end', txn: 't/2', commit: false }], ['t', { e: 'ended', txn: 't/2' }],
  ['t', { e: 'begin', txn: 't/3', tid: 'x' }],
  ['t', send('t:4', 'in', 't/3')], ['t', sent('t:4', 5)],
  ['u', { e: 'start', role: 'transact' }],
  ['u', { e: 'init', tid: 'x' }], ['u', { e: 'inited', tid: 'x' }],
  // A copy of the first record; the second one is not committed in the group yet.
  ['c', { e: 'start', role: 'copy', group: 'copiers' }],
  ['c', { e: 'begin', txn: 'c/1', tid: 'y' }],
  ['c', { e: 'send', v: 'c:1', topic: 'out', p: 0, txn: 'c/1', from: ['in', 0, 0] }],
  ['c', sent('c:1', 0)],
  ['c', { e: 'offsets', txn: 'c/1', offsets: [['in', 0, 1]] }],
  ['c', { e: 'end', txn: 'c/1', commit: true }], ['c', { e: 'ended', txn: 'c/1' }],
  // A partition goes from one member to another.
  ['a', { e: 'start', role: 'consume', group: 'g' }],
  ['a', { e: 'joining' }], ['a', { e: 'joined', generation: 1 }],
  ['a', holds('assigned')],
  ['a', polled('plain', [0, 'p:1'])], ['a', commit(1, 1)], ['a', done(1)],
  ['a', holds('revoked')],
  ['b', { e: 'start', role: 'consume', group: 'g' }],
  ['b', { e: 'joining' }], ['b', { e: 'joined', generation: 2 }],
  ['b', holds('assigned')],
  ['b', polled('plain', [1, 'p:2'], [2, 'p:3'])], ['b', commit(1, 3)], ['b', done(1)],
  ['r', { e: 'start', role: 'consume', group: 'readers' }],
  ['r', polled('in', [0, 't:1'], [1, 't:2'])],
]

function partition(
  topic: string, records: readonly [number, string, boolean, epoch?: number][], end: number,
): FinalPartition {
  const all = records.map(([offset, value, isCommitted, epoch]) => (
    { offset, value, isCommitted, ...epoch === undefined ? {} : { producer: `7/${epoch}` } }))
  return {
    topic, partition: 0, highWatermark: end, lastStableOffset: end, records: all,
    committed: all.filter(({ isCommitted }) => isCommitted),
  }
}

const PARTITIONS: readonly FinalPartition[] = [
  partition('plain', [[0, 'p:1', true], [1, 'p:2', true], [2, 'p:3', true]], 3),
  partition('in',
    [[0, 't:1', true, 0], [1, 't:2', true, 0], [3, 't:3', false, 1], [5, 't:4', false, 2]], 7),
  partition('out', [[0, 'c:1', true]], 2),
]

const RUN: Run = {
  histories: histories(CLEAN), partitions: PARTITIONS, stuck: [],
  ends: [
    { tid: 'x', isCommitted: true, version: 2 }, { tid: 'x', isCommitted: false, version: 2 },
    { tid: 'y', isCommitted: true, version: 0 },
  ],
  offsets: new Map([['g', [['plain', 0, 3]]], ['copiers', [['in', 0, 1]]]]),
}

function broken(run: Run): string[] {
  return checkRun(run).filter(({ violations }) => violations.length > 0).map(({ rule }) => rule)
}

/** The clean run with other events in the place of those that the worker has of a kind. */
function changed(change: (events: Timeline) => Timeline): Run {
  return { ...RUN, histories: histories(change(CLEAN)) }
}

/** The run with another end of one topic. */
function ended(topic: string, change: (its: FinalPartition) => FinalPartition): Run {
  return {
    ...RUN, partitions: PARTITIONS.map((one) => (one.topic === topic ? change(one) : one)),
  }
}

const isEvent = (worker: string, e: string, at = 0) => {
  let before = 0
  return ([name, event]: Timeline[number]): boolean => (
    name === worker && event.e === e && before++ === at)
}

function after(worker: string, e: string, ...added: Timeline): Run {
  return changed((events) => {
    const index = events.findIndex(isEvent(worker, e))
    return [...events.slice(0, index + 1), ...added, ...events.slice(index + 1)]
  })
}

function without(worker: string, e: string): Run {
  const isIt = isEvent(worker, e)
  return changed((events) => events.filter((event) => !isIt(event)))
}

const records = (its: FinalPartition, change: (all: FinalPartition['records']) =>
FinalPartition['records']): FinalPartition => {
  const all = change(its.records)
  return { ...its, records: all, committed: all.filter(({ isCommitted }) => isCommitted === true) }
}

describe('the checker of histories', () => {
  test('has nothing against a history that is as it should be, and every rule sees some', () => {
    for (const { rule, seen, violations } of checkRun(RUN)) {
      expect([rule, violations]).toEqual([rule, []])
      expect([rule, seen > 0]).toEqual([rule, true])
    }
  })

  const cases: readonly [what: string, run: Run, ...rules: string[]][] = [
    ['an acknowledged record is gone',
      ended('plain', (its) => records(its, (all) => all.filter(({ offset }) => offset !== 1))),
      'no acknowledged record is lost',
      'what was acknowledged outside of transactions is committed',
      'no reader of committed records gets what is not committed, or not yet',
      'what is read is what stands in the log'],
    ['a record is there twice',
      ended('plain', (its) => records(its, (all) => [
        ...all, { offset: 3, value: 'p:3', isCommitted: true }])),
      'no record is in the log twice, and none that nobody sent'],
    ['a record stands behind a later one',
      ended('in', (its) => records(its, ([first, second, ...rest]) => [
        { ...first!, value: 't:2' }, { ...second!, value: 't:1' }, ...rest])),
      'no acknowledged record is lost',
      'the records of a producer stand in the order of sending',
      'what is read is what stands in the log'],
    ['half of a transaction is committed',
      ended('in', (its) => ({ ...its, committed: its.committed.slice(0, 1) })),
      'of a transaction all records are committed, or none',
      'the log and what the broker tells of it agree on what is committed',
      'no reader of committed records gets what is not committed, or not yet'],
    ['an aborted transaction is committed',
      ended('in', (its) => records(its, (all) => all.map((one) => (
        one.value === 't:3' ? { ...one, isCommitted: true } : one)))),
      'of a transaction all records are committed, or none'],
    ['a transaction never ends',
      ended('in', (its) => ({ ...its, lastStableOffset: 5 })),
      'no transaction holds up readers when its producer was replaced'],
    ['an aborted record is read',
      changed((events) => [...events, ['r', polled('in', [3, 't:3'])]]),
      'no reader of committed records gets what is not committed, or not yet'],
    ['a record is read before its transaction is to be committed',
      after('t', 'sent', ['r', { e: 'start', role: 'consume', group: 'readers' }],
        ['r', polled('in', [0, 't:1'])]),
      'no reader of committed records gets what is not committed, or not yet'],
    ['a producer writes after it was replaced',
      changed((events) => [
        ...events, ['t', send('t:5', 'in', 't/3')], ['t', sent('t:5', 5)]]),
      'no acknowledged record is lost', 'who was replaced writes and commits nothing any more'],
    ['a producer commits after it was replaced',
      changed((events) => [
        ...events, ['t', { e: 'end', txn: 't/3', commit: true }],
        ['t', { e: 'ended', txn: 't/3' }]]),
      'of a transaction all records are committed, or none',
      'who was replaced writes and commits nothing any more'],
    ['no transaction of version 2 was committed',
      { ...RUN, ends: RUN.ends.filter(({ version, isCommitted }) => version < 2 || !isCommitted) },
      'transactions of version 2 were committed, and of older ones'],
    ['none of an older version was',
      { ...RUN, ends: RUN.ends.filter(({ version }) => version === 2) },
      'transactions of version 2 were committed, and of older ones'],
    ['two transactions of version 2 have one epoch',
      ended('in', (its) => records(its, (all) => all.map((one) => (
        one.value === 't:3' ? { ...one, producer: '7/0' } : one)))),
      'every transaction of version 2 has an epoch of its own'],
    ['one of them has two',
      ended('in', (its) => records(its, (all) => all.map((one) => (
        one.value === 't:2' ? { ...one, producer: '7/9' } : one)))),
      'every transaction of version 2 has an epoch of its own'],
    ['a producer is refused that nobody has replaced',
      after('t', 'sent', ['t', { e: 'refused', txn: 't/1', why: 'fenced' }]),
      'no producer is refused that was not replaced and has not taken too long'],
    ['what is not copied counts as copied',
      { ...RUN, offsets: new Map([...RUN.offsets, ['copiers', [['in', 0, 2] as const]]]) },
      'what a group has copied is there exactly once, and nothing else is'],
    ['what is copied does not count',
      { ...RUN, offsets: new Map([...RUN.offsets, ['copiers', [['in', 0, 0] as const]]]) },
      'what a group has copied is there exactly once, and nothing else is'],
    ['a member leaves a record out',
      after('a', 'polled', ['a', polled('plain', [2, 'p:3'])]),
      'a member reads a partition in order, and leaves nothing out'],
    ['a member reads a record again',
      after('a', 'polled', ['a', polled('plain', [0, 'p:1'])]),
      'a member reads a partition in order, and leaves nothing out'],
    ['a new owner begins before what was committed',
      changed((events) => events.map(([name, event]) => (name === 'b' && event.e === 'polled'
        ? [name, polled('plain', [0, 'p:1'], [1, 'p:2'], [2, 'p:3'])] : [name, event]))),
      'a new owner begins at an offset that was committed, and at none that was left behind'],
    ['a new owner begins behind what was committed',
      changed((events) => events.map(([name, event]) => (name === 'b' && event.e === 'polled'
        ? [name, polled('plain', [2, 'p:3'])] : [name, event]))),
      'a new owner begins at an offset that was committed, and at none that was left behind'],
    ['two members have a partition',
      changed((events) => [
        ...events.filter(([name, { e }]) => name !== 'a' || e !== 'revoked'),
        ['a', commit(2, 3)], ['a', done(2)], ['b', commit(2, 3)], ['b', done(2)]]),
      'no partition has two owners in a group'],
    ['a commit goes back',
      changed((events) => [...events, ['b', commit(2, 2)], ['b', done(2)]]),
      'committed offsets never go back'],
    ['a commit is lost',
      { ...RUN, offsets: new Map([...RUN.offsets, ['g', [['plain', 0, 1] as const]]]) },
      'a group has at the end what was committed last'],
    ['an offset is there that nobody has committed',
      { ...RUN, offsets: new Map([...RUN.offsets, ['g', [['plain', 0, 4] as const]]]) },
      'a group has at the end what was committed last'],
    ['a generation goes back',
      changed((events) => events.map(([name, event]) => (name === 'b' && event.e === 'joined'
        ? [name, { e: 'joined', generation: 0 }] : [name, event]))),
      'the generations of a group never go back'],
    ['something does not end', { ...RUN, stuck: ['it hangs'] },
      'when nothing is in the way, all comes to its end'],
  ]

  test.each(cases)('sees that %s', (_, run, ...rules) => {
    expect(broken(run)).toEqual(rules)
  })

  test('leaves open what an end without an answer came to', () => {
    const unknown = without('t', 'ended')
    expect(broken(unknown)).toEqual([])
    const isGone = (its: FinalPartition) => records(its, (all) => all.map((one) => (
      { ...one, isCommitted: false })))
    const partitions = PARTITIONS.map((one) => (one.topic === 'in' ? isGone(one) : one))
    const noReader = unknown.histories.filter(({ name }) => name !== 'r' && name !== 'c')
    const offsets = new Map([['g', [['plain', 0, 3] as const]]])
    const out = partitions.filter(({ topic }) => topic !== 'out')
    expect(broken({ ...unknown, histories: noReader, partitions: out, offsets })).toEqual([])
  })

  test('lets a producer be refused that another one replaces', () => {
    expect(broken(after('u', 'init', ['t', { e: 'refused', txn: 't/3', why: 'fenced' }])))
      .toEqual([])
  })

  test('takes no owner for one of whom the broker did not know it', () => {
    const thrownOut = changed((events) => [
      ...events.filter(([name, { e }]) => name !== 'a' || e !== 'revoked'),
      ['a', commit(2, 3)], ['a', { e: 'uncommitted', n: 2, why: 'ILLEGAL_GENERATION' }]])
    expect(broken(thrownOut)).toEqual([])
  })

  test('lets a reader of everything have what is aborted, and leave nothing out', () => {
    const reader = (...offsets: [number, string][]): Run => changed((events) => [
      ...events,
      ['s', { e: 'start', role: 'consume', group: 's', isUncommitted: true }],
      ['s', { e: 'assigned', ps: [['in', 0]] }],
      ['s', polled('in', ...offsets)],
    ])
    expect(broken(reader([0, 't:1'], [1, 't:2'], [3, 't:3'], [5, 't:4']))).toEqual([])
    expect(broken(reader([0, 't:1'], [1, 't:2'], [5, 't:4'])))
      .toEqual(['a member reads a partition in order, and leaves nothing out'])
  })

  test('forgets a last line that was cut off', () => {
    const whole = '{"t":1,"e":"joining"}\n'
    expect(parseHistory('w', `${whole}{"t":2,"e":"jo`).events).toEqual([{ t: 1, e: 'joining' }])
  })
})
