// The log directories of a node: locked against other processes, formatted where they are empty,
// opened, and closed with the mark of a clean shutdown.

import { join } from 'node:path'

import { METADATA_TOPIC } from '../controller/controller.ts'
import { unknownFeature } from '../controller/feature-check.ts'
import type { DiskLock, DiskSpace } from '../storage/disk.ts'
import { LogDirectory } from '../storage/log-directory.ts'
import type { Config } from './config.ts'
import type { RunningSettings } from './config/running.ts'
import {
  formatEmptyDirectories, type FormattedDirectories, UnusableError, usable,
} from './format.ts'
import { StartError } from './start-error.ts'
import type { World } from './world/world.ts'

const LOCK_FILE = '.lock'
/** A broker epoch that nobody knows. */
const NO_EPOCH = -1

export class LogDirectories {
  readonly #config: Config
  readonly #settings: RunningSettings
  readonly #world: World
  readonly #locks: DiskLock[] = []
  #formatted: FormattedDirectories | undefined
  #all: readonly LogDirectory[] = []
  readonly #lost = new Set<string>()
  /** What a clean shutdown leaves to the next start (KIP-966). */
  brokerEpoch = NO_EPOCH

  constructor(config: Config, settings: RunningSettings, world: World) {
    this.#config = config
    this.#settings = settings
    this.#world = world
  }

  /** Those of `log.dirs`, in their order. */
  get all(): readonly LogDirectory[] {
    return this.#all
  }

  get clusterId(): string {
    return this.#formatted?.clusterId ?? ''
  }

  /** The directory ids of those that can be used (KIP-858). */
  get ids(): readonly string[] {
    return this.#all.filter(({ isFailed }) => !isFailed).map((directory) => this.idOf(directory))
  }

  /** Of the directory of the metadata. */
  get metadataId(): string {
    return this.#formatted!.directoryIds.get(this.#config.metadataLogDir)!
  }

  idOf({ path }: LogDirectory): string {
    return this.#formatted!.directoryIds.get(path)!
  }

  /** Some of `log.dirs` could not be used at the start. */
  get hasLost(): boolean {
    return this.#lost.size > 0
  }

  /** Of the file system that it lies in. Throws what the disk says. */
  spaceOf({ path }: LogDirectory): DiskSpace {
    return this.#world.disk.space(path)
  }

  /** The disk of the metadata is full: what it still has is not for records. */
  filled(): void {
    const { metadataLogDir } = this.#config
    for (const { path, room } of this.#all) if (path === metadataLogDir) room.filled()
  }

  /** The epoch that the last run ended cleanly with in all directories; −1 otherwise. */
  get previousBrokerEpoch(): number {
    const epochs = new Set(this.#all.map(({ previousBrokerEpoch }) => previousBrokerEpoch))
    const [epoch = NO_EPOCH] = epochs
    return epochs.size === 1 ? epoch : NO_EPOCH
  }

  /**
   * Goes on without those that cannot be used. Throws StartError for directories that others have,
   * and where none is left, or that of the metadata cannot be used.
   */
  open(): void {
    const { disk, logger } = this.#world
    const { logDirs, metadataLogDir } = this.#config
    const paths = [...new Set([...logDirs, metadataLogDir])]
      .filter((path) => this.#canUse(path, () => this.#lock(path)))
    this.#checkFeatures()
    this.#formatted = formatEmptyDirectories(
      this.#config, this.#world, paths, (path, use) => this.#canUse(path, use))
    this.#all = [...new Set(logDirs)].filter((path) => !this.#lost.has(path))
      .map((path) => new LogDirectory({
        disk, path, logger,
        producerExpirationMs: () => this.#settings.value('producer.id.expiration.ms'),
      }))
      .filter((directory) => this.#canUse(directory.path, () => directory.open()))
    if (this.#all.length === 0) throw new StartError(`log.dirs: none of ${logDirs} can be used`)
    // A start that ends before the broker has an epoch leaves them as they were.
    this.brokerEpoch = this.previousBrokerEpoch
  }

  /** False where the system says no: what lies there is offline until the next start. */
  #canUse(path: string, use: () => void): boolean {
    if (this.#lost.has(path)) return false
    try {
      usable(path, use)
      return true
    } catch (error) {
      const isVital = path === this.#config.metadataLogDir
        || new Set(this.#config.logDirs).size - this.#lost.size === 1
      if (!(error instanceof UnusableError) || isVital) throw error
      this.#lost.add(path)
      this.#world.logger.error('A log directory failed: its partitions are offline', {
        directory: path, error: error.message,
      })
      return false
    }
  }

  /** Before anything is written: a newer Kafka's metadata is not to be touched. */
  #checkFeatures(): void {
    const { metadataLogDir } = this.#config
    const unknown = usable(metadataLogDir, () => (
      unknownFeature(this.#world.disk, join(metadataLogDir, `${METADATA_TOPIC}-0`))
    ))
    if (unknown === undefined) return
    throw new StartError(`${metadataLogDir} is of a cluster with ${unknown}: `
      + 'start the broker that it was last used by, or a newer Samsa')
  }

  #lock(path: string): void {
    const { disk } = this.#world
    disk.makeDirectory(path)
    const lock = disk.lock(join(path, LOCK_FILE))
    if (lock === undefined) {
      // A process may hold several brokers: it can be this one.
      const [holder = ''] = disk.readFile(join(path, LOCK_FILE))?.toString('utf8').split(' ') ?? []
      throw new StartError(`log.dirs: ${path} is in use by a broker that runs`
        + `${holder === '' ? '' : ` in process ${holder}`}, see ${LOCK_FILE} there: `
        + 'each broker needs directories of its own')
    }
    this.#locks.push(lock)
  }

  /** Writes out what is open, marks it as clean, and gives the locks back, whatever goes wrong. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    try {
      for (const directory of this.#all) {
        if (directory.isFailed) continue
        await directory.close({ brokerEpoch: this.brokerEpoch })
          .catch((error: unknown) => { failures.push(error) })
      }
      if (failures.length > 0) throw failures[0]
    } finally {
      this.#all = []
      for (const lock of this.#locks.splice(0)) release(lock)
    }
  }
}

function release(lock: DiskLock): void {
  try {
    lock.release()
  } catch {
    // Of a directory that failed the lock stays: its process will be gone.
  }
}
