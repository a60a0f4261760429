// File systems that fill up, become read-only, or are gone, under a broker and before its start:
// what was acknowledged is there again when they are.

import { deepStrictEqual, match, ok, rejects } from 'node:assert/strict'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'

import type { Check } from '../harness/check.ts'
import { until } from '../harness/process.ts'
import { Machine, type MachineOptions } from './machine.ts'
import { Probe } from './probe.ts'

const TWO = ['one', 'two']
const PARTITIONS = 4
const VALUE = Buffer.alloc(100_000, 'samsa')
/** More of them than fit. */
const MAX_ROUNDS = 300
const SOME = 5
/** So many records a topic has that is deleted. */
const DOOMED = 80
const SETTINGS = { 'broker.heartbeat.interval.ms': '500' }
const NO_LEADER = { metadata: 'LEADER_NOT_AVAILABLE', leader: -1, offlineReplicas: [1] }
const A_LEADER = { metadata: 'NONE', leader: 1, offlineReplicas: [] }

/** A topic with a partition in each directory, and what was acknowledged of each. */
class Records {
  readonly topic = 'kept'
  readonly acknowledged: number[][] = Array.from({ length: PARTITIONS }, () => [])
  readonly #machine: Machine

  constructor(machine: Machine) {
    this.#machine = machine
  }

  async #probe<T>(work: (probe: Probe) => Promise<T>): Promise<T> {
    const probe = await Probe.to(this.#machine.address)
    return work(probe).finally(() => probe.close())
  }

