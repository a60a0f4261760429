// A broker process to hold clients against, whichever broker it is: samsa.ts and kafka.ts say how
// theirs are started.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { until } from './process.ts'

export interface RunningBroker {
  /** host:port */
  readonly address: string
  /** Where its log directories are. */
  readonly dataDirectory: string
  /** The process now running. */
  readonly pid: number
  /** Ends the process with a signal and waits for its end; gives its exit code. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
  /** Starts it again on the same directory and port. */
  start(): Promise<void>
  /** What it has logged so far. */
  log(): string
  /** Ends it and removes its directory. */
  dispose(): Promise<void>
}

/** How a broker is started, and when it serves. */
export interface BrokerPlan {
  /** For people. */
  readonly name: string
  /** host:port */
  readonly address: string
  /** For all that it writes: its data in `data`, if its settings do not say otherwise. */
  readonly directory: string
  readonly command: string
  readonly args: readonly string[]
  /** The file in the directory that standard error goes to, over all its starts. */
  readonly logName: string
  /** The one for standard output, of the last start alone; without it that is logged too. */
  readonly outputName?: string
  isServing(): boolean | Promise<boolean>
  /** For it to serve. */
  readonly timeoutMs: number
  readonly pollMs: number
}

const MOST_SHOWN = 4000

/** Is not started yet when it is made. */
export class BrokerProcess implements RunningBroker {
  readonly address: string
  readonly #plan: BrokerPlan
  #child: ChildProcess | undefined

  constructor(plan: BrokerPlan) {
    this.address = plan.address
    this.#plan = plan
  }

  get dataDirectory(): string {
    return join(this.#plan.directory, 'data')
  }

  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error('the broker is not running')
    return pid
  }

  /** False when it has ended by itself, too. */
  get isRunning(): boolean {
    return this.#child !== undefined && !hasEnded(this.#child)
  }

  /** Resolves when it serves; rejects when it ends before. `more`: arguments for this once. */
  async start(more: readonly string[] = []): Promise<void> {
    const { name, command, args, timeoutMs, pollMs } = this.#plan
    const child = this.#spawn(command, [...args, ...more])
    this.#child = child
    await until(`${name} serving`, timeoutMs, async () => {
      if (hasEnded(child)) throw new Error(`${name} ended at its start`)
      return await this.#plan.isServing() || undefined
    }, pollMs).catch((error: unknown) => {
      child.kill('SIGKILL')
      throw new Error(`${String(error)}\n${this.#lastWords()}`, { cause: error })
    })
  }

  #spawn(command: string, args: readonly string[]): ChildProcess {
    const { directory, outputName } = this.#plan
    const log = openSync(this.logFile, 'a')
    const output = outputName === undefined ? log : openSync(join(directory, outputName), 'w')
    try {
      return spawn(command, args, { stdio: ['ignore', output, log] })
    } finally {
      for (const file of new Set([log, output])) closeSync(file)
    }
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    const child = this.#child
    if (child === undefined || hasEnded(child)) return child?.exitCode ?? null
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
    this.#child = undefined
    return child.exitCode
  }

  /** One that does not end it; throws where it has ended by itself. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGUSR2'): void {
    if (!this.isRunning) throw new Error(`${this.#plan.name} does not run:\n${this.#lastWords()}`)
    this.#child!.kill(signal)
  }

  get logFile(): string {
    return join(this.#plan.directory, this.#plan.logName)
  }

  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : ''
  }

  #lastWords(): string {
    return this.log().slice(-MOST_SHOWN)
  }

  async dispose(): Promise<void> {
    await this.stop('SIGKILL')
    rmSync(this.#plan.directory, { recursive: true, force: true })
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

/** A port of the loopback interface that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/**
 * A broker that somebody else started, such as a real Kafka to hold the checks themselves against.
 */
export function foreignBroker(address: string): RunningBroker {
  const refuse = (): never => {
    throw new Error(
      `${address} is not the harness's own broker: it is not stopped, started or looked into`,
    )
  }
  return {
    address,
    get dataDirectory() { return refuse() },
    get pid() { return refuse() },
    stop: async () => refuse(),
    start: async () => refuse(),
    log: () => '',
    dispose: async () => {},
  }
}
