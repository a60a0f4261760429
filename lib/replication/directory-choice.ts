// In which log directory a partition is opened: where its log is, where the metadata says that it
// has to be, where somebody asked for it, or where the fewest are. None begins on a full disk.

import type { Partition as PartitionState, Topic } from '../../controller/image/topics.ts'
import type { LogDirectory } from '../../storage/log-directory.ts'
import type { Logger } from '../../storage/ports.ts'
import type { Clock } from '../world/clock.ts'
import type { ReplicaPlaces } from './replica-places.ts'

export interface DirectoryChoice {
  readonly directories: readonly LogDirectory[]
  readonly clock: Pick<Clock, 'nowMs'>
  readonly logger: Logger
  /** Without it, logs lie wherever there is room. */
  readonly places?: ReplicaPlaces
}

/** Undefined where no sound directory may have it. Throws StorageError. */
export function directoryFor(
  choice: DirectoryChoice, topic: Topic, index: number, state: PartitionState,
): LogDirectory | undefined {
  const { directories, places } = choice
  const name = `${topic.name}-${index}`
  const present = directories.filter((directory) => directory.has(topic.name, index))
  if (present.length > 1) return theLonger(choice, present, name, state)
  const place = present[0] ?? places?.placeFor(state) ?? 'anywhere'
  if (place === 'nowhere') return undefined
  if (place === 'anywhere') return withRoom(places?.wanted(name)) ?? emptiest(choice)
  if (place.isFailed) return undefined
  if (present.length > 0) return place
  if (place.futures.pathOf(name) === undefined) return withRoom(place)
  return places?.hasLost === true ? undefined : adopted(choice, place, name)
}

/**
 * A crash, or a disk that failed, in the middle of the exchange of two logs: each has what the
 * shorter one has. The metadata decides where they are alike.
 */
function theLonger(
  { clock, logger, places }: DirectoryChoice, present: readonly LogDirectory[], name: string,
  state: PartitionState,
): LogDirectory | undefined {
  const sound = present.filter(({ isFailed }) => !isFailed)
  const assigned = places?.placeFor(state)
  const ends = new Map(sound.map((directory) => [directory, directory.endOffsetOf(name)]))
  const best = sound.reduce<LogDirectory | undefined>((one, other) => {
    if (one === undefined) return other
    const difference = ends.get(other)! - ends.get(one)!
    return difference > 0 || difference === 0 && other === assigned ? other : one
  }, undefined)
  for (const directory of sound) {
    if (directory === best) continue
    logger.warn('A partition lies in two log directories: the one with less is set aside', {
      log: name, kept: best?.path, setAside: directory.path,
    })
    directory.setAside(name, clock.nowMs())
  }
  return best
}

/** The move had been told to the metadata, and what it was to replace is not there any more. */
function adopted({ logger }: DirectoryChoice, place: LogDirectory, name: string): LogDirectory {
  logger.warn('A log that was on its way takes the place of one that is gone', {
    log: name, directory: place.path,
  })
  place.adoptFuture(name)
  return place
}

function withRoom(place: LogDirectory | undefined): LogDirectory | undefined {
  return place?.room.isFull === true ? undefined : place
}

/** Directories that are cordoned (KIP-1066) count where there is no other. */
function emptiest({ directories, places }: DirectoryChoice): LogDirectory | undefined {
  const sound = directories.filter(({ isFailed, room }) => !isFailed && !room.isFull)
  const open = sound.filter((directory) => places?.isCordoned(directory) !== true)
  let best: LogDirectory | undefined
  for (const directory of open) {
    if (directory.logCount < (best?.logCount ?? Infinity)) best = directory
  }
  return best ?? sound[0]
}
