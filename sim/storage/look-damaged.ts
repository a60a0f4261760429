// Damages a file of a copy of the machine, and opens it beside one that is not damaged (H3, H4):
// what can be made again is, what cannot is refused by name, the other logs do not suffer, and
// nothing is served, cut or left out silently.

import { BatchReader } from '../../storage/batch-reader.ts'
import {
  CLEAN_SHUTDOWN_FILE, readEpochs, readOffsets, readPartitionMetadata,
} from '../../storage/checkpoints.ts'
import { Log } from '../../storage/log.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import { chooseDamage, type Damage, inflict, tellDamage } from './damage.ts'
import { lookUnreadable } from './look-unreadable.ts'
import { boot, DATA, type Look } from './machine.ts'
import type { LogModel } from './model.ts'
import { BrokenPromise, must, mustEqual } from './promise.ts'
import { isRefusal, probe, producersOf, type Sight, sightOf, timesOf, epochsOf } from './sight.ts'
import { SimDisk } from './sim-disk.ts'

const RECOVERY_POINTS = `${DATA}/recovery-point-offset-checkpoint`
const START_OFFSETS = `${DATA}/log-start-offset-checkpoint`
const EPOCHS = '/leader-epoch-checkpoint'
const METADATA = '/partition.metadata'
const UNREADABLE_CHANCE = 0.15
const HALF_DONE = /\.(cleaned|swap|deleted|tmp)$/

interface PlacedBatch {
  readonly baseOffset: number
  readonly nextOffset: number
  readonly from: number
  readonly to: number
}

/** What is known of the damage, and of the disk before. */
interface Case {
  readonly damage: Damage
  readonly memory: MemoryDisk
  readonly damaged: MemoryDisk
  readonly isClean: boolean
}

/** Throws BrokenPromise. Answers what was done; undefined where there is nothing to do it to. */
export function lookAtDamage(memory: MemoryDisk, look: Look): string | undefined {
  const { dice, models } = look
  const files = filesOf(memory, models)
  if (files.length === 0 || files.some((path) => HALF_DONE.test(path))) return undefined
  const whole = open(memory.clone(), look)
  const sights = new Map(models.map((model) => [model, sightOf(whole.logs.get(model)!, model)]))
  const path = pickFile(files, look)
  if (dice.chance(UNREADABLE_CHANCE)) {
    lookUnreadable(memory, path, sights, look)
    return `unreadable ${path}`
  }
  const suffix = path.slice(path.lastIndexOf('.'))
  const others = files.filter((other) => other.endsWith(suffix)
    && other.slice(0, other.lastIndexOf('/')) === path.slice(0, path.lastIndexOf('/')))
  const damage = chooseDamage(memory, path, others, dice)
  const damaged = memory.clone()
  inflict(damage, damaged)
  const isClean = memory.exists(`${DATA}/${CLEAN_SHUTDOWN_FILE}`)
  try {
    compareAll({ damage, memory, damaged, isClean }, sights, look)
  } catch (error) {
    const text = `after ${tellDamage(damage)}, ${isClean ? 'closed' : 'not closed'}`
    if (error instanceof BrokenPromise) throw new BrokenPromise(`${error.message}, ${text}`)
    throw new Error(text, { cause: error })
  }
  return tellDamage(damage)
}

function filesOf(memory: MemoryDisk, models: readonly LogModel[]): string[] {
  const directories = [DATA, ...models.map(({ name }) => `${DATA}/${name}`)]
  return directories.filter((path) => memory.exists(path)).flatMap((directory) => (
    memory.list(directory).flatMap(({ name, isDirectory }) => (
      isDirectory ? [] : [`${directory}/${name}`]))))
}

/** That of batches as often as all others. */
function pickFile(files: readonly string[], { dice }: Look): string {
  const logs = files.filter((path) => path.endsWith('.log'))
  return dice.pick(dice.chance(0.5) && logs.length > 0 ? logs : files)
}

/** Every log that can be opened; the others were refused. */
function open(memory: MemoryDisk, { models, nowMs, lies }: Look) {
  const logs = new Map<LogModel, Log>()
  const refusals = new Map<LogModel, unknown>()
  const running = boot(new SimDisk(memory, lies), models, nowMs,
    (model, log) => { logs.set(model, log) },
    (model, error) => {
      if (!isRefusal(error)) throw error
      refusals.set(model, error)
    })
  return { ...running, logs, refusals }
}

