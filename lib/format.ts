// Log directories of a node: whose they are, and how empty ones become its own.

import { join } from 'node:path'

import { METADATA_TOPIC } from '../controller/controller.ts'
import { CONFIGURED_QUORUM, type Quorum } from '../controller/raft/quorum.ts'
import { writeBootstrapSnapshot } from '../controller/snapshots.ts'
import type { Disk } from '../storage/disk.ts'
import {
  readMetaProperties, writeMetaProperties, type MetaProperties,
} from '../storage/meta-properties.ts'
import type { Config } from './config.ts'
import { voterOf } from './quorum-voters.ts'
import { ArgumentError, reasonOf, StartError } from './start-error.ts'
import type { Clock } from './world/clock.ts'
import type { Random } from './world/random.ts'

export interface FormatWorld {
  readonly clock: Pick<Clock, 'nowMs'>
  readonly disk: Disk
  readonly random: Random
}

export interface FormattedDirectories {
  readonly clusterId: string
  /** The id of each directory (KIP-858), by its path. */
  readonly directoryIds: ReadonlyMap<string, string>
}

/** `topic-partition`, also of one that is deleted, set aside or on its way. */
const LOG_NAME = /-\d+(\.[0-9a-f]{32}-(delete|stray|future))?$/

const isSegment = ({ name }: { readonly name: string }): boolean => name.endsWith('.log')

/** Does something with a directory; false where that is left out because it cannot be used. */
type Use = (directory: string, use: () => void) => boolean

const insist: Use = (directory, use) => {
  usable(directory, use)
  return true
}

/**
 * Formats the directories that are not formatted yet, as parts of the cluster that the others
 * belong to, of the one that the configuration names, or of a new one. Throws StartError for those
 * that belong to somebody else; what is to become of those that cannot be used says `use`.
 */
export function formatEmptyDirectories(
  config: Config, world: FormatWorld, directories = directoriesOf(config), use: Use = insist,
): FormattedDirectories {
  const found = readDirectories(config, world.disk, directories, use)
  const clusterId = clusterOf(found) ?? config.newClusterId ?? world.random.uuid()
  return format(found, clusterId, config, world, use)
}

function directoriesOf({ logDirs, metadataLogDir }: Config): readonly string[] {
  return [...new Set([...logDirs, metadataLogDir])]
}

export interface FormatChoice {
  /** The log is to name this node as the quorum's only voter (KIP-853). */
  readonly isStandalone?: boolean
}

/** Formats directories of which none is formatted, with the cluster id given. Throws StartError. */
export function formatDirectories(
  config: Config, world: FormatWorld, clusterId: string,
  { isStandalone = false }: FormatChoice = {},
): FormattedDirectories {
  if (isStandalone) checkStandalone(config)
  if (!/^[A-Za-z0-9_-]{22}$/.test(clusterId)) {
    throw new ArgumentError(
      `--cluster-id ${clusterId}: must be 16 bytes in base64url, 22 characters; `
        + `for instance ${world.random.uuid()}`,
    )
  }
  const found = readDirectories(config, world.disk, directoriesOf(config), insist)
  for (const [directory, meta] of found) {
    if (meta === undefined) continue
    throw new StartError(`${directory} is formatted already, for cluster ${meta.clusterId}`)
  }
  return format(found, clusterId, config, world, insist, isStandalone)
}

function checkStandalone({ controllerQuorumVoters, controllerListeners }: Config): void {
  if (controllerQuorumVoters.length > 0) {
    throw new StartError('--standalone: controller.quorum.voters is set; either the configuration '
      + 'names the voters, or the metadata log does')
  }
  if (controllerListeners.length === 0) {
    throw new StartError('--standalone: this node has no listener of controller.listener.names, '
      + 'by which the metadata log could name it as a voter')
  }
}

type Found = ReadonlyMap<string, MetaProperties | undefined>

function readDirectories(
  config: Config, disk: Disk, directories: readonly string[], use: Use,
): Found {
  const found = new Map<string, MetaProperties | undefined>()
  for (const directory of directories) {
    use(directory, () => {
      disk.makeDirectory(directory)
      const meta = readMetaProperties(disk, directory)
      if (meta === undefined) refuseLogs(disk, directory)
      found.set(directory, meta)
    })
  }
  for (const [directory, meta] of found) {
    if (meta === undefined || meta.nodeId === config.nodeId) continue
    throw new StartError(`${directory} belongs to node ${meta.nodeId} of cluster `
      + `${meta.clusterId}, this is node ${config.nodeId} (node.id)`)
  }
  checkIds(found)
  return found
}

