// librdkafka on a disk that fills up: it waits and goes on, and nothing that was acknowledged is
// missing, neither while the disk is full, nor when there is room, nor after a kill.

import { deepStrictEqual, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import type { Check } from '../harness/check.ts'
import { start, until } from '../harness/process.ts'
import { python } from './kill.ts'
import { Machine } from './machine.ts'

const SETTINGS = {
  'log.retention.check.interval.ms': '500', 'log.segment.delete.delay.ms': '100',
  'log.cleaner.dedupe.buffer.size': '4194304',
}
const SMALL_MB = 40
const LARGE_MB = 96
const STEP_MS = 90_000

interface Step {
  readonly step: string
  readonly acknowledged: number
  readonly waiting: number
  readonly commit?: string
  readonly committed: number
  readonly starts: readonly number[]
  readonly read: number
  readonly faults: readonly string[]
}

export const fullCheck: Check = {
  name: 'librdkafka waits while the only disk is full, and goes on when records are deleted',
  timeoutMs: 300_000,
  async run() {
    const machine = await Machine.make({
      directories: ['one'], mounts: { one: SMALL_MB }, settings: SETTINGS,
    })
    try {
      await machine.start()
      await steps(machine)
      // Each time one line, that says what to do, and one when it was over.
      const told = machine.log().split('\n').filter((line) => (
        / (WARN|ERROR) /.test(line) && !line.includes('the node is a cluster of its own')))
      const others = told.filter((line) => (
        !/A log directory is full: .*delete topics.*directory=/.test(line)
        && !/The disk of the metadata is full/.test(line)))
      deepStrictEqual(others, [])
      ok(told.length >= 2 && told.length <= 8, told.join('\n'))
      ok(machine.log().includes('A log directory has room again'))
    } catch (error) {
      throw new Error(`${String(error)}\nits log:\n${machine.log().slice(-100_000)}`)
    } finally {
      await machine.dispose()
    }
  },
}

async function steps(machine: Machine): Promise<void> {
  const client = start(await python(), ['compat/disks/full.py', machine.address])
  const lines: string[] = []
  const complaints: string[] = []
  createInterface({ input: client.stdout! }).on('line', (line) => { lines.push(line) })
  client.stderr!.on('data', (chunk: Buffer) => { complaints.push(chunk.toString()) })
  const ended = once(client, 'close').then(() => {
    throw new Error(`the client has ended:\n${complaints.join('')}`)
  })
  ended.catch(() => {})
  const next = async (name: string): Promise<Step> => {
    const line = await Promise.race([ended, until(name, STEP_MS, () => lines.shift())])
    console.log(`       ${line}`)
    const step = JSON.parse(line) as Step
    deepStrictEqual([step.step, step.faults], [name, []])
    return step
  }
  const goOn = (): void => { client.stdin!.write('\n') }
  try {
    const full = await next('full')
    ok(full.acknowledged > 500 && full.waiting > 0 && full.read === full.acknowledged)
    // It asks for its coordinator again and again, until its time is up.
    ok(full.commit !== 'NONE', full.commit)
    deepStrictEqual(full.committed, 1)
    goOn()
    const room = await next('room')
    ok(room.acknowledged > full.acknowledged && room.starts[0]! > 0)
    deepStrictEqual([room.waiting, room.commit, room.committed], [0, 'NONE', 3])
    goOn()
    const again = await next('full again')
    ok(again.waiting > 0)
    await machine.stop('SIGKILL')
    await machine.resize('one', LARGE_MB)
    await machine.start()
    goOn()
    const restarted = await next('restarted')
    ok(restarted.acknowledged > again.acknowledged)
    deepStrictEqual([restarted.waiting, restarted.committed], [0, 3])
  } finally {
    client.kill('SIGKILL')
  }
}
