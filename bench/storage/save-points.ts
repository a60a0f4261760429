// What save points cost: a log that is filled and brought to the device every 32 MB, with them and
// without.

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Log } from '../../storage/log.ts'
import { median } from '../measure.ts'
import { batchOf, fill, MB, openLog, withDirectory } from './logs.ts'

const GOAL_MS = 20
const LOG_BYTES = 512 * MB
const SYNC_BYTES = 32 * MB
const ROUNDS = 5
/** With a batch each: what the log knows of them goes with every save point. */
const PRODUCERS = [0, 2_000, 20_000]

interface Round {
  readonly appendMs: number
  readonly syncMs: number
  /** The longest that nothing else could be done in syncs. */
  readonly ownMs: number
  readonly computedMs: number
}

export async function benchSavePoints(): Promise<void> {
  console.log(`\n${LOG_BYTES / MB} MB, to the device every ${SYNC_BYTES / MB} MB, with save points `
    + `and without (goal: nothing stands still for more than ${GOAL_MS} ms, but for a processor)`)
  await withDirectory(async (path) => {
    for (const producers of PRODUCERS) {
      const rounds: { with: Round, without: Round }[] = []
      for (let i = 0; i < ROUNDS; i++) {
        const without = await fillRound(path, producers, false)
        rounds.push({ without, with: await fillRound(path, producers, true) })
      }
      for (const which of ['without', 'with'] as const) {
        const all = (part: keyof Round): number[] => rounds.map((round) => round[which][part])
        console.log([
          `${producers} producers`.padStart(16), which.padEnd(8),
          `appends ${(LOG_BYTES / 1e3 / median(all('appendMs'))).toFixed(0).padStart(5)} MB/s`,
          `a sync ${median(all('syncMs')).toFixed(1).padStart(6)} ms`,
          `longest stall ${median(all('ownMs')).toFixed(1).padStart(5)} ms,`,
          `computed ${median(all('computedMs')).toFixed(1).padStart(4)} ms`,
        ].join('  '))
      }
    }
  })
}

async function fillRound(path: string, producers: number, hasThem: boolean): Promise<Round> {
  const directory = join(path, 'bench-0')
  const savePoints = { writeRecoveryPoint: async () => true }
  const log = openLog(directory, hasThem ? { savePoints } : {})
  const batch = batchOf(64 * 1024, 1024)
  for (let producerId = 0; producerId < producers; producerId++) introduce(log, producerId)
  let [appendMs, syncMs, ownMs, computedMs, syncs] = [0, 0, 0, 0, 0]
  for (let filled = 0; filled < LOG_BYTES; filled += SYNC_BYTES) {
    const startedMs = performance.now()
    fill(log, batch, SYNC_BYTES / batch.length)
    const filledMs = performance.now()
    appendMs += filledMs - startedMs
    const stall = await stallOf(log)
    ownMs = Math.max(ownMs, stall.ownMs)
    computedMs = Math.max(computedMs, stall.computedMs)
    syncMs += performance.now() - filledMs
    syncs++
  }
  log.abandon()
  rmSync(directory, { recursive: true })
  return { appendMs, syncMs: syncMs / syncs, ownMs, computedMs }
}

function introduce(log: Log, producerId: number): void {
  const entry = { producerId, producerEpoch: 0, baseSequence: 0 }
  log.append(batchOf(100, 10, Date.now(), entry), {
    leaderEpoch: 0, nowMs: Date.now(), origin: 'client',
  })
}

interface Stall {
  /** But for what it waited for a processor. */
  readonly ownMs: number
  readonly computedMs: number
}

/** How long a sync holds up the others at most. */
async function stallOf(log: Log): Promise<Stall> {
  let longest: Stall = { ownMs: 0, computedMs: 0 }
  let before = spent()
  let isOver = false
  const look = (): void => {
    const now = spent()
    longest = {
      ownMs: Math.max(longest.ownMs, now.ownMs - before.ownMs),
      computedMs: Math.max(longest.computedMs, now.computedMs - before.computedMs),
    }
    before = now
  }
  const syncing = log.sync().finally(() => { isOver = true })
  while (!isOver) {
    look()
    await setImmediate()
  }
  await syncing
  look()
  return longest
}

/** Linux tells for a thread how long it ran and how long it waited for a processor. */
function spent(): Stall {
  const [ranMs = 0, waitedMs = 0] = readFileSync('/proc/thread-self/schedstat', 'latin1')
    .split(' ').map((ns) => Number(ns) / 1e6)
  return { ownMs: performance.now() - waitedMs, computedMs: ranMs }
}
