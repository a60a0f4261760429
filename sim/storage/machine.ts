// A machine with a log directory: boots from its disk, and is looked at after every end that it
// could have right now.

import type { MemoryDisk } from '../../storage/memory-disk.ts'
import { CleanerCheckpoint } from '../../storage/compaction/checkpoint.ts'
import type { Log } from '../../storage/log.ts'
import { LogDirectory } from '../../storage/log-directory.ts'
import type { Logger } from '../../storage/ports.ts'
import type { Dice } from './dice.ts'
import type { End, LogModel } from './model.ts'
import { must } from './promise.ts'
import { type Call, isChange, type Lies, SimDisk } from './sim-disk.ts'
import { type Promised, verify } from './verify.ts'

export const DATA = '/data'
/** Segments have some of a few kilobytes. */
const SAVE_POINT_BYTES = 500
const LEFTOVERS = /\.(cleaned|swap|deleted|tmp)$/

export const silent: Logger = {
  error() {}, warn() {}, info() {}, debug() {}, child: () => silent,
}

export class Stopped extends Error {
  override readonly name = 'Stopped'
}

/** A process that runs on the machine. */
export interface Running {
  readonly disk: SimDisk
  readonly directory: LogDirectory
  readonly cleaner: CleanerCheckpoint
}

/**
 * Opens all that is there, as a broker does that knows which logs it should have. `refused` hears
 * of those that cannot be opened; without it that is an error.
 */
export function boot(
  disk: SimDisk, models: readonly LogModel[], nowMs: number,
  opened: (model: LogModel, log: Log) => void, refused?: (model: LogModel, error: unknown) => void,
): Running {
  const directory = new LogDirectory({
    disk, path: DATA, logger: silent, savePointBytes: SAVE_POINT_BYTES,
  })
  directory.open()
  const cleaner = new CleanerCheckpoint(disk, DATA, silent)
  for (const model of models) {
    const { topic, partition, topicId, config, name } = model
    if (directory.has(topic, partition)) {
      const found = directory.topicIdOf(name)
      if (found !== undefined && found !== topicId) directory.setAside(name, nowMs)
    }
    try {
      const log = directory.openLog({ topic, partition, topicId, config, nowMs })
      cleaner.tell(log)
      opened(model, log)
    } catch (error) {
      if (refused === undefined) throw error
      refused(model, error)
    }
  }
  // Of topics that were deleted.
  for (const name of directory.names()) {
    if (models.every((model) => model.name !== name)) directory.setAside(name, nowMs)
  }
  return { disk, directory, cleaner }
}

export function promisedNow(model: LogModel, end: End): Promised {
  const { cutTo = Infinity, resetTo } = model.ongoing
  const startFloor = resetTo === undefined ? Math.min(model.durableStart, cutTo) : 0
  return { floor: model.floor(end), startFloor, producersSince: model.producersSince }
}

/** G4: what was going on is over, one way or the other. */
export function mustBeTidy(memory: MemoryDisk, models: readonly LogModel[]): void {
  for (const { name } of models) {
    const left = memory.list(`${DATA}/${name}`).filter((entry) => LEFTOVERS.test(entry.name))
    must('G4', left.length === 0, () => `${name}: left lie ${left.map((entry) => entry.name)}`)
  }
}

export interface Look {
  readonly dice: Dice
  readonly models: readonly LogModel[]
  readonly nowMs: number
  readonly lies: Lies
}

/**
 * Ends a copy of the machine and opens it again; perhaps that start is cut off too, and the next.
 * Throws BrokenPromise.
 */
export function lookAfter(end: End, memory: MemoryDisk, look: Look): void {
  const { dice, models, nowMs, lies } = look
  const promised = models.map((model) => (
    { ...promisedNow(model, end), producersSince: Infinity }))
  const lose = (): void => memory.crash(dice.chance(0.8) ? dice.random : undefined)
  if (end === 'power') lose()
  for (let starts = dice.chance(0.3) ? 1 + dice.below(2) : 0; starts > 0; starts--) {
    if (!bootUntil(memory, look, 1 + dice.below(60))) break
    // What the first end left is all that is promised; a start makes it no less.
    if (end === 'power' && dice.chance(0.5)) lose()
  }
  const disk = new SimDisk(memory, lies)
  boot(disk, models, nowMs, (model, log) => {
    verify(log, model, { ...promised[models.indexOf(model)]!, disk: memory }, dice)
  })
  mustBeTidy(memory, models)
}

/** A start that ends after so many changes. False when it came to its end before. */
function bootUntil(memory: MemoryDisk, { models, nowMs, lies }: Look, changes: number): boolean {
  const disk = new SimDisk(memory, lies)
  let left = changes
  disk.watcher = (call) => {
    if (!isChange(call) || --left > 0) return undefined
    disk.end(new Stopped('cut off while it started'))
    return { error: new Stopped('cut off while it started') }
  }
  try {
    boot(disk, models, nowMs, () => {})
    return false
  } catch (error) {
    if (!disk.hasEnded) throw error
    return true
  }
}

/** Looks, before a call is done, at what its end would leave there. */
export function lookBefore(call: Call, memory: MemoryDisk, look: Look): void {
  const { dice } = look
  for (const end of ['kill', 'power'] as const) {
    const copy = memory.clone()
    if (call.kind === 'write' && dice.chance(0.7)) {
      call.tear(copy, dice.below(call.sizeBytes + 1))
    }
    lookAfter(end, copy, look)
  }
}
