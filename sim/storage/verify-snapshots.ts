// Holds the snapshots of producers that lie in a log's directory against the log: whichever of them
// a later start or truncation begins with, it comes to the same open transactions.

import type { Disk } from '../../storage/disk.ts'
import type { Log } from '../../storage/log.ts'
import { decodeSnapshot } from '../../storage/producer-snapshots.ts'
import { type ProducerEntry, ProducerState } from '../../storage/producers.ts'
import { takeIn } from '../../storage/recovery.ts'
import type { ProducerModel } from './model.ts'
import { must } from './promise.ts'

/** `wanted`: what the batches of the log come to. Throws BrokenPromise. */
export function verifySnapshots(
  log: Log, disk: Disk, wanted: ReadonlyMap<number, ProducerModel>,
): void {
  const first = firstSegment(log, disk)
  for (const { name } of disk.list(log.directory)) {
    const offset = name.endsWith('.snapshot') ? Number.parseInt(name, 10) : -1
    if (offset < first || offset > log.endOffset) continue
    const entries = decodeSnapshot(disk.readFile(`${log.directory}/${name}`)!)
    if (entries === undefined) continue
    mustAgree(readFrom(offset, entries, log), wanted, log.startOffset,
      `${log.name}, read from the snapshot of ${offset}`)
  }
}

/** Of what began before the log, a recovery without snapshots knows less. */
function mustAgree(
  producers: ProducerState, wanted: ReadonlyMap<number, ProducerModel>, startOffset: number,
  where: string,
): void {
  for (const { producerId, isInTransaction, currentTransactionFirstOffset } of producers.all()) {
    if (!isInTransaction) continue
    const since = wanted.get(producerId)?.openSince
    const isIt = since !== undefined && since <= currentTransactionFirstOffset
    must('E4', isIt && (since === currentTransactionFirstOffset || since < startOffset),
      () => `${where}: producer ${producerId} is in a transaction since `
        + `${currentTransactionFirstOffset}, should be since ${since}`)
  }
  for (const [producerId, { openSince = -1 }] of wanted) {
    must('E4', openSince < startOffset || producers.get(producerId)?.isInTransaction === true,
      () => `${where}: producer ${producerId} is in no transaction, should be since ${openSince}`)
  }
}

/** Older snapshots tell of what is gone, and are not used. */
function firstSegment({ directory }: Log, disk: Disk): number {
  const segment = disk.list(directory).find(({ name }) => name.endsWith('.log'))
  return Number.parseInt(segment!.name, 10)
}

function readFrom(offset: number, entries: readonly ProducerEntry[], log: Log): ProducerState {
  const producers = new ProducerState(log.name)
  producers.load(entries)
  for (const batch of log.batches(offset)) {
    if (batch.baseOffset >= offset) takeIn(batch, producers)
  }
  return producers
}
