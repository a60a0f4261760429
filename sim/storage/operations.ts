// What a machine does to its logs: each operation of a history, and what the model makes of it.

import { ApiError, Errors } from '../../protocol/errors.ts'
import { addSequence } from '../../protocol/records/batch.ts'
import { CODECS } from '../../protocol/records/compression.ts'
import { type LogConfig, parseLogConfig } from '../../storage/config.ts'
import { isDiskFull, StorageError } from '../../storage/disk.ts'
import type { Log } from '../../storage/log.ts'
import { DiskFullError } from '../../storage/room.ts'
import { cleanNow } from './cleaning.ts'
import type { Dice } from './dice.ts'
import { promisedNow } from './machine.ts'
import { LogModel, type ModelBatch } from './model.ts'
import { must, mustEqual } from './promise.ts'
import type { Scene, Target } from './scene.ts'
import { verify } from './verify.ts'

const MOST_LOGS = 3
const PRODUCERS = [-1, -1, 1, 2, 3, 4]
const KEYS = Array.from({ length: 6 }, (_, i) => `key ${i}`)
const DEFAULTS = parseLogConfig(new Map())

export async function operate(scene: Scene): Promise<void> {
  const { dice, models } = scene
  scene.nowMs += dice.below(60)
  if (models.length === 0) return addLog(scene)
  const model = dice.pick(models)
  const operation = dice.weighted(OPERATIONS)
  scene.tell(`${model.name} ${operation.name}`)
  await operation({ scene, model, log: model.log! })
}

function randomConfig(dice: Dice, now?: LogConfig): LogConfig {
  const policy = now?.cleanupPolicy ?? new Set(dice.weighted<('compact' | 'delete')[]>([
    [4, ['delete']], [2, ['compact']], [1, ['compact', 'delete']],
  ]))
  return {
    ...DEFAULTS, cleanupPolicy: policy,
    segmentBytes: 1200 + dice.below(2000), indexIntervalBytes: dice.below(400),
    retentionBytes: dice.chance(0.3) ? 4000 : -1, retentionMs: dice.chance(0.3) ? 1500 : -1,
    fileDeleteDelayMs: dice.pick([0, 100]), deleteRetentionMs: dice.pick([0, 100]),
    minCleanableDirtyRatio: 0,
  }
}

/** Of a topic that is new, if only by its id. */
function addLog({ dice, models, directory, disk, nowMs, tell }: Scene): void {
  const topic = ['a', 'b', 'c', 'd'].find((name) => models.every((model) => model.topic !== name))!
  const topicId = Array.from({ length: 22 }, () => dice.pick([...'ABCDEFGHIJ'])).join('')
  const model = new LogModel(topic, topicId, randomConfig(dice))
  tell(`new log ${topic} ${topicId} ${[...model.config.cleanupPolicy]}`)
  models.push(model)
  try {
    model.log = directory.openLog({ topic, topicId, partition: 0, config: model.config, nowMs })
  } catch (error) {
    // Whoever opens a log takes all for the fault of its disk.
    if (!isDiskFull(error)) throw new StorageError(directory.path, error)
    models.pop()
    must('H7', !disk.exists(`${directory.path}/${model.name}`),
      () => `something is left of ${model.name}, for which there was no room`)
    throw new DiskFullError(directory.path, error)
  }
}

/** The model hears of it first: from then on it may be there. */
function append({ scene: { nowMs }, model, log }: Target, batch: ModelBatch): void {
  const { leaderEpoch } = model
  const bytes = Buffer.from(batch.bytes)
  bytes.writeBigInt64BE(0n, 0)
  bytes.writeInt32BE(-1, 12)
  model.batches.push(batch)
  const { firstOffset, duplicate } = log.append(bytes, {
    leaderEpoch, nowMs, origin: batch.mark === undefined ? 'client' : 'coordinator',
    isVerificationRequired: false,
  })
  mustEqual('A5 D2', `${log.name}: what an append says`, [firstOffset, duplicate],
    [batch.baseOffset, false])
}

function appendData(target: Target): void {
  appendOf(target.scene.dice.pick(PRODUCERS), target)
}

