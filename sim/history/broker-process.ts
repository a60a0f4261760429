// The broker under test: a process that is killed, stopped and started on the same directory.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../compat/harness/broker.ts'
import { until } from '../../compat/harness/process.ts'

/** Time-outs that let a run see what follows from them. */
export const SESSION_MS = 3000

const SETTINGS: Readonly<Record<string, string>> = {
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.num.partitions': '3',
  'group.initial.rebalance.delay.ms': '200',
  'group.min.session.timeout.ms': '1000',
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.session.timeout.ms': String(SESSION_MS),
  'group.consumer.min.heartbeat.interval.ms': '100',
  'group.consumer.heartbeat.interval.ms': '300',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
}
const READY = /^Samsa \S+ ready in \d+ ms: /m
const START_LIMIT_MS = 300_000

export class BrokerProcess {
  readonly address: string
  readonly #args: readonly string[]
  readonly #directory: string
  #child: ChildProcess | undefined

  private constructor(command: readonly string[], directory: string, port: number) {
    this.address = `127.0.0.1:${port}`
    this.#directory = directory
    const settings = {
      ...SETTINGS,
      listeners: `PLAINTEXT://${this.address}`, 'log.dirs': join(directory, 'data'),
    }
    this.#args = [...command, 'start', ...Object.entries(settings)
      .flatMap(([name, value]) => ['--override', `${name}=${value}`])]
  }

  /** `command`: what Node runs, before `start` and its settings. */
  static async start(command: readonly string[], directory: string): Promise<BrokerProcess> {
    const broker = new BrokerProcess(command, directory, await freePort())
    await broker.start()
    return broker
  }

  async start(): Promise<void> {
    const [stdout, stderr] = [join(this.#directory, 'stdout'), join(this.#directory, 'stderr')]
    const [out, err] = [openSync(stdout, 'w'), openSync(stderr, 'a')]
    const child = spawn(process.execPath, this.#args, { stdio: ['ignore', out, err] })
    closeSync(out)
    closeSync(err)
    this.#child = child
    await until('the ready line of Samsa', START_LIMIT_MS, () => {
      if (child.exitCode !== null) {
        throw new Error(`Samsa ended at its start:\n${readFileSync(stderr, 'utf8').slice(-2000)}`)
      }
      return READY.test(readFileSync(stdout, 'utf8')) || undefined
    }, 20)
  }

  /** Its end is waited for, unless it is only stopped. */
  async signal(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      if (signal === 'SIGKILL') return
      throw new Error(`Samsa has ended by itself:\n${this.log().slice(-2000)}`)
    }
    const ended = signal === 'SIGKILL' || signal === 'SIGTERM' ? once(child, 'exit') : undefined
    child.kill(signal)
    await ended
  }

  log(): string {
    return readFileSync(join(this.#directory, 'stderr'), 'utf8')
  }
}
