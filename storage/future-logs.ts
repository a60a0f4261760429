// The logs of a directory that are to take the place of logs in other directories of the node
// (KIP-113). Each lies under the name of its partition with an id and `-future`, as Kafka has it,
// until it has all that the present one has.

import { topicIdIn } from './checkpoints.ts'
import { type Disk, isDiskFull, takeBack } from './disk.ts'
import { Log, type LogOptions, type OpenLog } from './log.ts'
import { DiskFullError } from './room.ts'
import { freePath, FUTURE_SUFFIX } from './set-aside-names.ts'

const FUTURE = /^(.+-\d+)\.\S+-future$/

/** What a log of this directory is opened with beside itself. */
export type FutureLogOptions =
  Pick<LogOptions, 'logger' | 'producerExpirationMs' | 'buffers' | 'room'>

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
    const directory = found === undefined
      ? freePath(this.#disk, this.#path, name, {
        suffix: FUTURE_SUFFIX, salt: `${this.#path} ${name}`, nowMs,
      })
      : `${this.#path}/${found}`
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
