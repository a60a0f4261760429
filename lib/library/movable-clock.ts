// A clock that goes with another one, and that a test may move on: time passes then at once, and
// what is due in it happens, in order.

import { type Clock, nextTurn, type Timer } from '../world/clock.ts'
import { checkWait } from './checks.ts'

/** However far it is moved, time passes in no more steps than this. */
const MOST_STEPS = 1000
/** What a timer sets going is through the storage and its answers by then. */
const TURNS_PER_STEP = 2
const TRIFLE_MS = 2

interface Alarm {
  /** In time of this clock. */
  readonly dueMs: number
  readonly fn: () => void
  /** The timer of the real clock that sets it off if nobody moves this one. */
  timer: Timer
}

export class MovableClock implements Clock {
  readonly #real: Clock
  readonly #alarms = new Set<Alarm>()
  #aheadMs: number
  /** One move after the other. */
  #moving: Promise<void> = Promise.resolve()

  constructor(real: Clock, aheadMs = 0) {
    this.#real = real
    this.#aheadMs = aheadMs
  }

  /** How far it is ahead of the real one. */
  get aheadMs(): number {
    return this.#aheadMs
  }

  nowMs(): number {
    return this.#real.nowMs() + this.#aheadMs
  }

  monotonicMs(): number {
    return this.#real.monotonicMs() + this.#aheadMs
  }

  setTimer(delayMs: number, fn: () => void): Timer {
    const dueMs = this.monotonicMs() + Math.max(0, delayMs)
    const alarm: Alarm = { dueMs, fn, timer: undefined! }
    alarm.timer = this.#wake(alarm, delayMs)
    this.#alarms.add(alarm)
    return {
      cancel: () => {
        alarm.timer.cancel()
        this.#alarms.delete(alarm)
      },
    }
  }

  afterTurn(fn: () => void): void {
    this.#real.afterTurn(fn)
  }

  #wake(alarm: Alarm, delayMs: number): Timer {
    return this.#real.setTimer(delayMs, () => {
      // Real timers end after 24 days at the latest, and some a trifle before their time.
      const leftMs = alarm.dueMs - this.monotonicMs()
      if (leftMs > TRIFLE_MS) alarm.timer = this.#wake(alarm, leftMs)
      else this.#fire(alarm)
    })
  }

  #fire(alarm: Alarm): void {
    // It may have been cancelled by one that was due with it.
    if (!this.#alarms.delete(alarm)) return
    alarm.timer.cancel()
    alarm.fn()
  }

  /** Resolves when all that was due until then has happened. */
  advance(byMs: number): Promise<void> {
    checkWait('A clock can be advanced', byMs)
    this.#moving = this.#moving.then(() => this.#advance(byMs))
    return this.#moving
  }

  async #advance(byMs: number): Promise<void> {
    const targetMs = this.#aheadMs + byMs
    const leastStepMs = byMs / MOST_STEPS
    for (;;) {
      const leftMs = targetMs - this.#aheadMs
      const untilDueMs = Math.max(0, this.#nextDueMs() - this.monotonicMs())
      if (untilDueMs > leftMs) break
      this.#aheadMs += Math.min(leftMs, Math.max(untilDueMs, leastStepMs))
      this.#fireDue()
      await this.#settle()
      if (leftMs === 0) break
    }
    this.#aheadMs = targetMs
    this.#wakeAnew()
    await this.#settle()
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < TURNS_PER_STEP; turn++) await nextTurn(this.#real)
  }

  #nextDueMs(): number {
    let nextMs = Infinity
    for (const { dueMs } of this.#alarms) nextMs = Math.min(nextMs, dueMs)
    return nextMs
  }

  #fireDue(): void {
    const nowMs = this.monotonicMs()
    const due = [...this.#alarms].filter(({ dueMs }) => dueMs <= nowMs)
    for (const alarm of due.sort((a, b) => a.dueMs - b.dueMs)) this.#fire(alarm)
  }

  /** What was set before the move is due sooner now. */
  #wakeAnew(): void {
    const nowMs = this.monotonicMs()
    for (const alarm of this.#alarms) {
      alarm.timer.cancel()
      alarm.timer = this.#wake(alarm, alarm.dueMs - nowMs)
    }
  }
}
