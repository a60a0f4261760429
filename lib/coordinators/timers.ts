// Timers by name: a coordinator sets, moves and cancels them without holding on to handles.

export interface Alarm {
  cancel(): void
}

/** What sets them off: the node's clock, or virtual time. */
export interface AlarmClock {
  setTimer(delayMs: number, fn: () => void): Alarm
}

export class Timers {
  readonly #clock: AlarmClock
  readonly #alarms = new Map<string, Alarm>()

  constructor(clock: AlarmClock) {
    this.#clock = clock
  }

  /** Sets the timer of this name, in place of one that runs already. */
  set(name: string, delayMs: number, fn: () => void): void {
    this.#alarms.get(name)?.cancel()
    const alarm = this.#clock.setTimer(delayMs, () => {
      if (this.#alarms.get(name) !== alarm) return
      this.#alarms.delete(name)
      fn()
    })
    this.#alarms.set(name, alarm)
  }

  has(name: string): boolean {
    return this.#alarms.has(name)
  }

  cancel(name: string): void {
    this.#alarms.get(name)?.cancel()
    this.#alarms.delete(name)
  }

  cancelAll(): void {
    for (const alarm of this.#alarms.values()) alarm.cancel()
    this.#alarms.clear()
  }
}
