// The logs of a directory that are to take the place of logs in other directories of the node
// (KIP-113). Each lies under the name of its partition with an id and `-future`, as Kafka has it,
// until it has all that the present one has.

import { createHash } from 'node:crypto'

import { topicIdIn } from './checkpoints.ts'
import { type Disk, isDiskFull, takeBack } from './disk.ts'
import { Log, type LogOptions, type OpenLog } from './log.ts'
import { DiskFullError } from './room.ts'

const FUTURE = /^(.+-\d+)\.\S+-future$/
/** Beside the name of the partition: a dot, 32 hexadecimal digits, and `-future`. */
const ADDED_LENGTH = 40
/** Longer names than this no file system takes. */
const MAX_NAME_LENGTH = 255

/** What a log of this directory is opened with beside itself. */
export type FutureLogOptions =
  Pick<LogOptions, 'logger' | 'producerExpirationMs' | 'buffers' | 'room'>

/** Kafka refuses to move a partition whose future name would be too long. */
export function canBeMoved(topic: string, partition: number): boolean {
  return `${topic}-${partition}`.length + ADDED_LENGTH <= MAX_NAME_LENGTH
}

export class FutureLogs {
  readonly #disk: Disk
  readonly #path: string
  readonly #options: FutureLogOptions
  /** The directories that were found and that nobody has opened, by the partition's name. */
  readonly #found = new Map<string, string>()
  readonly #logs = new Map<string, Log>()
  /** The broker closed them as it should. */
  isClean = false

  /** `path`: of the log directory. */
  constructor(disk: Disk, path: string, options: FutureLogOptions) {
    this.#disk = disk
    this.#path = path
    this.#options = options
  }

  /** Takes note of a directory; false when it is none of a future log. */
  notice(directoryName: string): boolean {
    const name = FUTURE.exec(directoryName)?.[1]
    if (name === undefined) return false
    // A second one of the partition is of a move that was given up in the middle of a removal.
    if (this.#found.has(name)) this.#disk.removeTree(`${this.#path}/${directoryName}`)
    else this.#found.set(name, directoryName)
    return true
  }

  /** Partitions with a future log that nobody has opened. */
  unopened(): string[] {
    return [...this.#found.keys()]
  }

  all(): Iterable<Log> {
    return this.#logs.values()
  }

  get count(): number {
    return this.#logs.size
  }

  /** The topic of one that was found; undefined when it is unsaid, or there is none. */
  foundTopicId(name: string): string | undefined {
    const directory = this.#found.get(name)
    return directory === undefined ? undefined : topicIdIn(this.#disk, `${this.#path}/${directory}`)
  }

  /** Opens the one that was found, in steps, or makes a new one. Throws what the disk says. */
  *opening({ topic, partition, topicId, config, nowMs }: OpenLog): Generator<void, Log> {
    const name = `${topic}-${partition}`
    const found = this.#found.get(name)
    const directory = `${this.#path}/${found ?? this.#newName(name, nowMs)}`
    const opening = Log.opening({
      disk: this.#disk, directory, topicPartition: { topic, partition }, topicId, config, nowMs,
      ...this.#options,
      // How far it was synced nobody wrote down: after a crash all of it is looked through.
      ...found === undefined ? { isClean: true, isNew: true }
        : { isClean: this.isClean, recoveryPoint: 0 },
    })
    let log: Log
    try {
      log = yield* opening
    } catch (error) {
      const isNew = found === undefined
      if (isNew && isDiskFull(error)) takeBack(directory, () => this.#disk.removeTree(directory))
      throw error
    }
    this.#found.delete(name)
    this.#logs.set(name, log)
    return log
  }

  #newName(name: string, nowMs: number): string {
    for (let attempt = 0; ; attempt++) {
      const id = createHash('md5').update(`${this.#path} ${name} ${nowMs} ${attempt}`).digest('hex')
      const future = `${name}.${id}-future`
      if (!this.#disk.exists(`${this.#path}/${future}`)) return future
    }
  }

  /** Where the files are; undefined when there are none. */
  pathOf(name: string): string | undefined {
    const found = this.#found.get(name)
    return this.#logs.get(name)?.directory ?? (found && `${this.#path}/${found}`)
  }

  /** It is the log of its partition from now on, or is to be removed. */
  forget(name: string): void {
    this.#found.delete(name)
    this.#logs.delete(name)
  }

  /**
   * Writes them out, so that they can go on after the next start. False if some did not fit.
   * Rejects with StorageError.
   */
  async close(): Promise<boolean> {
    const logs = [...this.#logs.values()]
    this.#logs.clear()
    const results = await Promise.allSettled(logs.map((log) => log.closeAsync()))
    const errors = results.flatMap((result): unknown[] => (
      result.status === 'rejected' ? [result.reason] : []))
    const failure = errors.find((error) => !(error instanceof DiskFullError))
    if (failure !== undefined) throw failure
    return errors.length === 0
  }

  /** Nothing of them is written any more: the disk failed. */
  abandon(): void {
    for (const log of this.#logs.values()) log.abandon()
    this.#logs.clear()
  }
}
