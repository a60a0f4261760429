// What the checks share: the engine, from when the suite is installed until it is over.

import { Engine } from './engine.ts'

export class Machine {
  #engine: Engine | undefined

  get engine(): Engine {
    if (this.#engine === undefined) throw new Error('no Docker engine was started')
    return this.#engine
  }

  async start(): Promise<void> {
    this.#engine = await Engine.find()
  }

  async dispose(): Promise<void> {
    await this.#engine?.dispose()
    this.#engine = undefined
  }
}
