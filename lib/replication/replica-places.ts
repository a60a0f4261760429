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
}

/** Has the metadata say where replicas lie. */
export type TellPlaces = (places: readonly ReplicaPlace[]) => Promise<void>

/** In one decision. */
const MAX_PLACES = 1000
const RETRY_MS = 500

export class ReplicaPlaces {
  readonly #options: ReplicaPlacesOptions
  #untold: ReplicaPlace[] = []
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
    this.#untold.push({ topicId: topic.id, index, directory })
    if (this.#untold.length === 1) this.#options.clock.afterTurn(() => this.#tellSome())
  }

  #tellSome(): void {
    if (this.#tell === undefined || this.#isTelling || this.#untold.length === 0) return
    const some = this.#untold.slice(0, MAX_PLACES)
    this.#isTelling = true
    this.#tell(some).then(() => {
      this.#isTelling = false
      this.#untold.splice(0, some.length)
      this.#tellSome()
    }, (error: unknown) => {
      this.#isTelling = false
      this.#options.logger.warn('Where replicas lie is not in the metadata yet', { error })
      if (this.#tell === undefined) return
      this.#retry = this.#options.clock.setTimer(RETRY_MS, () => this.#tellSome())
    })
  }
}