function compareAll(its: Case, sights: ReadonlyMap<LogModel, Sight>, look: Look): void {
  const opened = open(its.damaged, look)
  for (const [model, sight] of sights) {
    const log = opened.logs.get(model)
    const { path } = its.damage
    const isOwn = path.startsWith(`${DATA}/${model.name}/`)
    if (isOwn && path.endsWith('.log')) {
      compareDamaged(its, model, sight, log ?? opened.refusals.get(model))
    } else if (isOwn || path.startsWith(DATA) && path.split('/').length === 3) {
      compareDerived(its, model, knownTo(its, model, sight, look), log)
    } else mustBeSame(sight, log, model)
    must('H3', log?.isFailed !== true, () => `${model.name} has failed: its disk did not`)
  }
}

/**
 * What can be known without the save point, if that was of no use any more. It may be all that
 * knows of producers, and of transactions, that began before the log: a snapshot that a loss of
 * power took cannot be made again there.
 */
function knownTo(its: Case, model: LogModel, sight: Sight, look: Look): Sight {
  const path = `${DATA}/${model.name}/save-point`
  if (sight.startOffset === 0 || !its.memory.exists(path) || its.damaged.exists(path)) return sight
  const memory = its.memory.clone()
  memory.remove(path)
  const log = open(memory, look).logs.get(model)
  mustBeOpen(log, model)
  const { committed, producers } = sightOf(log, model)
  return { ...sight, committed, producers }
}

function mustBeOpen(log: Log | undefined, model: LogModel): asserts log is Log {
  must('H4', log !== undefined, () => `${model.name} is refused`)
}

type Aspect = 'times' | 'epochs' | 'committed' | 'producers'

function mustBeSame(
  sight: Sight, log: Log | undefined, model: LogModel, unsaid: readonly Aspect[] = [],
): void {
  mustBeOpen(log, model)
  const { name } = model
  mustEqual('H4', `${name}: where it begins and ends`, [log.startOffset, log.endOffset],
    [sight.startOffset, sight.endOffset])
  const now = sightOf(log, model)
  must('H3 H4', now.batches.length === sight.batches.length
    && now.batches.every(({ bytes }, i) => bytes.equals(sight.batches[i]!.bytes)),
  () => `${name}: there are other batches`)
  const aspects: readonly [Aspect, unknown][] = [
    ['times', timesOf(log, sight.times.map(([time]) => time))],
    ['epochs', epochsOf(log, sight.batches)], ['committed', now.committed],
    ['producers', producersOf(log, model)],
  ]
  for (const [aspect, seen] of aspects) {
    if (!unsaid.includes(aspect)) mustEqual('H4', `${name}: ${aspect}`, seen, sight[aspect])
  }
}

/** Files that can be made again, or that Kafka believes too as long as they can be read. */
function compareDerived(its: Case, model: LogModel, sight: Sight, log: Log | undefined): void {
  const { path, bytes, from } = its.damage
  if (path === RECOVERY_POINTS && log === undefined) {
    // It may be the log that has lost something, or the file that says too much.
    const said = offsetIn(its.damaged, path, model)
    must('H4', said !== undefined && said > (offsetIn(its.memory, path, model) ?? 0),
      () => `${model.name} is refused`)
  } else if (path === RECOVERY_POINTS && offsetIn(its.damaged, path, model) === undefined) {
    // Without it a hole in what was not synced cannot be told from a cleaning's.
    mustHold(sight, log, model)
  } else if (path === START_OFFSETS) {
    compareStart(its, model, sight, log)
  } else if (path.endsWith(METADATA) && isOfOther(its.damage, model)) {
    const isAside = its.damaged.list(DATA).some(({ name }) => (
      name.startsWith(`${model.topic}-`) && name.endsWith('-stray')))
    must('H3', isAside, () => `${model.name}, with another topic id, is not set aside`)
  } else if (path.endsWith(METADATA) && isOfOther({ bytes: its.memory.readFile(path) }, model)) {
    // A deleted topic of the name is back, with the power lost: nothing else tells that it is none.
    mustBeOpen(log, model)
  } else {
    mustBeSame(sight, log, model, unsaidOf(path, bytes, from, sight, its))
  }
}

