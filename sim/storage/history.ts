// One case: a machine that starts, works, and ends, several times over. After every end, and before
// any call of its disk that the dice choose, what it holds is compared with what was promised.

import { ApiError, Errors } from '../../protocol/errors.ts'
import { StorageError } from '../../storage/disk.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { Dice } from './dice.ts'
import { lookAtFull } from './look-full.ts'
import {
  boot, DATA, lookBefore, mustBeTidy, promisedNow, type Running, Stopped,
} from './machine.ts'
import { lookAtDamage } from './look-damaged.ts'
import type { End, LogModel } from './model.ts'
import { operate } from './operations.ts'
import { BrokenPromise, must } from './promise.ts'
import type { Scene } from './scene.ts'
import { type Call, type Fault, isChange, type Lies, SimDisk } from './sim-disk.ts'
import { verify } from './verify.ts'

/** How a round ends. */
type RoundEnd = 'kill' | 'power' | 'close' | 'io error' | 'disk full'

export interface Stats {
  /** Changes and syncs of the disk in the histories. */
  calls: number
  /** Ends that were looked at. */
  looks: number
  /** Files that went bad. */
  damages: number
  operations: number
}

export interface HistoryOptions {
  readonly seed: number
  readonly index: number
  readonly lies?: Lies
}

/** Every so many cases one is short, and looked at before every single call. */
const WHOLE_EVERY = 8
const LOOK_CHANCE = 0.03
const MUCH_LATER_MS = 60_000
/** What gets its name by being renamed: where that fails, so does the log. */
const UNFINISHED = /\.(tmp|cleaned|swap)$/
/** After every end. */
const DAMAGES = 3

export class History {
  readonly stats: Stats = { calls: 0, looks: 0, damages: 0, operations: 0 }
  /** What was done, the last at the end. */
  readonly trace: string[] = []
  readonly #dice: Dice
  /** Another stream: whether it is looked at does not change what happens. */
  readonly #lookDice: Dice
  readonly #lies: Lies
  readonly #lookChance: number
  readonly #rounds: number
  readonly #memory = new MemoryDisk()
  readonly #models: LogModel[] = []
  #disk!: SimDisk
  /** Undefined until everything is open. */
  #scene: Scene | undefined
  #nowMs = 1_000_000
  /** After so many calls something happens to the disk. */
  #callsLeft = Infinity
  #end: RoundEnd = 'kill'
  #failed: Call | undefined
  /** On a full disk: a sync that fails, for it tells of earlier writes; and what is to go. */
  #isLate = false
  #late: Call | undefined
  #keepsNames = false
  #broken: unknown

  constructor({ seed, index, lies = {} }: HistoryOptions) {
    this.#dice = new Dice(seed, index, 0)
    this.#lookDice = new Dice(seed, index, 1)
    this.#lies = lies
    const isWhole = index % WHOLE_EVERY === 0
    this.#lookChance = isWhole ? 1 : LOOK_CHANCE
    this.#rounds = isWhole ? 1 : 2 + this.#dice.below(5)
    this.#memory.makeDirectory(DATA)
  }

