// Who leads a partition now, told along with the error that a client asked the wrong broker
// (KIP-951).

import type { Image } from '../../controller/image/image.ts'

export interface CurrentLeader {
  /** −1 when nobody does, or nobody knows. */
  readonly leaderId: number
  readonly leaderEpoch: number
}

export interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

const UNKNOWN: CurrentLeader = { leaderId: -1, leaderEpoch: -1 }

/** The leaders told of in one answer, and where clients of the listener find them. */
export class CurrentLeaders {
  readonly #image: Image
  readonly #listenerName: string
  readonly #endpoints = new Map<number, NodeEndpoint>()

  constructor(image: Image, listenerName: string) {
    this.#image = image
    this.#listenerName = listenerName
  }

  get endpoints(): readonly NodeEndpoint[] {
    return [...this.#endpoints.values()]
  }

  of(topic: string, index: number): CurrentLeader {
    const state = this.#image.topics.byName(topic)?.partitions.get(index)
    if (state === undefined) return UNKNOWN
    const { leader: leaderId, leaderEpoch } = state
    this.#addEndpoint(leaderId)
    return { leaderId, leaderEpoch }
  }

  #addEndpoint(nodeId: number): void {
    const broker = this.#image.brokers.get(nodeId)
    if (broker === undefined || broker.fenced) return
    const endpoint = broker.endpoints.find(({ name }) => name === this.#listenerName)
    if (endpoint === undefined) return
    const { host, port } = endpoint
    this.#endpoints.set(nodeId, { nodeId, host, port, rack: broker.rack })
  }
}