/** What nobody can know: numbers without a checksum are believed. */
function unsaidOf(
  path: string, bytes: Buffer | undefined, from: number, sight: Sight, its: Case,
): Aspect[] {
  // What a snapshot tells of is not said in it; and where records are deleted, it alone may know of
  // a transaction that they began.
  if (path.endsWith('.snapshot') && (its.damage.kind === 'double' || sight.startOffset > 0)) {
    return ['committed', 'producers']
  }
  if (path.endsWith('.txnindex')) return bytes !== undefined && bytes.length % 34 !== 0
    ? [] : ['committed']
  if (path.endsWith(EPOCHS)) {
    return isReadable(() => readEpochs(its.damaged, path)) ? ['epochs'] : []
  }
  if (!path.endsWith('.timeindex') || bytes === undefined || bytes.length % 12 !== 0) return []
  return its.damage.kind === 'flip' && from % 12 < 8 ? [] : ['times']
}

function isReadable(read: () => unknown): boolean {
  try {
    return read() !== undefined
  } catch {
    return false
  }
}

function offsetIn(disk: MemoryDisk, path: string, { name }: LogModel): number | undefined {
  try {
    return readOffsets(disk, path).get(name)
  } catch {
    return undefined
  }
}

/** Whether the directory says now that it is of another topic. */
function isOfOther({ bytes }: Pick<Damage, 'bytes'>, { topicId }: LogModel): boolean {
  const disk = new MemoryDisk()
  disk.makeDirectory('/x')
  disk.open('/x/file', 'create').write(bytes ?? Buffer.alloc(0), 0)
  return isReadable(() => {
    const found = readPartitionMetadata(disk, '/x/file')
    return found?.topicId === topicId ? undefined : found
  })
}

/** Where the log begins Kafka believes of the file too; without it, it is the first segment. */
function compareStart(its: Case, model: LogModel, sight: Sight, log: Log | undefined): void {
  const said = offsetIn(its.damaged, its.damage.path, model) ?? 0
  if (said > sight.endOffset) {
    // One of which nothing came to the device has nothing to lose.
    const hadFiles = filesOf(its.memory, [model]).some((path) => path.endsWith('.log'))
    must('H3', !its.isClean || !hadFiles || log === undefined, () => `${model.name} began anew`)
    return
  }
  // A segment that was deleted, but not on the device, is the log's again, and lacks its end; and
  // of one that begins anew, without a file yet, nothing else tells that none is missing.
  const isEmpty = sight.endOffset === sight.startOffset
  if (log === undefined && (isEmpty || hasDeleted(its.memory, model, sight))) return
  mustBeOpen(log, model)
  must('G5', log.startOffset <= Math.max(sight.startOffset, said),
    () => `${model.name} begins at ${log.startOffset}`)
  mustHold(sight, log, model)
}

function hasDeleted(memory: MemoryDisk, { name }: LogModel, { startOffset }: Sight): boolean {
  return memory.list(`${DATA}/${name}`)
    .some((file) => file.name.endsWith('.log') && baseOffsetOf(file.name) < startOffset)
}

/** All batches from where the log begins now are there. */
function mustHold(sight: Sight, log: Log | undefined, model: LogModel): void {
  mustBeOpen(log, model)
  for (const batch of sight.batches) {
    if (batch.baseOffset < log.startOffset) continue
    const found = probe(log, batch.baseOffset)
    must('H4', found?.bytes.equals(batch.bytes) === true,
      () => `${model.name}: at ${batch.baseOffset} is another batch`)
  }
}

