// A run against a broker: some lines send spoilt frames, each after the answer to the one before or
// a short wait; beside them a sound client sees all the time whether it is served.

import { setTimeout as sleep } from 'node:timers/promises'
import { BatchSource } from './batches.ts'
import { FuzzedBroker } from './broker.ts'
import { Failures } from './failures.ts'
import { FrameSource } from './frames.ts'
import { Line, type Outcome } from './line.ts'
import { SoundClient } from './sound-client.ts'

export interface SocketOptions {
  readonly seed: number
  readonly cases: number
  readonly first?: number
}

export interface SocketResult {
  readonly cases: number
  readonly elapsedMs: number
  readonly outcomes: Readonly<Record<Outcome, number>>
  /** Of the sound client: one check is three requests, one after the other. */
  readonly checks: number
  readonly slowestCheckMs: number
  /** Checks that took too long once, and at no frame again. */
  readonly pauses: number
  /** In use after a collection: after the warm-up, and at the end. */
  readonly warmBytes: number
  readonly endBytes: number
  readonly mostResidentBytes: number
  readonly failures: Failures
}

const LINES = 8
/** Answers to what waits for others may come later; nobody waits for those here. */
const PATIENCE_MS = 50
const LIMIT_MS = 100
const CHECK_EVERY_MS = 10
const GROWTH_BYTES = 64 * 2 ** 20
const MOST_WARM_UP_FRAMES = 20_000
const MOST_FAILURES = 20
/** A broker that is late, and has worked for so much of the time, is to blame for it. */
const BUSY_SHARE = 0.7
/** As many frames may have been under way when something is seen to be wrong. */
const SUSPECTS = 400

export async function runSocket(options: SocketOptions): Promise<SocketResult> {
  const broker = await FuzzedBroker.start()
  try {
    return await new Run(broker, options).run()
  } finally {
    await broker.dispose()
  }
}

interface Trouble {
  readonly isSlow: boolean
  readonly text: string
}

class Run {
  readonly #broker: FuzzedBroker
  readonly #options: SocketOptions
  readonly #failures: Failures
  readonly #outcomes = { answered: 0, closed: 0, silent: 0 }
  #next: number
  #end: number
  #checks = 0
  #slowestCheckMs = 0
  #pauses = 0
  #isHeld = false
  #warmBytes = NaN
  #mostResidentBytes = 0

  constructor(broker: FuzzedBroker, options: SocketOptions) {
    this.#broker = broker
    this.#options = options
    this.#failures = new Failures(options.seed, 'socket')
    this.#next = options.first ?? 0
    this.#end = this.#next + options.cases
  }

