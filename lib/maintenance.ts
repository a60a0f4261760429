// The chores of a node that come round again: retention, checkpoints, syncing what is old.

import type { Logger } from '../storage/ports.ts'
import type { Clock, Timer } from './world/clock.ts'

export interface Chore {
  /** What the log calls it. */
  readonly name: string
  /** From the end of one run to the start of the next; it may change. */
  readonly everyMs: number
  /** Until the first run; left out: `everyMs`. */
  readonly firstAfterMs?: number
  /** One that takes several turns asks between them whether it should end early. */
  readonly run: (nowMs: number, isStopping: () => boolean) => void | Promise<void>
  /** Has `due` called when the next run is not to be waited for. Answers what ends that. */
  readonly watch?: (due: () => void) => () => void
}

export class Maintenance {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #timers = new Map<Chore, Timer>()
  readonly #running = new Set<Promise<void>>()
  #unwatch: (() => void)[] = []
  #isStopping = false

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  start(chores: readonly Chore[]): void {
    for (const chore of chores) this.#schedule(chore, chore.firstAfterMs ?? chore.everyMs)
    this.#unwatch = chores.flatMap((chore) => chore.watch?.(() => this.#runNow(chore)) ?? [])
  }

  /** No chore starts after this; resolves when those that are running have ended. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const unwatch of this.#unwatch) unwatch()
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    await Promise.all(this.#running)
  }

  /** One that is running will see for itself what has changed. */
  #runNow(chore: Chore): void {
    const timer = this.#timers.get(chore)
    if (timer === undefined) return
    timer.cancel()
    this.#schedule(chore, 0)
  }

  #schedule(chore: Chore, delayMs: number): void {
    if (this.#isStopping) return
    this.#timers.set(chore, this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(chore)
      const running = this.#run(chore)
      this.#running.add(running)
      void running.then(() => this.#running.delete(running))
    }))
  }

  async #run(chore: Chore): Promise<void> {
    try {
      await chore.run(this.#clock.nowMs(), () => this.#isStopping)
    } catch (error) {
      // What a chore leaves undone, its next run does.
      this.#logger.error(`${chore.name} failed`, { error })
    }
    this.#schedule(chore, chore.everyMs)
  }
}