function compareDamaged(its: Case, model: LogModel, sight: Sight, log: unknown): void {
  const { damage, memory, isClean } = its
  const placed = placedIn(memory, damage.path)
  const first = placed.findIndex((batch) => batch.to > damage.from && batch.from < damage.to)
  const firstOffset = placed[first]?.baseOffset ?? firstBehind(damage, placed)
  const recoveryPoint = offsetIn(memory, RECOVERY_POINTS, model) ?? 0
  const startOffset = offsetIn(memory, START_OFFSETS, model) ?? 0
  // A cleaning may have taken what lay before the damage: the log ends below it.
  const soundEnd = first < 0 ? firstOffset
    : placed[first - 1]?.nextOffset ?? baseOffsetOf(damage.path)
  const mayBeRefused = isClean || soundEnd < recoveryPoint || damage.bytes === undefined
  const isSynced = isClean || firstOffset < recoveryPoint && startOffset < recoveryPoint
  if (!(log instanceof Log)) {
    must('H2', mayBeRefused || firstOffset === Infinity && mayLackBatches(its, placed),
      () => `${model.name} is refused: ${log}`)
    return
  }
  if (isUncovered(damage, placed)) return
  must('H3', log.endOffset >= sight.endOffset || !isSynced,
    () => `${model.name} was cut to ${log.endOffset}, in what was on the device`)
  // Nobody can tell a hole between batches from what a cleaning leaves.
  const mayHaveHole = damage.bytes === undefined
    || damage.kind === 'cut' && placed.some(({ to }) => to === damage.from) || damage.from === 0
  for (const batch of sight.batches) {
    const index = placed.findIndex(({ baseOffset }) => baseOffset === batch.baseOffset)
    const isHit = first >= 0 && index >= first
      && placed[index]!.from < damage.to && placed[index]!.to > damage.from
    // The one before may be doubted with it, and those behind are found by way of it.
    const isNear = first >= 0 && index >= Math.max(0, first - 1)
    const found = probe(log, Math.max(batch.baseOffset, log.startOffset))
    const where = (): string => `${model.name}: the batch at ${batch.baseOffset}`
    if (found === undefined) {
      must('H3', isNear, () => `${where()} is refused`)
    } else if (found === null) {
      must('H2', batch.baseOffset >= firstOffset && !isSynced || mayHaveHole && isHit,
        () => `${where()} is gone`)
    } else {
      const isIt = found.bytes.equals(batch.bytes)
      must('H3', isIt || mayHaveHole && isHit && found.baseOffset >= batch.nextOffset,
        () => `${where()} is another one, of ${found.baseOffset} to ${found.nextOffset}`)
    }
  }
}

/** The first offset that bytes behind all batches may concern: they end the log there. */
function firstBehind({ from, path, bytes }: Damage, placed: readonly PlacedBatch[]): number {
  const last = placed.at(-1)
  if (bytes === undefined || from < (last?.to ?? 0)) return Infinity
  return last?.nextOffset ?? baseOffsetOf(path)
}

function baseOffsetOf(path: string): number {
  return Number.parseInt(path.slice(path.lastIndexOf('/') + 1), 10)
}

/** Whether what follows the batches of a segment could be more of them, gone bad. */
function mayLackBatches({ memory, damage }: Case, placed: readonly PlacedBatch[]): boolean {
  const its = baseOffsetOf(damage.path)
  const next = memory.list(damage.path.slice(0, damage.path.lastIndexOf('/')))
    .find(({ name }) => name.endsWith('.log') && baseOffsetOf(name) > its)
  return next !== undefined && baseOffsetOf(next.name) !== placed.at(-1)?.nextOffset
}

function placedIn(memory: MemoryDisk, path: string): PlacedBatch[] {
  const file = memory.open(path, 'read')
  const reader = new BatchReader(file, 0, file.sizeBytes())
  const placed: PlacedBatch[] = []
  while (reader.next()) {
    const { baseOffset, nextOffset } = reader.batch
    placed.push({ baseOffset, nextOffset, from: reader.position, to: reader.nextPosition })
  }
  return placed
}

/** Its first offset and the leader's epoch stand outside of the checksum of a batch. */
function isUncovered({ kind, from, to }: Damage, placed: readonly PlacedBatch[]): boolean {
  const its = placed.find((batch) => batch.from <= from && from < batch.to)
  if (its === undefined || kind === 'cut') return false
  const isWithin = (first: number, last: number): boolean => (
    from >= its.from + first && to <= its.from + last)
  return isWithin(0, 8) || isWithin(12, 16)
}