  async run(): Promise<Stats> {
    for (let round = 0; round < this.#rounds; round++) await this.#round()
    this.#disarm()
    this.#boot()
    return this.stats
  }

  async #round(): Promise<void> {
    const dice = this.#dice
    this.#end = dice.weighted<RoundEnd>([
      [4, 'power'], [3, 'kill'], [3, 'close'], [2, 'io error'], [2, 'disk full'],
    ])
    this.#callsLeft = this.#end === 'close' || dice.chance(0.15) ? Infinity : dice.below(250)
    this.#failed = undefined
    this.#late = undefined
    this.#isLate = dice.chance(0.4)
    this.#keepsNames = dice.chance(0.3)
    this.trace.push(`round, to end by ${this.#end}`)
    try {
      const scene = this.#boot()
      const operations = this.#lookChance === 1 ? 20 : 10 + dice.below(40)
      for (let i = 0; i < operations; i++) {
        this.stats.operations++
        await this.#operate(scene)
        this.#nowMs = scene.nowMs
      }
    } catch (error) {
      this.#mustBeExpected(error)
    }
    if (this.#broken !== undefined) throw this.#broken
    await this.#endRound()
    if (this.#broken !== undefined) throw this.#broken
  }

  async #operate(scene: Scene): Promise<void> {
    const { room } = scene.directory
    try {
      await operate(scene)
    } catch (error) {
      const isFullNow = this.#end === 'disk full' && this.#failed !== undefined
      const isFailure = this.#late !== undefined || this.#models.some((one) => one.isBeingCut)
      if (!isFullNow || isFailure || this.#broken !== undefined) throw error
      if (error instanceof BrokenPromise) throw error
      must('H8', room.isFull && isRefusal(error), () => `not refused as where it is full: ${error}`)
      for (const model of this.#models) model.ongoing = {}
    }
    if (room.isFull && this.#late === undefined) {
      for (const model of this.#models) lookAtFull(model, this.#memory)
      if (this.#dice.chance(0.3)) this.#makeRoom(scene)
    }
    for (const model of this.#models) model.acknowledge()
  }

  /** H8: appends go on then. */
  #makeRoom({ directory: { room } }: Scene): void {
    this.trace.push('there is room again')
    this.#callsLeft = Infinity
    this.#failed = undefined
    const isSeen = room.look(0) || room.look(MUCH_LATER_MS)
    must('H8', isSeen && !room.isFull, () => 'that there is room again is not seen')
  }

  #boot(): Scene {
    this.#scene = undefined
    const disk = this.#disk = new SimDisk(this.#memory, this.#lies)
    disk.watcher = (call) => this.#watch(call, disk)
    const running = boot(disk, this.#models, this.#nowMs, (model, log) => {
      // Ends that were before this one are over: the floors say what they left.
      const promised = { ...promisedNow(model, 'kill'), disk: this.#memory }
      model.settle(log, verify(log, model, promised))
    })
    mustBeTidy(this.#memory, this.#models)
    return this.#scene = this.#sceneOf(running)
  }

  #sceneOf(running: Running): Scene {
    return {
      ...running, dice: this.#dice, models: this.#models, nowMs: this.#nowMs,
      tell: (text) => { this.trace.push(text) },
    }
  }

  #watch(call: Call, disk: SimDisk): Fault | undefined {
    if (this.#broken !== undefined) return { error: new Stopped('a promise is broken') }
    if (isChange(call)) this.#look(call)
    const countsReads = this.#end === 'io error'
    if ((!isChange(call) && !countsReads) || --this.#callsLeft > 0) return undefined
    const writtenBytes = this.#dice.below(call.sizeBytes + 1)
    switch (this.#end) {
      case 'io error':
        if (this.#failed !== undefined) return undefined
        return this.#fail(call, 'EIO', writtenBytes)
      case 'disk full':
        if (call.kind === 'sync' && this.#isLate && this.#late === undefined) this.#late = call
        if (call !== this.#late && !this.#takesRoom(call)) return undefined
        return this.#fail(call, 'ENOSPC', writtenBytes)
      default:
        disk.end(new Stopped('the process has ended'))
        this.trace.push(`ended at ${call.kind} ${call.path}, ${writtenBytes} bytes written`)
        return { error: new Stopped('the process has ended'), writtenBytes }
    }
  }

  /** A longer name may take some as well. */
  #takesRoom({ kind, path }: Call): boolean {
    return ['write', 'create', 'makeDirectory'].includes(kind)
      || kind === 'rename' && this.#keepsNames && !UNFINISHED.test(path)
  }

  #fail(call: Call, code: string, writtenBytes: number): Fault {
    const { kind, path } = call
    this.#failed = call
    this.trace.push(`${code} at ${kind} ${path}, ${writtenBytes} bytes written`)
    const syscall = kind === 'sync' ? 'fdatasync' : kind
    const error = Object.assign(new Error(`${code}: ${path}`), { code, path, syscall })
    return { error, ...kind === 'write' ? { writtenBytes } : {} }
  }

  #look(call: Call): void {
    this.stats.calls++
    if (!this.#lookDice.chance(this.#lookChance)) return
    this.stats.looks += 2
    try {
      lookBefore(call, this.#memory, {
        dice: this.#lookDice, models: this.#models, nowMs: this.#nowMs, lies: this.#lies,
      })
    } catch (error) {
      this.trace.push(`looked before ${call.kind} ${call.path}`)
      // It must not be taken for an error of the disk.
      this.#broken = error
      throw error
    }
  }

  #disarm(): void {
    this.#callsLeft = Infinity
    this.#end = 'kill'
  }

  /** H6: what goes wrong with the disk is said to be that. */
  #mustBeExpected(error: unknown): void {
    if (this.#broken !== undefined) throw this.#broken
    if (error instanceof BrokenPromise) throw error
    if (this.#disk.hasEnded) return
    const isSaid = error instanceof StorageError
      || error instanceof ApiError && error.code === Errors.KAFKA_STORAGE_ERROR
      || this.#scene === undefined && isOfSystem(error)
    if (this.#failed === undefined || !isSaid) throw error
  }

  async #endRound(): Promise<void> {
    const dice = this.#dice
    let end: End = 'kill'
    if (this.#failed !== undefined) {
      end = (this.#late ?? this.#failed).kind === 'sync' || dice.chance(0.4) ? 'power' : 'kill'
      await this.#abandon()
    } else if (this.#end === 'close' && !this.#disk.hasEnded) {
      await this.#close()
      end = dice.chance(0.5) ? 'power' : 'kill'
    } else {
      end = this.#end === 'power' ? 'power' : 'kill'
    }
    // What was being emptied is not on the device, and the next start does not bring it there.
    if (this.#models.some(({ ongoing }) => ongoing.resetTo !== undefined)) end = 'power'
    this.#disk.end(new Stopped('the process has ended'))
    if (this.#broken !== undefined) throw this.#broken
    for (const model of this.#models) model.release(end)
    if (end === 'power') this.#memory.crash(dice.chance(0.8) ? dice.random : undefined)
    this.trace.push(`ended by ${end}`)
    this.#disarm()
    this.#damage()
  }

  /** Files go bad while the machine is off: those of a copy of it. */
  #damage(): void {
    const look = {
      dice: this.#lookDice, models: this.#models, nowMs: this.#nowMs, lies: this.#lies,
    }
    for (let i = 0; i < DAMAGES; i++) {
      const done = lookAtDamage(this.#memory, look)
      if (done !== undefined) this.stats.damages++
    }
  }

  /** As a node does with a directory that has failed: it goes on without it. */
  async #abandon(): Promise<void> {
    const { kind, path } = this.#late ?? this.#failed!
    // What does not fit is no failure.
    const isFull = this.#end === 'disk full' && this.#late === undefined
    for (const { log } of this.#scene === undefined || isFull ? [] : this.#models) {
      // Files that are to go belong to no log any more; a segment may have been cut off meanwhile.
      const isGone = kind === 'remove' || isOfCut(path, kind, this.#memory)
      if (isGone || log === undefined || !path.startsWith(`${log.directory}/`)) continue
      must('H6', log.isFailed, () => `${log.name} goes on after ${kind} of ${path} has failed`)
    }
    this.#scene?.directory.fail()
    await this.#scene?.directory.close({ brokerEpoch: 1 })
  }

  async #close(): Promise<void> {
    const { directory, cleaner } = this.#scene!
    await cleaner.save(directory.logs(), [])
    const logs = [...directory.logs()]
    await directory.close({ brokerEpoch: 1 })
    must('H1', logs.every((log) => !log.isFailed), () => 'a log has failed in a clean end')
    for (const model of this.#models) {
      const { log } = model
      model.syncedTo = log!.endOffset
      model.durableStart = log!.startOffset
      model.durableHighWatermark = log!.highWatermark
    }
  }
}

function isOfCut(path: string, kind: Call['kind'], memory: MemoryDisk): boolean {
  return kind === 'sync' && path.endsWith('.log') && !memory.exists(path)
}

function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.code === Errors.KAFKA_STORAGE_ERROR
}

function isOfSystem(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return code === 'EIO' || code === 'ENOSPC'
}
