// What is done to the broker and its clients while they work.

import { setTimeout as sleep } from 'node:timers/promises'
import type { BrokerProcess } from '../../compat/harness/broker.ts'
import type { Dice } from '../storage/dice.ts'
import { SESSION_MS } from './broker.ts'
import type { Fleet, Worker } from './fleet.ts'

export type Fault =
  | 'kill the broker' | 'stop the broker' | 'kill a worker' | 'stop a worker' | 'stop a copier'
  | 'replace a worker'

export type Weights = readonly (readonly [weight: number, fault: Fault])[]

export const ALL_FAULTS: Weights = [
  [3, 'kill the broker'], [2, 'stop the broker'], [3, 'kill a worker'], [2, 'stop a worker'],
  [1, 'stop a copier'], [3, 'replace a worker'],
]
/** Longer than clients wait for an answer: they ask again, and both requests arrive. */
const BROKER_STOP_MS = [1600, 3000] as const
const DOWN_MS = [0, 800] as const
const PAUSE_MS = [200, 1500] as const
/** Some keep their place in the group, others are out of it. */
const WORKER_STOP_MS = [300, 2 * SESSION_MS] as const

export class Nemesis {
  readonly #dice: Dice
  readonly #broker: BrokerProcess
  readonly #fleet: Fleet
  readonly #weights: Weights
  readonly counts = new Map<Fault, number>()

  constructor(dice: Dice, broker: BrokerProcess, fleet: Fleet, weights: Weights = ALL_FAULTS) {
    this.#dice = dice
    this.#broker = broker
    this.#fleet = fleet
    this.#weights = weights
  }

  /** Until the time is over; then all that was stopped goes on. */
  async run(durationMs: number): Promise<void> {
    const endMs = performance.now() + durationMs
    while (performance.now() < endMs) {
      await sleep(this.#between(PAUSE_MS))
      const fault = this.#dice.weighted(this.#weights)
      this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1)
      await this.#do(fault)
    }
  }

  async #do(fault: Fault): Promise<void> {
    switch (fault) {
      case 'kill the broker':
        await this.#broker.stop('SIGKILL')
        await sleep(this.#between(DOWN_MS))
        return this.#broker.start()
      case 'stop the broker':
        this.#broker.signal('SIGSTOP')
        await sleep(this.#between(BROKER_STOP_MS))
        return this.#broker.signal('SIGCONT')
      case 'kill a worker':
        this.#fleet.signal(this.#anyWorker(), 'SIGKILL')
        return
      case 'stop a worker':
        this.#stopForAWhile(this.#anyWorker())
        return
      case 'stop a copier':
        this.#stopForAWhile(this.#dice.pick(this.#fleet.workers()
          .filter(({ slot }) => slot.role === 'copy')))
        return
      case 'replace a worker': {
        // Whoever takes over while the other one is stopped keeps it out when that goes on.
        const worker = this.#dice.pick(this.#fleet.workers()
          .filter(({ slot }) => slot.options['tid'] !== undefined))
        this.#stopForAWhile(worker)
        this.#fleet.start(worker.slot)
      }
    }
  }

  #anyWorker(): Worker {
    return this.#dice.pick(this.#fleet.workers())
  }

  #stopForAWhile(worker: Worker): void {
    this.#fleet.signal(worker, 'SIGSTOP')
    void sleep(this.#between(WORKER_STOP_MS)).then(() => this.#fleet.signal(worker, 'SIGCONT'))
  }

  #between([least, most]: readonly [number, number]): number {
    return least + this.#dice.below(most - least)
  }
}