  async run(): Promise<SocketResult> {
    const { cases, seed } = this.#options
    const sound = new SoundClient(this.#broker.port)
    await sound.setUp()
    const source = new FrameSource(seed, {
      batches: new BatchSource(), topicIds: await sound.topicIds(),
    })
    const startedMs = performance.now()
    let isOver = false
    const watching = this.#watch(sound, source, () => isOver)
    await Promise.all(Array.from({ length: Math.min(LINES, cases) }, () => this.#send(source)))
    isOver = true
    await watching
    const elapsedMs = performance.now() - startedMs
    await sleep(cases > MOST_WARM_UP_FRAMES ? 2000 : 0)
    const endBytes = this.#broker.isAlive ? await this.#broker.usedBytes() : NaN
    if (endBytes - this.#warmBytes >= GROWTH_BYTES) {
      this.#failures.addGeneral(`memory grew from ${this.#warmBytes} to ${endBytes} bytes`)
    }
    sound.close()
    return {
      cases, elapsedMs, outcomes: this.#outcomes, checks: this.#checks, pauses: this.#pauses,
      slowestCheckMs: this.#slowestCheckMs, warmBytes: this.#warmBytes, endBytes,
      mostResidentBytes: this.#mostResidentBytes, failures: this.#failures,
    }
  }

  async #send(source: FrameSource): Promise<void> {
    const line = new Line(this.#broker.port)
    while (this.#next < this.#end) {
      const frame = source.make(this.#next++)
      const { outcome } = await line.ask([frame.bytes], PATIENCE_MS)
      this.#outcomes[outcome] += 1
      while (this.#isHeld) await sleep(PATIENCE_MS)
    }
    line.close()
  }

  /** Sees after the broker until the run is over; ends the run where it has to. */
  async #watch(sound: SoundClient, source: FrameSource, isOver: () => boolean): Promise<void> {
    const { first = 0, cases } = this.#options
    const warmUp = first + Math.min(MOST_WARM_UP_FRAMES, cases / 5)
    let isWarm = false
    for (let isLast = false; !isLast; await sleep(CHECK_EVERY_MS)) {
      isLast = isOver()
      const trouble = await this.#check(sound)
      if (trouble !== undefined) await this.#holdAndBlame(trouble, sound, source)
      if (!this.#broker.isAlive || this.#failures.count >= MOST_FAILURES) this.#end = 0
      if (!this.#broker.isAlive) return
      if (!isWarm && this.#next >= warmUp) {
        isWarm = true
        this.#warmBytes = await this.#broker.usedBytes()
      }
      this.#mostResidentBytes = Math.max(this.#mostResidentBytes, this.#broker.residentBytes())
    }
  }

  async #check(sound: SoundClient): Promise<Trouble | undefined> {
    const startedMs = performance.now()
    const startedProcessorMs = this.#broker.processorMs()
    try {
      await sound.check()
    } catch (error) {
      const text = this.#broker.isAlive ? String(error) : `it ended: ${this.#broker.lastWords()}`
      return { isSlow: false, text }
    }
    this.#checks += 1
    const [bug] = this.#broker.bugs()
    if (bug !== undefined) return { isSlow: false, text: bug }
    const { slowestMs } = sound
    const busyMs = this.#broker.processorMs() - startedProcessorMs
    // Where the machine has given the broker no time, the broker is not to blame.
    const isBusy = !(busyMs < (performance.now() - startedMs) * BUSY_SHARE)
    if (slowestMs > LIMIT_MS && !isBusy) this.#pauses += 1
    else this.#slowestCheckMs = Math.max(this.#slowestCheckMs, slowestMs)
    if (slowestMs <= LIMIT_MS || !isBusy) return undefined
    return { isSlow: true, text: `${slowestMs.toFixed(0)} ms without an answer` }
  }

  /** Sends what came last once more, one after the other, to see which frame it is. */
  async #holdAndBlame(trouble: Trouble, sound: SoundClient, source: FrameSource): Promise<void> {
    this.#isHeld = true
    const last = Math.min(this.#next, this.#end)
    const before = this.#failures.count
    for (let index = Math.max(this.#options.first ?? 0, last - SUSPECTS); index < last; index++) {
      if (!this.#broker.isAlive) break
      const frame = source.make(index)
      const line = new Line(this.#broker.port)
      await line.ask([frame.bytes], PATIENCE_MS)
      line.close()
      const again = await this.#check(sound)
      if (again !== undefined) this.#failures.add(index, frame.name, frame.bytes, again.text)
    }
    const isFound = this.#failures.count > before
    if (!isFound && trouble.isSlow) this.#pauses += 1
    if (!isFound && !trouble.isSlow) this.#suspect(trouble.text, last, source)
    this.#isHeld = false
  }

  /**
   * It did not come again: the log leaves out what it has just said, and some of it needs what went
   * before. Tells the last frame to the API that the log names.
   */
  #suspect(text: string, last: number, source: FrameSource): void {
    const [, api, version] = /api=(\w+) version=(-?\d+)/.exec(text) ?? []
    for (let index = last - 1; index >= Math.max(0, last - SUSPECTS); index--) {
      const { name, bytes } = source.make(index)
      if (name !== `${api} ${version}`) continue
      this.#failures.add(index, `${name}, or one before`, bytes, text)
      return
    }
    this.#failures.addGeneral(`somewhere before case ${last}: ${text}`)
  }
}