/** Logs are somebody's: a directory of them that says no more whose is damaged, and not empty. */
function refuseLogs(disk: Disk, directory: string): void {
  const log = disk.list(directory).find(({ name, isDirectory }) => (
    isDirectory && LOG_NAME.test(name) && disk.list(join(directory, name)).some(isSegment)))
  if (log === undefined) return
  throw new StartError(`${directory} holds logs, such as ${log.name}, but no meta.properties that `
    + 'says whose they are: put back the file, or use an empty directory')
}

/** An id names one directory: the metadata says by it where a replica is (KIP-858). */
function checkIds(found: Found): void {
  const owners = new Map<string, string>()
  for (const [directory, meta] of found) {
    const id = meta?.directoryId
    if (id === undefined) continue
    if (!isDirectoryId(id)) {
      throw new StartError(`${directory}: directory.id ${id} in meta.properties is not the id of `
        + 'a directory')
    }
    const owner = owners.get(id)
    if (owner !== undefined) {
      throw new StartError(`${directory} has the directory.id of ${owner}: one is a copy of the `
        + 'other')
    }
    owners.set(id, directory)
  }
}

/** 16 bytes in base64url; the first hundred are reserved. */
function isDirectoryId(id: string): boolean {
  return /^[A-Za-z0-9_-]{21}[AQgw]$/.test(id)
    && Buffer.from(id, 'base64url').some((byte, i) => i < 15 ? byte !== 0 : byte >= 100)
}

/** The cluster of the directories that are formatted; undefined when none is. */
function clusterOf(found: Found): string | undefined {
  const formatted = [...found].flatMap(([directory, meta]) => (
    meta === undefined ? [] : [{ directory, clusterId: meta.clusterId }]
  ))
  const [first] = formatted
  const other = formatted.find(({ clusterId }) => clusterId !== first?.clusterId)
  if (first === undefined || other === undefined) return first?.clusterId
  throw new StartError(`${other.directory} belongs to cluster ${other.clusterId}, `
    + `but ${first.directory} to ${first.clusterId}`)
}

function format(
  found: Found, clusterId: string, config: Config, world: FormatWorld, use: Use,
  isStandalone = false,
): FormattedDirectories {
  const directoryIds = new Map<string, string>()
  for (const [directory, meta] of found) {
    // Directories of older Kafka have no id yet.
    const directoryId = meta?.directoryId ?? world.random.uuid()
    directoryIds.set(directory, directoryId)
    if (meta?.directoryId !== undefined) continue
    use(directory, () => {
      const quorum = isStandalone ? standaloneQuorum(config, directoryId) : CONFIGURED_QUORUM
      if (meta === undefined) beginMetadata(directory, config, world, quorum)
      writeMetaProperties(world.disk, directory, { clusterId, nodeId: config.nodeId, directoryId })
    })
  }
  return { clusterId, directoryIds }
}

/** Before `meta.properties`: with that a directory counts as formatted. */
function beginMetadata(
  directory: string, config: Config, { clock, disk }: FormatWorld, quorum: Quorum,
): void {
  if (directory !== config.metadataLogDir) return
  writeBootstrapSnapshot(disk, join(directory, `${METADATA_TOPIC}-0`), clock.nowMs(), quorum)
}

function standaloneQuorum(
  { nodeId, advertisedControllerListeners }: Config, directoryId: string,
): Quorum {
  const endpoints = advertisedControllerListeners.map(({ name, host, port }) => (
    { name, host: host === '' ? 'localhost' : host, port }))
  return { version: 1, voters: [voterOf(nodeId, directoryId, endpoints)!] }
}

/** What the system says of a directory. */
export class UnusableError extends StartError {}

/** Turns what the system says about a directory into a line for its user: an UnusableError. */
export function usable<T>(directory: string, use: () => T): T {
  try {
    return use()
  } catch (error) {
    if (error instanceof StartError) throw error
    // It may be a file in it that fails.
    const path = (error as { path?: unknown }).path ?? directory
    const where = path === directory ? '' : ` (${String(path)})`
    throw new UnusableError(`log.dirs: ${directory} cannot be used: ${reasonOf(error)}${where}`)
  }
}
