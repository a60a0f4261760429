// Shards that are loaded take turns with everything else.

import { describe, expect, test } from '@jest/globals'
import { LoadQueue } from '../../../lib/coordinators/load-queue.ts'

/** Turns end when they are told to, and what was done in each is counted. */
class Turns {
  readonly queue = new LoadQueue({
    afterTurn: (fn) => { this.#after.push(fn) }, monotonicMs: () => this.nowMs,
  })
  #after: (() => void)[] = []
  doneInTurn = 0
  nowMs = 0

  add(records: number, sizeBytes = 100, done = () => {}): void {
    let left = records
    this.queue.add((mayGoOn) => {
      while (left > 0) {
        left--
        this.doneInTurn++
        if (!mayGoOn(sizeBytes)) return false
      }
      done()
      return true
    })
  }

  /** Gives whether there was something left to do. */
  next(): boolean {
    this.doneInTurn = 0
    const due = this.#after
    this.#after = []
    for (const fn of due) fn()
    return due.length > 0
  }
}

describe('what is loaded', () => {
  test('is done at once where it is short', () => {
    const turns = new Turns()
    const done: string[] = []
    for (const name of ['a', 'b', 'c']) turns.add(100, 100, () => done.push(name))
    expect(done).toEqual(['a', 'b', 'c'])
  })

  test('is one slice a turn, however many shards there are', () => {
    const turns = new Turns()
    const done: number[] = []
    for (let shard = 0; shard < 50; shard++) turns.add(700, 100, () => done.push(shard))
    const slices = [turns.doneInTurn]
    while (turns.next()) slices.push(turns.doneInTurn)
    expect(Math.max(...slices)).toBeLessThanOrEqual(1000)
    expect(slices.reduce((sum, slice) => sum + slice, 0)).toBe(50 * 700)
    expect(slices.length).toBeLessThanOrEqual(37)
    expect(done).toEqual(Array.from({ length: 50 }, (_, shard) => shard))
  })

  test('is less in a turn where records are large', () => {
    const turns = new Turns()
    turns.add(20, 200 * 1024)
    const slices = [turns.doneInTurn]
    while (turns.next()) slices.push(turns.doneInTurn)
    expect(Math.max(...slices)).toBeLessThanOrEqual(3)
  })

  test('may be added by what has just been loaded', () => {
    const turns = new Turns()
    const done: string[] = []
    turns.add(10, 100, () => {
      turns.add(10, 100, () => done.push('second'))
      done.push('first')
    })
    expect(done).toEqual(['first', 'second'])
  })

  test('tells what it took, from its own first slice on', () => {
    const turns = new Turns()
    turns.add(2500)
    turns.add(10)
    turns.nowMs = 7
    turns.next()
    turns.nowMs = 20
    turns.next()
    // 20 ms for the first; the second waited for it, and was done at once.
    expect(turns.queue.timesMs.max(20)).toBe(20)
    expect(turns.queue.timesMs.mean(20)).toBe(10)
  })
})
