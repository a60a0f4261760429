// Opening a log after a kill: how fast what is behind the recovery point is looked through, and
// that nothing else is.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, sleep } from '../../compat/harness/process.ts'
import { Wire } from '../../compat/harness/wire.ts'
import type { Disk, DiskFile, OpenMode } from '../../storage/disk.ts'
import { nodeDisk } from '../../storage/node-disk.ts'
import { createTopic, produceBatch } from '../requests.ts'
import { Broker } from './broker.ts'
import { batchOf, fill, MB, openLog, unnumber, withDirectory } from './logs.ts'

const GOAL_MB_PER_S = 300
const LOG_BYTES = 2048 * MB
const BATCH_BYTES = 64 * 1024
/** The broker brings what was written to the device after so much. */
const SYNC_BYTES = 32 * MB
const PATIENCE_MS = 120_000
const INTERRUPT_AFTER_MS = 1500
/** What is behind the recovery point. */
const TAILS_BYTES = [LOG_BYTES, 256 * MB, 32 * MB, 0]

export async function benchRecovery(): Promise<void> {
  console.log(`\na log of ${LOG_BYTES / MB} MB after a kill (goal: ${GOAL_MB_PER_S} MB/s of what `
    + 'is behind the recovery point, and of that alone)')
  await withDirectory(async (path) => {
    const directory = join(path, 'bench-0')
    const batch = batchOf(BATCH_BYTES, 1024)
    const savePoint = join(directory, 'save-point')
    const log = openLog(directory, { savePoints: { writeRecoveryPoint: async () => true } })
    const kills: Kill[] = []
    for (let filled = 0; filled <= LOG_BYTES; filled += SYNC_BYTES) {
      await log.sync()
      if (TAILS_BYTES.includes(LOG_BYTES - filled)) {
        const bytes = existsSync(savePoint) ? readFileSync(savePoint) : undefined
        kills.push({ recoveryPoint: log.recoveryPoint, flushedBytes: log.sizeBytes, bytes })
      }
      if (filled < LOG_BYTES) fill(log, batch, Math.ceil(SYNC_BYTES / batch.length))
    }
    log.abandon()
    for (const kill of kills) {
      rmSync(savePoint, { force: true })
      if (kill.bytes !== undefined) writeFileSync(savePoint, kill.bytes)
      recoverBehind(directory, kill)
    }
  })
  await withDirectory(benchKilledBroker)
}

/** All that was written later had not come to the device. */
interface Kill {
  readonly recoveryPoint: number
  readonly flushedBytes: number
  /** Of the save point that was there. */
  readonly bytes: Buffer | undefined
}

function recoverBehind(directory: string, { recoveryPoint, flushedBytes }: Kill): void {
  const disk = new CountingDisk()
  const startedMs = performance.now()
  const log = openLog(directory, { recoveryPoint }, disk)
  const elapsedMs = performance.now() - startedMs
  const behind = log.sizeBytes - flushedBytes
  log.abandon()
  console.log([
    `unflushed ${(behind / MB).toFixed(0).padStart(5)} MB`,
    `read ${(disk.readBytes / MB).toFixed(0).padStart(5)} MB`,
    `${elapsedMs.toFixed(0).padStart(5)} ms`,
    behind === 0 ? '' : `${(behind / 1e3 / elapsedMs).toFixed(0).padStart(5)} MB/s`,
  ].join('  '))
}

/** The real disk; it counts what is read of files. */
class CountingDisk implements Disk {
  readBytes = 0
  readonly #disk = nodeDisk()
  readonly exists = this.#disk.exists.bind(this.#disk)
  readonly list = this.#disk.list.bind(this.#disk)
  readonly makeDirectory = this.#disk.makeDirectory.bind(this.#disk)
  readonly rename = this.#disk.rename.bind(this.#disk)
  readonly remove = this.#disk.remove.bind(this.#disk)
  readonly removeTree = this.#disk.removeTree.bind(this.#disk)
  readonly syncDirectory = this.#disk.syncDirectory.bind(this.#disk)
  readonly syncDirectoryAsync = this.#disk.syncDirectoryAsync.bind(this.#disk)
  readonly sizeBytes = this.#disk.sizeBytes.bind(this.#disk)
  readonly space = this.#disk.space.bind(this.#disk)
  readonly lock = this.#disk.lock.bind(this.#disk)

  open(path: string, mode: OpenMode): DiskFile {
    const file = this.#disk.open(path, mode)
    const read = file.read.bind(file)
    file.read = (...args) => {
      const count = read(...args)
      this.readBytes += count
      return count
    }
    return file
  }

  readFile(path: string): Buffer | undefined {
    const bytes = this.#disk.readFile(path)
    this.readBytes += bytes?.length ?? 0
    return bytes
  }
}

/** The whole broker, killed; once as it was, once as if nothing had come to the device. */
async function benchKilledBroker(path: string): Promise<void> {
  const broker = await Broker.in(path)
  await broker.start()
  const wire = await Wire.connect(broker.address)
  await createTopic(wire, 'killed', 1)
  const batch = batchOf(1_000_000, 1024)
  for (let filled = 0; filled < LOG_BYTES; filled += batch.length) {
    await produceBatch(wire, 'killed', 0, unnumber(batch))
  }
  wire.close()
  await broker.stop('SIGKILL')
  console.log(`the broker killed, as it was: ready in ${(await broker.start()).toFixed(0)} ms`)
  await broker.stop('SIGKILL')
  const checkpoint = join(broker.dataDirectory, 'recovery-point-offset-checkpoint')
  const nothingIsFlushed = (): void => writeFileSync(
    checkpoint, readFileSync(checkpoint, 'utf8').replace(/^(killed 0) \d+$/m, '$1 0'))
  nothingIsFlushed()
  await run('sync', [], { timeoutMs: PATIENCE_MS })
  const readyMs = await broker.start()
  console.log(`the broker killed, nothing flushed: ready in ${readyMs.toFixed(0)} ms`)
  await broker.stop('SIGKILL')
  nothingIsFlushed()
  const started = broker.start().then(() => 'after the start', () => 'before it was ready')
  await sleep(INTERRUPT_AFTER_MS)
  const elapsedMs = await broker.stop()
  console.log(`SIGTERM in the middle of it: ended in ${elapsedMs.toFixed(0)} ms, ${await started}`)
}
