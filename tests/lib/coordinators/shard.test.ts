// The mechanism of all coordinators: a turn's decisions are one batch, answered when committed.

import { describe, expect, test } from '@jest/globals'
import { ApiError, Errors } from '../../../protocol/errors.ts'
import { Later } from '../../../lib/server/later.ts'
import {
  type KeyValue, Shard, type ShardState, type Writes,
} from '../../../lib/coordinators/shard.ts'
import { MemoryLog, outcomeOf, silent, VirtualClock } from './harness.ts'

/** A counter by name: each record adds one. */
class Counters implements ShardState<string> {
  readonly counts = new Map<string, number>()
  readonly events: string[] = []

  apply(name: string): () => void {
    const before = this.counts.get(name) ?? 0
    this.counts.set(name, before + 1)
    return () => this.counts.set(name, before)
  }

  loaded(): void {
    this.events.push('loaded')
  }

  unloaded(): void {
    this.events.push('unloaded')
  }
}

function counters(log = new MemoryLog()) {
  const clock = new VirtualClock()
  const state = new Counters()
  const shard = new Shard<string, Counters>({
    name: 'counters-0', log, clock, logger: silent,
    codec: {
      encode: (name): KeyValue => ({ key: Buffer.from(name), value: Buffer.from('+') }),
      decode: (key) => key.toString(),
    },
    onStorage: (fn) => clock.afterTurn(fn),
    createState: () => state,
  })
  const add = (name: string, more: Partial<Writes<string>> = {}) =>
    outcomeOf(shard.run(({ counts }) => ({ records: [name], answer: counts.get(name), ...more })))
  const read = (name: string): Later<number | undefined> =>
    shard.run(({ counts }) => ({ records: [], answer: counts.get(name) }))
  return { clock, state, shard, log, add, read }
}

describe('a shard', () => {
  test('writes the decisions of a turn as one batch, and answers then', () => {
    const { shard, clock, log, add } = counters()
    shard.load()
    const outcomes = [add('x'), add('x'), add('y')]
    expect(outcomes).toEqual([{}, {}, {}])
    clock.endTurn()
    expect(outcomes).toEqual([{ value: undefined }, { value: 1 }, { value: undefined }])
    expect(log.batchSizes).toEqual([3])
  })

  test('decides on what earlier decisions of the turn have changed', () => {
    const { shard, clock, add, read } = counters()
    shard.load()
    add('x')
    const seen = outcomeOf(read('x'))
    expect(seen).toEqual({})
    clock.endTurn()
    expect(seen).toEqual({ value: 1 })
  })

  test('does not tell of what is not committed', () => {
    const { shard, clock, log, add, read } = counters()
    log.holdsCommits = true
    shard.load()
    const written = add('x')
    clock.endTurn()
    const seen = outcomeOf(read('x'))
    expect([written, seen]).toEqual([{}, {}])
    log.commit()
    expect([written, seen]).toEqual([{ value: undefined }, { value: 1 }])
    expect(outcomeOf(read('x'))).toEqual({ value: 1 })
  })

  test('takes everything back when the batch cannot be appended', () => {
    const { shard, clock, log, add, read } = counters()
    shard.load()
    add('x')
    clock.endTurn()
    log.appendError = new ApiError(Errors.NOT_ENOUGH_REPLICAS)
    const settled: unknown[] = []
    const outcomes = [add('x', { settled: (error) => settled.push(error?.code) }), add('x')]
    const seen = outcomeOf(read('x'))
    clock.endTurn()
    const failure = { error: expect.objectContaining({ code: Errors.COORDINATOR_NOT_AVAILABLE }) }
    expect([...outcomes, seen]).toEqual([failure, failure, failure])
    expect(settled).toEqual([Errors.COORDINATOR_NOT_AVAILABLE])
    expect(outcomeOf(read('x'))).toEqual({ value: 1 })
    expect(log.stored).toHaveLength(1)
  })

  test('is over when what was appended may be lost', () => {
    const { shard, clock, log, state, add } = counters()
    log.holdsCommits = true
    shard.load()
    const written = add('x')
    clock.endTurn()
    log.commit(new ApiError(Errors.NOT_LEADER_OR_FOLLOWER))
    expect(written).toEqual({ error: expect.objectContaining({ code: Errors.NOT_COORDINATOR }) })
    expect(state.events).toEqual(['loaded', 'unloaded'])
    expect(add('y')).toEqual({ error: expect.objectContaining({ code: Errors.NOT_COORDINATOR }) })
  })

  test('splits a turn where a batch would be too large, never a decision', () => {
    const { shard, clock, log } = counters()
    // A record here counts 34 bytes.
    log.maxBatchSizeBytes = 110
    shard.load()
    const write = (...records: string[]) =>
      outcomeOf(shard.run(() => ({ records, answer: undefined })))
    const outcomes = [write('a', 'b'), write('c', 'd'), write('e'), write('f', 'g', 'h', 'i')]
    clock.endTurn()
    expect(log.batchSizes).toEqual([2, 3])
    expect(log.stored.map(({ key }) => key!.toString()).join('')).toBe('abcde')
    expect(outcomes[3]).toEqual(
      { error: expect.objectContaining({ code: Errors.UNKNOWN_SERVER_ERROR }) })
  })

  test('tells whoever decided that it could not be written at all', () => {
    const { shard, log, add, read } = counters()
    log.maxBatchSizeBytes = 10
    shard.load()
    const settled: unknown[] = []
    expect(add('x', { settled: (error) => settled.push(error?.code) }))
      .toEqual({ error: expect.objectContaining({ code: Errors.UNKNOWN_SERVER_ERROR }) })
    expect(settled).toEqual([Errors.UNKNOWN_SERVER_ERROR])
    expect(outcomeOf(read('x'))).toEqual({ value: undefined })
  })

  test('spreads what need not be atomic over batches, in its order', () => {
    const { shard, clock, log } = counters()
    log.maxBatchSizeBytes = 110
    shard.load()
    const outcome = outcomeOf(shard.run(() => (
      { records: [...'abcdefghij'], isAtomic: false, answer: 'done' })))
    clock.endTurn()
    expect(outcome).toEqual({ value: 'done' })
    expect(log.stored.map(({ key }) => String(key)).join('')).toBe('abcdefghij')
    expect(Math.max(...log.batchSizes)).toBeLessThanOrEqual(3)
  })

  test('replays its log, a slice per turn, and is not to be asked meanwhile', () => {
    const log = new MemoryLog()
    for (let offset = 0; offset < 12_000; offset++) {
      log.entries.push({ key: Buffer.from('x'), value: null, offset, producerId: -1 })
    }
    const { shard, clock, state, add, read } = counters(log)
    shard.load()
    expect(add('x')).toEqual(
      { error: expect.objectContaining({ code: Errors.COORDINATOR_LOAD_IN_PROGRESS }) })
    clock.endTurn()
    expect(outcomeOf(read('x'))).toEqual({ value: 12_000 })
    expect(state.events).toEqual(['loaded'])
  })

  test('closes what waits with NOT_COORDINATOR, and its timers', () => {
    const { shard, clock, log, state, add } = counters()
    shard.load()
    const written = add('x')
    shard.runLater('tick', 10, () => ({ records: ['tick'] }))
    shard.close()
    clock.endTurn()
    clock.advance(20)
    expect(written).toEqual({ error: expect.objectContaining({ code: Errors.NOT_COORDINATOR }) })
    expect(log.stored).toEqual([])
    expect(state.events).toEqual(['loaded', 'unloaded'])
  })
})