function appendOf(producerId: number, target: Target, transactionalChance = 0.4): void {
  const { scene: { dice, nowMs }, model, log } = target
  // What the log knows of it is checked elsewhere.
  const its = log.producers.get(producerId)
  const isOpen = its?.isInTransaction === true
  const isNewEpoch = its === undefined || !isOpen && dice.chance(0.05)
  const producerEpoch = isNewEpoch ? model.newProducerEpoch(producerId) : its.epoch
  const producer = producerId < 0 ? {} : {
    producerId, producerEpoch, isTransactional: isOpen || dice.chance(transactionalChance),
    baseSequence: isNewEpoch || its.lastSequence < 0 ? 0 : addSequence(its.lastSequence, 1),
  }
  const count = 1 + dice.below(3)
  const isCompacted = model.config.cleanupPolicy.has('compact')
  const pairs = Array.from({ length: count }, (): [string | null, string | null] => [
    isCompacted || dice.chance(0.3) ? dice.pick(KEYS) : null,
    isCompacted && dice.chance(0.2) ? null : `${dice.random()}`.repeat(1 + dice.below(6)),
  ])
  append(target, model.build({
    ...producer, pairs, timestamps: pairs.map(() => nowMs - dice.below(200)),
    codec: dice.chance(0.7) ? 'none' : dice.pick(CODECS),
  }))
}

function appendMark(target: Target): void {
  const { scene: { dice, nowMs }, model, log } = target
  const open = [...log.producers.all()].filter(({ isInTransaction }) => isInTransaction)
  if (open.length === 0) return appendData(target)
  const { producerId, epoch } = dice.pick(open)
  append(target, model.buildMark(dice.pick(['COMMIT', 'ABORT']), producerId, epoch, nowMs))
}

function appendAndFlush(target: Target): void {
  appendData(target)
  if (target.scene.dice.chance(0.3)) appendMark(target)
  target.log.flush()
  target.log.advanceHighWatermark(target.log.endOffset)
}

/** D1, D2: what was sent before, and what should not come yet. */
function appendAgain({ scene: { dice, nowMs }, model, log }: Target): void {
  const known = [...log.producers.all()].filter(({ batches }) => batches.length > 0)
  if (known.length === 0) return
  const { lastOffset } = dice.pick(dice.pick(known).batches)
  const sent = model.batches.find(({ nextOffset }) => nextOffset === lastOffset + 1)
  if (sent === undefined) return
  const bytes = Buffer.from(sent.bytes)
  bytes.writeBigInt64BE(0n, 0)
  const { leaderEpoch } = model
  const options = {
    leaderEpoch, nowMs, origin: 'client', isVerificationRequired: false } as const
  const { firstOffset, duplicate } = log.append(bytes, options)
  mustEqual('D2', `${log.name}: a batch that is sent again`, [firstOffset, duplicate],
    [sent.baseOffset, true])
}

function flush({ log }: Target): void {
  log.flush()
}

async function sync(target: Target): Promise<void> {
  const { scene: { dice }, model, log } = target
  const { endOffset } = log
  const syncing = log.sync()
  let isCut = false
  try {
    if (dice.chance(0.3)) appendData(target)
    isCut = dice.chance(0.15) && truncate(target)
  } catch (error) {
    // The sync comes to its own end, whatever that is.
    await syncing.catch(() => {})
    throw error
  }
  await syncing
  if (!isCut) model.syncedTo = Math.max(model.syncedTo, endOffset)
}

async function checkpoint({ scene: { dice, models, directory, cleaner } }: Target): Promise<void> {
  const said = models.map(({ log }) => [log!.startOffset, log!.highWatermark] as const)
  if (dice.chance(0.5)) directory.checkpoint()
  else await directory.checkpointAsync()
  // It says what it said before, where it did not fit.
  if (directory.room.isFull) return
  for (const [i, model] of models.entries()) {
    [model.durableStart, model.durableHighWatermark] = said[i]!
  }
  if (!dice.chance(0.3)) return
  await cleaner.save(directory.logs(), []).catch((error: unknown) => {
    // As the cleaner of a node takes it.
    if (error instanceof DiskFullError) directory.room.filled()
    throw error
  })
}

/** As a follower does whose leader has other records. Answers whether anything was cut. */
function truncate({ scene: { dice, tell }, model, log }: Target): boolean {
  // What a cleaning went by was committed: nobody takes that back.
  const least = Math.max(log.startOffset, model.stableSince)
  const offset = Math.max(least, log.endOffset - dice.below(25))
  if (offset >= log.endOffset) return false
  const kept = model.batches.findLast(({ nextOffset }) => nextOffset <= offset)
  const cutTo = Math.min(offset, kept?.nextOffset ?? 0)
  tell(`  to ${offset}, which is ${cutTo}, of ${log.startOffset} to ${log.endOffset}`)
  const isWhole = cutTo <= log.startOffset
  model.ongoing = isWhole ? { resetTo: offset, cutTo: 0 } : { cutTo }
  log.truncateTo(offset)
  truncated(model, log, log.endOffset)
  return true
}

function truncated(model: LogModel, log: Log, endOffset: number): void {
  mustEqual('B7', `${log.name}: the end after it was cut`, log.endOffset, endOffset)
  model.forgetFrom(endOffset)
  model.producersSince = endOffset
  model.startOffset = Math.min(model.startOffset, log.startOffset)
  model.ongoing = {}
  model.leaderEpoch++
}