  create(): Promise<void> {
    return this.#probe(async (probe) => {
      deepStrictEqual(await probe.create(this.topic, PARTITIONS), 'NONE')
      await this.is(A_LEADER, all())
    })
  }

  /** To all partitions, so many times, or until every one of `failing` has refused one. */
  send(rounds: number, failing: readonly number[] = []): Promise<void> {
    return this.#probe(async (probe) => {
      const refused = new Set<number>()
      for (let round = 0; round < rounds; round++) {
        for (const index of all()) {
          const answer = await probe.send(this.topic, index, VALUE)
          if (typeof answer === 'number') this.acknowledged[index]!.push(answer)
          else {
            deepStrictEqual([index, answer], [index, 'KAFKA_STORAGE_ERROR'])
            ok(failing.length === 0 || failing.includes(index), `${index}: ${answer}`)
            refused.add(index)
          }
        }
        if (failing.length > 0 && failing.every((index) => refused.has(index))) return
      }
      deepStrictEqual([...refused], failing)
    })
  }

  /** All of them take records again, without a restart. */
  goOn(indexes: readonly number[]): Promise<void> {
    return this.#probe(async (probe) => {
      for (const index of indexes) {
        const offset = await until(`room for ${index}`, 20_000, async () => {
          const answer = await probe.send(this.topic, index, VALUE)
          if (typeof answer === 'number') return { answer }
          // Or it is about to be opened.
          ok(['KAFKA_STORAGE_ERROR', 'NOT_LEADER_OR_FOLLOWER'].includes(answer), answer)
          return undefined
        }, 100)
        this.acknowledged[index]!.push(offset.answer)
      }
    })
  }

  /** Everything that was acknowledged can be read, at its offset; nothing else was made of it. */
  async areThere(indexes: readonly number[] = all()): Promise<void> {
    await this.is(A_LEADER, indexes)
    await this.#probe(async (probe) => {
      for (const index of indexes) {
        const values = await probe.read(this.topic, index)
        ok(values instanceof Map, `${index}: ${String(values)}`)
        const wrong = this.acknowledged[index]!.filter((at) => !values.get(at)?.equals(VALUE))
        deepStrictEqual({ index, wrong }, { index, wrong: [] })
      }
    })
  }

  /** No request for them is answered with anything else. */
  areOffline(indexes: readonly number[]): Promise<void> {
    return this.#probe(async (probe) => {
      for (const index of indexes) {
        const answers = [
          await probe.send(this.topic, index, VALUE), await probe.end(this.topic, index),
          await probe.read(this.topic, index),
        ]
        deepStrictEqual([index, ...answers], [index, ...Array(3).fill('KAFKA_STORAGE_ERROR')])
      }
      await this.is(NO_LEADER, indexes)
    })
  }

  /** Waits until the metadata says so. */
  async is(view: object, indexes: readonly number[]): Promise<void> {
    let last: unknown
    await this.#probe((probe) => until('what the metadata says', 10_000, async () => {
      const views = await probe.view(this.topic)
      last = views
      return indexes.every((index) => JSON.stringify(views[index]) === JSON.stringify(view))
        || undefined
    }, 100)).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(last)}`)
    })
  }

  /** Those whose log lies in the directory. */
  lyingIn(name: string): number[] {
    return all().filter((index) => this.#machine.has(name, `${this.topic}-${index}`))
  }
}

const all = (): number[] => Array.from({ length: PARTITIONS }, (_, index) => index)

async function on(
  options: MachineOptions, work: (machine: Machine, records: Records) => Promise<void>,
): Promise<void> {
  const machine = await Machine.make({ settings: SETTINGS, ...options })
  const records = new Records(machine)
  try {
    await machine.start()
    await records.create()
    await work(machine, records)
  } catch (error) {
    const reason = error instanceof Error ? error.stack ?? error.message : String(error)
    throw new Error(`${reason}\nits log:\n${machine.log()}`)
  } finally {
    await machine.dispose()
  }
}

function linesOf(machine: Machine, pattern: RegExp): string[] {
  return machine.log().split('\n').filter((line) => pattern.test(line))
}

async function restart(machine: Machine): Promise<void> {
  await machine.stop()
  await machine.start()
}

/** The node ended by itself; one line of its log says why. */
async function endedBy(machine: Machine, reason: RegExp): Promise<void> {
  deepStrictEqual(await machine.ended(), 1)
  const errors = machine.log().split('\n').filter((line) => / (ERROR|FATAL) /.test(line))
  deepStrictEqual(errors.length, 1, errors.join('\n'))
  match(errors[0]!, reason)
}

const fullOfTwo = (): Promise<void> => (
  on({ directories: TWO, mounts: { two: 12 } }, async (machine, records) => {
    const full = records.lyingIn('two')
    deepStrictEqual(full.length, 2)
    await records.send(MAX_ROUNDS, full)
    // H8: it can be read, and is not asked again and again.
    await records.send(SOME, full)
    await records.areThere()
    // New logs come into the other.
    const probe = await Probe.to(machine.address)
    deepStrictEqual(await probe.create('new', PARTITIONS), 'NONE')
    await until('the new logs', 10_000, () => machine.has('one', 'new-3') || undefined)
    deepStrictEqual(all().filter((index) => machine.has('two', `new-${index}`)), [])
    probe.close()
    await machine.resize('two', 24)
    await records.goOn(full)
    await records.areThere()
    // Once more, and now the next start finds it full.
    await records.send(MAX_ROUNDS, full)
    await restart(machine)
    await records.areThere()
    await machine.resize('two', 64)
    await records.goOn(full)
    await records.areThere()
    await restart(machine)
    await records.areThere()
    deepStrictEqual(linesOf(machine, / WARN .*A log directory is full/).length >= 2, true)
    deepStrictEqual(linesOf(machine, / ERROR /), [])
  })
)

const fullOfOne = (): Promise<void> => (
  on({
    directories: ['one'], mounts: { one: 32 },
    settings: {
      ...SETTINGS, 'log.retention.check.interval.ms': '500', 'log.segment.delete.delay.ms': '100',
    },
  }, async (machine, records) => {
    const probe = await Probe.to(machine.address)
    deepStrictEqual(await probe.create('doomed', 1), 'NONE')
    for (let i = 0; i < DOOMED; i++) {
      await until('a leader', 10_000, async () => (
        typeof await probe.send('doomed', 0, VALUE) === 'number' || undefined))
    }
    await records.send(MAX_ROUNDS, all())
    await records.areThere()
    const doomed = await probe.read('doomed', 0)
    ok(doomed instanceof Map && doomed.size === DOOMED, String(doomed))
    // The metadata has room, and what is deleted makes some.
    deepStrictEqual(await probe.delete('doomed'), 'NONE')
    await records.goOn(all())
    await records.areThere()
    probe.close()
    await records.send(MAX_ROUNDS, all())
    // Recoveries and ends that have no room.
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
      await machine.stop(signal)
      await machine.start()
      await records.areThere()
    }
    deepStrictEqual(linesOf(machine, / ERROR /), [])
    await machine.stop('SIGKILL')
    await machine.resize('one', 64)
    await machine.start()
    await records.areThere()
    await records.send(SOME)
    await records.areThere()
  })
)

const readOnlyOfTwo = (): Promise<void> => (
  on({ directories: TWO, devices: ['two'] }, async (machine, records) => {
    const [lost, kept] = [records.lyingIn('two'), records.lyingIn('one')]
    await records.send(SOME)
    await machine.breakDevice('two')
    await records.send(SOME, lost)
    await records.areOffline(lost)
    await records.areThere(kept)
    await machine.stop()
    await machine.detach('two')
    await machine.attach('two', 'ro', 'noload')
    await machine.start()
    await records.areThere(kept)
    await records.areOffline(lost)
    await machine.stop()
    await machine.repair('two')
    await machine.start()
    // What the device had not got when it broke is gone, as with a loss of power.
    await records.is(A_LEADER, all())
    await records.areThere(kept)
  })
)

const readOnlyMetadata = (): Promise<void> => (
  on({ directories: TWO, devices: ['one'] }, async (machine, records) => {
    await records.send(SOME)
    await machine.breakDevice('one')
    await rejects(records.send(MAX_ROUNDS, all()))
    await endedBy(machine, /Cannot go on.*one.*read-only/)
    await rejects(machine.start(), /read-only/)
    await machine.repair('one')
    await machine.start()
    await records.areThere(records.lyingIn('two'))
  })
)

const lostAtStart = (): Promise<void> => (
  on({ directories: TWO }, async (machine, records) => {
    const [lost, kept] = [records.lyingIn('two'), records.lyingIn('one')]
    await records.send(SOME)
    const two = machine.path('two')
    for (const replace of [() => writeFileSync(two, 'a file'), () => mkdirSync(two), () => {}]) {
      await machine.stop()
      renameSync(two, machine.path('elsewhere'))
      replace()
      await machine.start()
      await records.areThere(kept)
      await records.areOffline(lost)
      deepStrictEqual(records.lyingIn('two'), [])
      await machine.stop()
      rmSync(two, { recursive: true, force: true })
      renameSync(machine.path('elsewhere'), two)
      await machine.start()
      await records.areThere()
    }
  })
)

const removedWhileServing = (): Promise<void> => (
  on({ directories: TWO }, async (machine, records) => {
    const [lost, kept] = [records.lyingIn('two'), records.lyingIn('one')]
    await records.send(SOME)
    renameSync(machine.path('two'), machine.path('elsewhere'))
    const probe = await Probe.to(machine.address)
    // It is noticed by the next log that would have to lie there.
    deepStrictEqual(await probe.create('new', PARTITIONS), 'NONE')
    probe.close()
    await records.areOffline(lost)
    await records.areThere(kept)
    ok(!machine.has('two'), 'the directory was made again')
    await machine.stop()
    renameSync(machine.path('elsewhere'), machine.path('two'))
    await machine.start()
    await records.areThere()
  })
)

const check = (name: string, run: () => Promise<void>): Check => (
  { name, timeoutMs: 150_000, run })

export const failingChecks: readonly Check[] = [
  check('one of two directories is full: it is read, and written when there is room', fullOfTwo),
  check('the only directory is full: it is read, and a deleted topic makes room', fullOfOne),
  check('a device becomes read-only: its directory is offline until it is repaired', readOnlyOfTwo),
  check('the directory of the metadata becomes read-only: the broker ends', readOnlyMetadata),
  check('a directory is lost before the start: it is offline, nothing is made anew', lostAtStart),
  check('a directory is removed while it is served', removedWhileServing),
]
