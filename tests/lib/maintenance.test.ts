// Chores come round again, whatever becomes of one run, until the node stops.

import { describe, expect, test } from '@jest/globals'
import { type Chore, Maintenance } from '../../lib/maintenance.ts'
import type { Clock } from '../../lib/world/clock.ts'
import { silent, VirtualClock } from './coordinators/harness.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))

function start(...chores: readonly Chore[]) {
  const time = new VirtualClock()
  const clock: Clock = {
    nowMs: () => time.nowMs(), monotonicMs: () => time.nowMs(),
    setTimer: (delayMs, fn) => time.setTimer(delayMs, fn), afterTurn: (fn) => time.afterTurn(fn),
  }
  const errors: string[] = []
  const maintenance = new Maintenance(clock, { ...silent, error: (line) => errors.push(line) })
  maintenance.start(chores)
  const pass = async (ms: number) => {
    time.advance(ms)
    await settled()
  }
  return { maintenance, errors, pass }
}

describe('maintenance', () => {
  test('runs a chore first when it says, then every so often', async () => {
    let runs = 0
    const { pass } = start({ name: 'Work', everyMs: 1000, firstAfterMs: 10, run: () => { runs++ } })
    const seen: number[] = []
    for (const ms of [9, 1, 999, 1, 1000]) {
      await pass(ms)
      seen.push(runs)
    }
    expect(seen).toEqual([0, 1, 1, 2, 3])
  })

  test('goes on after a chore that failed, and says so', async () => {
    const { errors, pass } = start({
      name: 'Work', everyMs: 1000, run: () => { throw new Error('no') },
    })
    await pass(1000)
    await pass(1000)
    expect(errors).toEqual(['Work failed', 'Work failed'])
  })

  test('takes an interval as it is when a run ends', async () => {
    let runs = 0
    const chore = { name: 'Work', everyMs: 1000, run: () => { runs++ } }
    const { pass } = start(chore)
    await pass(1000)
    chore.everyMs = 10
    await pass(1000)
    await pass(10)
    expect(runs).toBe(3)
  })

  test('runs a chore at once when it is due before its time, but not twice at a time', async () => {
    let runs = 0
    let due = () => {}
    let finish = () => {}
    const { maintenance, pass } = start({
      name: 'Work', everyMs: 1000,
      run: () => {
        runs++
        return new Promise<void>((resolve) => { finish = resolve })
      },
      watch: (now) => {
        due = now
        return () => { due = () => { throw new Error('nobody watches any more') } }
      },
    })
    due()
    await pass(0)
    expect(runs).toBe(1)
    due()
    await pass(0)
    expect(runs).toBe(1)
    finish()
    await settled()
    due()
    await pass(0)
    expect(runs).toBe(2)
    finish()
    await maintenance.stop()
    expect(due).toThrow('nobody watches')
  })

  test('stops when what is running has ended, and starts nothing more', async () => {
    let finish = () => {}
    let stopping = () => false
    let runs = 0
    const { maintenance, pass } = start({
      name: 'Work', everyMs: 1000,
      run: (_, isStopping) => {
        runs++
        stopping = isStopping
        return new Promise<void>((resolve) => { finish = resolve })
      },
    })
    await pass(1000)
    expect(stopping()).toBe(false)
    let isStopped = false
    const stopped = maintenance.stop().then(() => { isStopped = true })
    await settled()
    expect(stopping()).toBe(true)
    expect(isStopped).toBe(false)
    finish()
    await stopped
    await pass(5000)
    expect(runs).toBe(1)
  })
})
