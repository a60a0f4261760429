// The producer ids that this node gives out: taken from blocks that the controller grants, a
// thousand at a time.

import type { Controller } from '../controller/controller.ts'
import { allocateProducerIds, type ProducerIdBlock } from '../controller/decisions/producer-ids.ts'
import { ApiError, Errors } from '../protocol/errors.ts'

export class ProducerIds {
  readonly #controller: Controller
  readonly #nodeId: number
  #next = 0
  #end = 0
  #granting: Promise<void> | undefined

  constructor(controller: Controller, nodeId: number) {
    this.#controller = controller
    this.#nodeId = nodeId
  }

  /**
   * An id that was never given before. Rejects with COORDINATOR_LOAD_IN_PROGRESS while there is no
   * block.
   */
  async next(): Promise<number> {
    for (;;) {
      const id = this.take()
      if (id !== undefined) return id
      await this.fetch()
    }
  }

  /** As `next`, if there is one at hand. */
  take(): number | undefined {
    return this.#next === this.#end ? undefined : this.#next++
  }

  /** Sees to it that there is something to take. Rejects as `next`. */
  async fetch(): Promise<void> {
    if (this.#next < this.#end) return
    this.#granting ??= this.#grant()
    await this.#granting
  }

  async #grant(): Promise<void> {
    try {
      const brokerEpoch = this.#controller.image.brokers.get(this.#nodeId)?.epoch ?? -1
      const block: ProducerIdBlock = await this.#controller.submit(
        allocateProducerIds(this.#nodeId, brokerEpoch))
      this.#next = block.first
      this.#end = block.first + block.count
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      // What a client retries: the controller is on its way.
      throw new ApiError(Errors.COORDINATOR_LOAD_IN_PROGRESS)
    } finally {
      this.#granting = undefined
    }
  }
}
