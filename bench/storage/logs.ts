// What the benches of the storage work with: batches as clients send them, and logs on the real
// disk.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildBatch, type BatchToBuild } from '../../protocol/records/batch.ts'
import type { Disk } from '../../storage/disk.ts'
import { Log, type LogOptions } from '../../storage/log.ts'
import { nodeDisk } from '../../storage/node-disk.ts'
import type { Logger } from '../../storage/ports.ts'

export const MB = 1024 * 1024

const SILENT: Logger = {
  debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => SILENT,
}
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAg'

/** A directory on the disk of the system's temporary files; what is in it goes with it. */
export async function withDirectory<T>(work: (path: string) => T | Promise<T>): Promise<T> {
  const path = mkdtempSync(join(tmpdir(), 'samsa-bench-'))
  try {
    return await work(path)
  } finally {
    // A broker that a failure left running may still write into it.
    rmSync(path, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** A sound batch of about that size, its records of one size. */
export function batchOf(
  sizeBytes: number, recordBytes: number, timestampMs: number = Date.now(),
  more: Partial<BatchToBuild> = {},
): Buffer {
  const value = Buffer.alloc(recordBytes, 'The same value as in all the others. ')
  const count = Math.max(1, Math.floor(sizeBytes / (recordBytes + 8)))
  return buildBatch({
    records: Array.from({ length: count }, () => ({ key: null, value, headers: [] })), timestampMs,
    ...more,
  })
}

/** As it came in from a client: the log that it was appended to has numbered it. */
export function unnumber(batch: Buffer): Buffer {
  batch.fill(0, 0, 8)
  return batch
}

/** `options` over those of a new log. */
export function openLog(
  directory: string, options: Partial<LogOptions> = {}, disk: Disk = nodeDisk(),
): Log {
  mkdirSync(directory, { recursive: true })
  return Log.open({
    disk, directory, topicPartition: { topic: 'bench', partition: 0 }, topicId: TOPIC_ID,
    logger: SILENT, nowMs: Date.now(), ...options,
  })
}

/** Appends the batch so often, as if it came from a client each time. */
export function fill(log: Log, batch: Buffer, count: number): void {
  for (let i = 0; i < count; i++) {
    log.append(unnumber(batch), { leaderEpoch: 0, nowMs: Date.now(), origin: 'client' })
    log.flush()
  }
  log.advanceHighWatermark(log.endOffset)
}
