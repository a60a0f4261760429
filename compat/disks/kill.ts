// `kill -9` under load, forty times: librdkafka writes on, and at the end all that was acknowledged
// is there once, in order.

import { deepStrictEqual, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import type { Check } from '../harness/check.ts'
import { pythonWith } from '../harness/install.ts'
import { sleep, start, until } from '../harness/process.ts'
import { randomFrom } from '../harness/random.ts'
import { Machine } from './machine.ts'
import { seedOf } from './seed.ts'

const KILLS = 40
/** From when it serves. */
const MAX_LIFE_MS = 900
/** Every so many starts end before it serves. */
const EARLY_EVERY = 5
const MAX_EARLY_MS = 400
const SETTINGS = {
  'log.cleaner.backoff.ms': '150',
  'log.cleaner.dedupe.buffer.size': '4194304',
  'log.retention.check.interval.ms': '200',
  'log.flush.offset.checkpoint.interval.ms': '300',
}

interface Report {
  readonly acknowledged: number
  readonly read: Readonly<Record<string, number>>
  readonly transactions: Readonly<Record<string, number>>
  readonly faults: number
  readonly some: readonly string[]
}

export const python = (): Promise<string> =>
  pythonWith('confluent-kafka', 'compat/confluent-kafka/requirements.txt')

export const killCheck: Check = {
  name: `all that was acknowledged outlives ${KILLS} times kill -9 under load`,
  timeoutMs: 400_000,
  async run() {
    const seed = seedOf('kills')
    const machine = await Machine.make({ directories: ['one', 'two'], settings: SETTINGS })
    try {
      const report = await load(machine, seed)
      console.log(`       ${JSON.stringify(report)}`)
      deepStrictEqual(report.some, [])
      // That little would show nothing.
      ok(report.acknowledged > 10_000 && report.transactions['committed']! > 20)
    } catch (error) {
      throw new Error(`${String(error)}\nits log:\n${machine.log().slice(-200_000)}`)
    } finally {
      await machine.dispose()
    }
  },
}

async function load(machine: Machine, seed: number): Promise<Report> {
  await machine.start()
  const client = start(await python(), ['compat/disks/load.py', machine.address, String(seed)])
  const lines: string[] = []
  const complaints: string[] = []
  createInterface({ input: client.stdout! }).on('line', (line) => { lines.push(line) })
  client.stderr!.on('data', (chunk: Buffer) => { complaints.push(chunk.toString()) })
  const ended = once(client, 'close')
  try {
    // Only what writes goes on when its broker dies; it has made its topics by then.
    await Promise.race([ended, until('the first writes', 60_000, () => lines[0])])
    const startedMs = Date.now()
    await killing(machine, randomFrom(seed), () => client.exitCode !== null)
    const killedMs = Date.now()
    client.stdin!.end('stop\n')
    await ended
    console.log(`       ${KILLS} kills in ${killedMs - startedMs} ms, read in `
      + `${Date.now() - killedMs} ms`)
  } finally {
    client.kill('SIGKILL')
  }
  const last = lines.at(-1)
  if (last?.startsWith('{') !== true) throw new Error(`no report:\n${complaints.join('')}`)
  return JSON.parse(last) as Report
}

async function killing(
  machine: Machine, random: () => number, isOver: () => boolean,
): Promise<void> {
  for (let kill = 1; kill <= KILLS && !isOver(); kill++) {
    await sleep(random() * MAX_LIFE_MS)
    await machine.stop('SIGKILL')
    if (kill % EARLY_EVERY === 0) await killEarly(machine, random() * MAX_EARLY_MS)
    await machine.start()
  }
}

/** In the middle of its start, or soon after. */
async function killEarly(machine: Machine, afterMs: number): Promise<void> {
  const starting = machine.start().catch(() => {})
  await sleep(afterMs)
  await machine.stop('SIGKILL')
  await starting
}
