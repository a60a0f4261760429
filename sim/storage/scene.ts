// What an operation of a history works on.

import type { Log } from '../../storage/log.ts'
import type { Dice } from './dice.ts'
import type { Running } from './machine.ts'
import type { LogModel } from './model.ts'

export interface Scene extends Running {
  readonly dice: Dice
  readonly models: LogModel[]
  nowMs: number
  tell(text: string): void
}

/** One of them, while it is open. */
export interface Target {
  readonly scene: Scene
  readonly model: LogModel
  readonly log: Log
}
