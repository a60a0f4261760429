// The metadata on a disk that is full: a decision is written with what is in reserve, snapshots
// wait, and a sync that fails is never tried again.

import { expect, test } from '@jest/globals'

import { Controller } from '../../controller/controller.ts'
import type { Decision } from '../../controller/decisions/decision.ts'
import { record } from '../../controller/metadata-records.ts'
import { type Call, type Fault, SimDisk } from '../../sim/storage/sim-disk.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import type { Logger } from '../../storage/ports.ts'
import { Reserve, RESERVE_FILE } from '../../storage/reserve.ts'
import { counting, settings } from './harness.ts'

const DATA = '/data'
const RESERVE = `${DATA}/${RESERVE_FILE}`
const NEVER = { maxBytesBetween: 1e9, maxIntervalMs: 0, retentionBytes: -1, retentionMs: -1 }

class Machine {
  readonly memory = new MemoryDisk()
  readonly disk = new SimDisk(this.memory)
  readonly failures: unknown[] = []
  readonly warnings: string[] = []
  readonly logger: Logger = {
    error: () => {}, warn: (text) => { this.warnings.push(text) }, info: () => {}, debug: () => {},
    child: () => this.logger,
  }
  nowMs = 1
  controller!: Controller
  readonly reserve: Reserve

  constructor() {
    this.memory.makeDirectory(DATA)
    this.reserve = new Reserve(this.disk, DATA, this.logger, () => {})
    this.reserve.renew()
  }

  async start(snapshots = NEVER): Promise<void> {
    const { disk, logger, reserve } = this
    this.controller = new Controller({
      disk, metadataLogDir: DATA, logger, random: counting(), settings, voters: [1],
      electionTimeoutMs: 1000, fetchTimeoutMs: 2000, retryBackoffMs: 20, segmentBytes: 1e9,
      snapshots, reserve,
      timers: {
        nowMs: () => this.nowMs, monotonicMs: () => this.nowMs,
        setTimer: () => ({ cancel: () => {} }), afterTurn: (fn) => { fn() },
      },
      onFailure: (error) => { this.failures.push(error) },
    })
    await this.controller.start()
  }

  /** So much of what takes room fails until there is room. */
  fill(isFor: (call: Call) => boolean, isOver: () => boolean = () => false): void {
    this.disk.watcher = (call): Fault | undefined => {
      const { kind, path, sizeBytes } = call
      if (!['write', 'create', 'sync'].includes(kind) || !isFor(call) || isOver()) return undefined
      const syscall = kind === 'sync' ? 'fdatasync' : kind
      const error = Object.assign(new Error(`ENOSPC: ${path}`), { code: 'ENOSPC', path, syscall })
      return { error, ...kind === 'write' ? { writtenBytes: sizeBytes >> 1 } : {} }
    }
  }

  get topics(): number {
    return this.controller.image.topics.size
  }
}

const isWrite = ({ kind }: Call): boolean => kind !== 'sync'
let count = 0

function topic(): Decision<string> {
  const id = String(count++).padStart(21, '0')
  return () => ({
    records: [record('topic', 0, { name: `topic-${id}`, topicId: `${id}A` })], answer: 'there',
  })
}

test('a decision that does not fit is written with what is in reserve', async () => {
  const machine = new Machine()
  await machine.start()
  const isGivenUp = (): boolean => !machine.memory.exists(RESERVE)
  machine.fill(isWrite, isGivenUp)
  expect(await machine.controller.submit(topic())).toBe('there')
  expect([isGivenUp(), machine.failures]).toEqual([true, []])
  // Now there is none, and the node has to end: nothing is answered.
  machine.fill(isWrite)
  const next = machine.controller.submit(topic())
  next.catch(() => {})
  await new Promise((resolve) => { setImmediate(resolve) })
  expect(machine.failures).toHaveLength(1)
  expect(machine.topics).toBe(1)
  await machine.controller.stop()
  machine.disk.watcher = undefined
  await machine.start()
  expect(machine.topics).toBe(1)
  expect(await machine.controller.submit(topic())).toBe('there')
  await machine.controller.stop()
})

test('so is what a start has to write', async () => {
  const machine = new Machine()
  await machine.start()
  await machine.controller.stop()
  machine.fill(isWrite, () => !machine.memory.exists(RESERVE))
  await machine.start()
  expect(machine.failures).toEqual([])
  expect(await machine.controller.submit(topic())).toBe('there')
  await machine.controller.stop()
})

test('a sync that finds no room is not tried again', async () => {
  const machine = new Machine()
  await machine.start()
  let syncs = 0
  machine.fill(({ kind, path }) => kind === 'sync' && path.endsWith('.log') && ++syncs > 0)
  machine.controller.submit(topic()).catch(() => {})
  await new Promise((resolve) => { setImmediate(resolve) })
  expect([machine.failures.length, syncs, machine.topics]).toEqual([1, 1, 0])
  expect(machine.memory.exists(RESERVE)).toBe(true)
  await machine.controller.stop()
})

test('a snapshot that does not fit waits, and is written when there is room', async () => {
  const machine = new Machine()
  await machine.start({ ...NEVER, maxBytesBetween: 1, retentionBytes: 1 })
  await machine.controller.submit(topic())
  const snapshots = (suffix: string): number => (
    machine.memory.list(`${DATA}/__cluster_metadata-0`)
      .filter(({ name }) => name.endsWith(suffix)).length)
  const before = snapshots('.checkpoint')
  let tries = 0
  machine.fill(({ kind, path }) => kind === 'write' && path.endsWith('.part') && ++tries > 0)
  machine.warnings.length = 0
  for (let i = 0; i < 5; i++) await machine.controller.submit(topic())
  // It is put together once, and tells of it.
  expect([tries, machine.warnings.length, machine.failures]).toEqual([1, 1, []])
  expect([snapshots('.checkpoint'), snapshots('.part')]).toEqual([before, 0])
  machine.disk.watcher = undefined
  await machine.controller.submit(topic())
  expect(snapshots('.checkpoint')).toBe(before)
  machine.nowMs += 60_000
  await machine.controller.submit(topic())
  expect(snapshots('.checkpoint')).toBeGreaterThanOrEqual(1)
  expect(snapshots('.part')).toBe(0)
  const { topics } = machine
  await machine.controller.stop()
  await machine.start()
  expect([machine.topics, topics]).toEqual([8, 8])
  await machine.controller.stop()
})
