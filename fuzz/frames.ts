// The cases of a run against a broker: what is sent, made of the run's seed, the case's number and
// the ids of the run's topics.

import type { Below } from '../compat/harness/random.ts'
import { encodeMessage } from '../protocol/compile.ts'
import { isFlexible } from '../protocol/header.ts'
import type { Message } from '../protocol/schema.ts'
import { handlers } from '../lib/handlers/index.ts'
import { numbersOf } from './cases.ts'
import { loadCorpus, pick, requestFrame, type Sample } from './corpus.ts'
import { withLength } from './line.ts'
import { type Living, livelyValues } from './lively.ts'
import { mutate, mutateLength, noise, withTagSoup } from './mutators.ts'
import { PlaceFinder } from './places.ts'

export interface Frame {
  readonly index: number
  readonly name: string
  /** As they go to the socket: with the length, if there is one. */
  readonly bytes: Buffer
}

const LENGTHS = [-1, 0, 1, 3, 7, 0x7fffffff, -0x80000000, 100 * 1024 * 1024 + 1]

export class FrameSource {
  readonly #seed: number
  readonly #living: Living
  readonly #served: readonly Sample[]
  readonly #others: readonly Sample[]
  readonly #places = new PlaceFinder()

  constructor(seed: number, living: Living) {
    this.#seed = seed
    this.#living = living
    const { requests } = loadCorpus()
    const served = new Set(handlers.map(({ api }) => api.key))
    this.#served = requests.filter(({ api }) => served.has(api!.key))
    this.#others = requests.filter(({ api }) => !served.has(api!.key))
  }

  make(index: number): Frame {
    const below = numbersOf(this.#seed, index)
    const sample = pick(below(20) === 0 ? this.#others : this.#served, below)
    const body = this.#body(sample, below)
    const { api, version } = sample
    let frame = requestFrame(api!, version, index, body)
    if (below(16) === 0) frame = mutate(frame, below, body)
    if (below(32) === 0 && frame.length > 4) frame.writeInt16BE(below(20) - 2, 2)
    const name = `${api!.name} ${version}`
    switch (below(64)) {
      case 0: return { index, name, bytes: withWrongLength(frame, below) }
      case 1: return { index, name: 'noise', bytes: noise(below(200), below) }
      case 2: return { index, name, bytes: Buffer.concat(Array(3).fill(withLength(frame))) }
      default: return { index, name, bytes: withLength(frame) }
    }
  }

  /** Half of them mean something to the broker; of those half are left as they are. */
  #body({ message, version, bytes }: Sample, below: Below): Buffer {
    const isLively = below(2) === 0
    const body = isLively ? this.#lively(message, version, below) : bytes
    if (isLively && below(2) === 0) return body
    switch (below(isFlexible(message, version) ? 5 : 4)) {
      case 0: case 1: {
        const places = this.#places.placesIn(message, version, body)
        return mutateLength(body, places, below)
      }
      case 4: return withTagSoup(body, below)
      default: return mutate(body, below, pick(this.#served, below).bytes)
    }
  }

  #lively(message: Message, version: number, below: Below): Buffer {
    const values = livelyValues(message, version, below, this.#living)
    return encodeMessage(message, version, values as never)
  }
}

function withWrongLength(frame: Buffer, below: Below): Buffer {
  const bytes = withLength(frame)
  bytes.writeInt32BE(below(2) === 0 ? frame.length + below(9) - 4 : pick(LENGTHS, below))
  return bytes
}
