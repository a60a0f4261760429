// In which log directory each replica of this node lies: the metadata is told (KIP-858), and says
// at the next start where a log has to be. Where that directory is not there it is not made anew in
// another: what was acknowledged lies in one that cannot be used now.

import type { ReplicaPlace } from '../../controller/decisions/directories.ts'
import { isDirectoryKnown } from '../../controller/image/replica-place.ts'
import type { Partition as PartitionState, Topic } from '../../controller/image/topics.ts'
import type { LogDirectory } from '../../storage/log-directory.ts'
import type { Logger } from '../../storage/ports.ts'
import type { Clock, Timer } from '../world/clock.ts'

export interface ReplicaPlacesOptions {
  readonly nodeId: number
  /** Those that can be used, and their ids. */
  readonly ids: ReadonlyMap<LogDirectory, string>
  /** Others of `log.dirs` could not be used at the start. */
  readonly hasLost: boolean
  readonly clock: Pick<Clock, 'setTimer' | 'afterTurn'>
  readonly logger: Logger
  /** Takes no new logs as long as there are others (KIP-1066); left out: all take them. */
  isCordoned?(directory: LogDirectory): boolean
}

interface Untold extends ReplicaPlace {
  readonly onTold?: () => void
}

/** Has the metadata say where replicas lie. */
export type TellPlaces = (places: readonly ReplicaPlace[]) => Promise<void>

/** In one decision. */
const MAX_PLACES = 1000
const RETRY_MS = 500
/** Of partitions that may never be: the oldest is forgotten. */
const MAX_WANTED = 10_000

export class ReplicaPlaces {
  readonly #options: ReplicaPlacesOptions
  #untold: Untold[] = []
  /** Where logs that are not there yet have to be made, by partition: nobody keeps it. */
  readonly #wanted = new Map<string, LogDirectory>()
  #tell: TellPlaces | undefined
  #isTelling = false
  #retry: Timer | undefined
  /** Ids of directories that replicas should lie in, and that are not there. */
  readonly #missing = new Set<string>()

  constructor(options: ReplicaPlacesOptions) {
    this.#options = options
  }

  /** From now on the broker is known, partitions are new, and the metadata can be told. */
  start(tell: TellPlaces): void {
    this.#tell = tell
    this.#tellSome()
  }

  stop(): void {
    this.#tell = undefined
    this.#retry?.cancel()
  }

  /** Some of `log.dirs` could not be used at the start. */
  get hasLost(): boolean {
    return this.#options.hasLost
  }

  /** Of how many replicas the metadata does not tell yet where they lie. */
  get untoldCount(): number {
    return this.#untold.length
  }

  isCordoned(directory: LogDirectory): boolean {
    return this.#options.isCordoned?.(directory) === true
  }

  /** Has a log made in a directory, once it is made. */
  want(name: string, directory: LogDirectory): void {
    this.#wanted.delete(name)
    this.#wanted.set(name, directory)
    const [oldest] = this.#wanted.keys()
    if (this.#wanted.size > MAX_WANTED) this.#wanted.delete(oldest!)
  }

  /** Where the log of a partition is to be made; asked for once. */
  wanted(name: string): LogDirectory | undefined {
    const directory = this.#wanted.get(name)
    this.#wanted.delete(name)
    return directory?.isFailed === true ? undefined : directory
  }

  /**
   * Where to make the log of a replica that no directory has: in this one, `anywhere`, or nowhere
   * when it may lie in a directory that is lost.
   */
  placeFor(state: PartitionState): LogDirectory | 'anywhere' | 'nowhere' {
    const { ids, hasLost } = this.#options
    const assigned = this.#assigned(state)
    if (!isDirectoryKnown(assigned)) {
      return hasLost && this.#tell === undefined ? 'nowhere' : 'anywhere'
    }
    for (const [directory, id] of ids) if (id === assigned) return directory
    this.#miss(assigned)
    return 'nowhere'
  }

  /** An empty directory in the place of a lost one, say of a device that was not mounted. */
  #miss(directoryId: string): void {
    if (this.#missing.has(directoryId)) return
    this.#missing.add(directoryId)
    this.#options.logger.warn(
      'Partitions stay offline: no log directory has the id that they lie in', { directoryId })
  }

  #assigned({ directories, replicas }: PartitionState): string | undefined {
    return directories[replicas.indexOf(this.#options.nodeId)]
  }

  /** The log of a replica is open. */
  opened(topic: Pick<Topic, 'id'>, index: number, state: PartitionState, at: LogDirectory): void {
    const directory = this.#options.ids.get(at)
    const assigned = this.#assigned(state)
    // Before 3.7-IV2 nobody asks.
    if (directory === undefined || assigned === undefined || assigned === directory) return
    this.#tellLater({ topicId: topic.id, index, directory })
  }

  /** Resolves when the metadata says that a replica lies there. */
  assign(topicId: string, index: number, at: LogDirectory): Promise<void> {
    return new Promise((onTold) => {
      this.#tellLater({ topicId, index, directory: this.#options.ids.get(at)!, onTold })
    })
  }

  #tellLater(place: Untold): void {
    this.#untold.push(place)
    if (this.#untold.length === 1) this.#options.clock.afterTurn(() => this.#tellSome())
  }

  #tellSome(): void {
    if (this.#tell === undefined || this.#isTelling || this.#untold.length === 0) return
    this.#untold = newestOfEach(this.#untold)
    const some = this.#untold.slice(0, MAX_PLACES)
    this.#isTelling = true
    this.#tell(some).then(() => {
      this.#isTelling = false
      this.#untold.splice(0, some.length)
      for (const { onTold } of some) onTold?.()
      this.#tellSome()
    }, (error: unknown) => {
      this.#isTelling = false
      this.#options.logger.warn('Where replicas lie is not in the metadata yet', { error })
      if (this.#tell === undefined) return
      this.#retry = this.#options.clock.setTimer(RETRY_MS, () => this.#tellSome())
    })
  }
}

/** A replica that moved on meanwhile lies nowhere else. */
function newestOfEach(places: readonly Untold[]): Untold[] {
  const newest = new Map(places.map((place) => [`${place.topicId}-${place.index}`, place]))
  return newest.size === places.length ? [...places] : [...newest.values()]
}