function truncateFully({ scene: { dice }, model, log }: Target): void {
  const resetTo = dice.below(log.endOffset + 20)
  model.ongoing = { resetTo, cutTo: 0, startCeiling: resetTo }
  log.truncateFully(resetTo)
  model.batches = []
  model.cleanedBelow = 0
  model.stableSince = 0
  model.startOffset = resetTo
  truncated(model, log, resetTo)
  model.durableStart = 0
}

function deleteRecords({ scene: { dice }, model, log }: Target): void {
  log.flush()
  log.advanceHighWatermark(log.endOffset)
  const offset = log.startOffset + dice.below(log.endOffset - log.startOffset + 1)
  model.ongoing = { startCeiling: offset }
  log.deleteRecordsTo(offset)
  model.startOffset = offset
  model.ongoing = {}
}

/** Retention, and removing what waits for it. */
function tick({ scene: { directory, nowMs }, model, log }: Target): void {
  model.ongoing = { startCeiling: log.highWatermark }
  log.tick(nowMs)
  directory.tick(nowMs)
  model.startOffset = log.startOffset
  model.ongoing = {}
}

async function cleanAndRetain(target: Target): Promise<void> {
  const { model } = target
  if (!model.config.cleanupPolicy.has('compact')) return appendAndFlush(target)
  await cleanNow(target, () => appendData(target))
  if (model.config.cleanupPolicy.has('delete')) {
    model.ongoing = { startCeiling: target.log.highWatermark }
    target.log.applyRetention(target.scene.nowMs)
    model.startOffset = target.log.startOffset
    model.ongoing = {}
  }
}

/** A transaction that ends in another segment than it began in, until no more than that is left. */
async function outlive(target: Target): Promise<void> {
  const { scene, model, log } = target
  if (!model.config.cleanupPolicy.has('compact')) return appendAndFlush(target)
  const producerId = 1 + scene.dice.below(4)
  appendOf(producerId, target, 1)
  fill(target)
  while (isAnyOpen(log)) appendMark(target)
  fill(target)
  // All keys that it can have written, and a later batch of its producer.
  append(target, model.build({
    pairs: KEYS.map((key) => [key, 'later']), timestamps: KEYS.map(() => scene.nowMs),
  }))
  appendOf(producerId, target, 0)
  // Its data has to be gone, and the time of its mark to come.
  for (let cleanings = 0; cleanings < 3; cleanings++) {
    fill(target)
    scene.nowMs += 150
    await cleanNow(target, () => {})
  }
}

function isAnyOpen(log: Log): boolean {
  return [...log.producers.all()].some(({ isInTransaction }) => isInTransaction)
}

/** The rest of a segment, with records that no cleaning takes. */
function fill(target: Target): void {
  const { scene: { nowMs }, model, log } = target
  const { segmentCount } = log
  while (log.segmentCount === segmentCount) {
    const pairs = [[`at ${log.endOffset}`, 'x'.repeat(500)]] as const
    append(target, model.build({ pairs, timestamps: [nowMs] }))
  }
  log.flush()
  log.advanceHighWatermark(log.endOffset)
}

function reconfigure({ scene: { dice }, model, log }: Target): void {
  model.config = randomConfig(dice, model.config)
  log.reconfigure(model.config)
}

function startEpoch({ model, log }: Target): void {
  log.startEpoch(++model.leaderEpoch)
}

function look({ scene: { dice }, model, log }: Target): void {
  log.flush()
  verify(log, model, promisedNow(model, 'kill'), dice)
  const beyond = log.endOffset + 1
  try {
    log.read(beyond, 1, { maxOffset: Infinity, minOneBatch: true })
    must('B8', false, () => `${log.name}: a read from ${beyond}, behind the end, is answered`)
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== Errors.OFFSET_OUT_OF_RANGE) throw error
  }
}

function newLog({ scene }: Target): void {
  if (scene.models.length < MOST_LOGS) addLog(scene)
}

/**
 * With its topic; another of its name may follow. Whose it was is on the device since the first
 * sync.
 */
async function remove({ scene: { models, directory, nowMs }, model, log }: Target): Promise<void> {
  await log.sync()
  models.splice(models.indexOf(model), 1)
  directory.remove(log, nowMs)
}

const OPERATIONS: readonly (readonly [number, (target: Target) => void | Promise<void>])[] = [
  [22, appendData], [14, appendAndFlush], [8, appendMark], [3, appendAgain], [5, flush],
  [7, sync], [5, checkpoint], [5, truncate], [0.7, truncateFully], [4, deleteRecords], [7, tick],
  [7, cleanAndRetain], [0.8, outlive], [2, reconfigure], [2, startEpoch], [4, look], [2, newLog],
  [0.6, remove],
]
