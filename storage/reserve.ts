// Space that is held for the metadata: a file of no meaning, removed when the disk is full, so that
// decisions can be written that make room, the end of a topic for one.

import { removeIfItGoes } from './checkpoints.ts'
import { type Disk, isDiskFull } from './disk.ts'
import type { Logger } from './ports.ts'
import { LEAST_ROOM_BYTES } from './room.ts'

/** In the log directory that has the metadata. To Kafka it is one of the files it does not know. */
export const RESERVE_FILE = '.reserve'
const SIZE_BYTES = 1024 * 1024

export interface HeldRoom {
  /** Gives space of the disk back; false when there is none to give. */
  giveUp(): boolean
}

/** What does not fit is tried once more with what is in reserve. */
export function withReserve<T>(reserve: HeldRoom | undefined, write: () => T): T {
  try {
    return write()
  } catch (error) {
    if (!isDiskFull(error) || reserve?.giveUp() !== true) throw error
    return write()
  }
}

export class Reserve implements HeldRoom {
  readonly #disk: Disk
  readonly #directory: string
  readonly #logger: Logger
  readonly #onGivenUp: () => void
  #isThere = false

  /** `onGivenUp`: the disk is full for everybody else. */
  constructor(disk: Disk, directory: string, logger: Logger, onGivenUp: () => void) {
    this.#disk = disk
    this.#directory = directory
    this.#logger = logger
    this.#onGivenUp = onGivenUp
    this.#isThere = disk.sizeBytes(this.#path) === SIZE_BYTES
  }

  get #path(): string {
    return `${this.#directory}/${RESERVE_FILE}`
  }

  /** Makes the file unless it is there; where there is room for more than that, but not for all. */
  renew(): void {
    if (this.#isThere || this.#disk.isEndless === true) return
    try {
      if (this.#disk.space(this.#directory).usableBytes < LEAST_ROOM_BYTES) return
      const file = this.#disk.open(this.#path, 'create')
      try {
        file.write(noise(), 0)
      } finally {
        file.close()
      }
      this.#isThere = true
    } catch (error) {
      // Whoever needs the disk finds out what else is wrong with it.
      if (isDiskFull(error)) removeIfItGoes(this.#disk, this.#path)
    }
  }

  /** False when there is none, or it does not go. */
  giveUp(): boolean {
    if (!this.#isThere) return false
    this.#isThere = false
    this.#logger.warn('The disk of the metadata is full: what was in reserve is used', {
      directory: this.#directory,
    })
    this.#onGivenUp()
    return removeIfItGoes(this.#disk, this.#path)
  }
}

/** Nothing that a file system could compress, or leave out. */
function noise(): Buffer {
  const words = new Uint32Array(SIZE_BYTES / 4)
  let word = 1
  for (let i = 0; i < words.length; i++) {
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    words[i] = word
  }
  return Buffer.from(words.buffer)
}
