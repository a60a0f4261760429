// Opens a copy of the machine of which one file cannot be read (EIO): whoever needs it is told that
// it is the disk (H6), and nobody gets anything wrong.

import { StorageError } from '../../storage/disk.ts'
import type { Log } from '../../storage/log.ts'
import type { MemoryDisk } from '../../storage/memory-disk.ts'
import { boot, type Look } from './machine.ts'
import type { LogModel } from './model.ts'
import { must } from './promise.ts'
import { probe, type Sight } from './sight.ts'
import { SimDisk } from './sim-disk.ts'

/** Throws BrokenPromise, and what no disk says. */
export function lookUnreadable(
  memory: MemoryDisk, path: string, sights: ReadonlyMap<LogModel, Sight>,
  { models, nowMs, lies }: Look,
): void {
  const disk = new SimDisk(memory.clone(), lies)
  disk.watcher = (call) => {
    if (call.path !== path || !['open', 'read'].includes(call.kind)) return undefined
    return { error: Object.assign(new Error(`EIO: ${path}`), { code: 'EIO', path }) }
  }
  const logs = new Map<LogModel, Log>()
  try {
    boot(disk, models, nowMs, (model, log) => { logs.set(model, log) })
  } catch (error) {
    if (!isOfDisk(error)) throw error
  }
  for (const [model, log] of logs) {
    try {
      mustBeRight(log, sights.get(model)!)
    } catch (error) {
      if (!isOfDisk(error)) throw error
      must('H6', log.isFailed, () => `${model.name} goes on after ${path} could not be read`)
    }
  }
}

function mustBeRight(log: Log, sight: Sight): void {
  for (const batch of sight.batches) {
    const found = probe(log, Math.max(batch.baseOffset, log.startOffset))
    must('H6', found?.bytes.equals(batch.bytes) === true,
      () => `${log.name}: at ${batch.baseOffset} is another batch`)
  }
  for (const [time, offset] of sight.times) {
    must('H6', log.offsetForTimestamp(time)?.offset === offset,
      () => `${log.name}: another offset is found for ${time}`)
  }
}

function isOfDisk(error: unknown): boolean {
  return error instanceof StorageError || (error as { code?: unknown }).code === 'EIO'
}
