// A broker process to hold clients against: Samsa as its user starts it,
// on a free port and a fresh directory.

import { mkdtempSync, rmSync, readFileSync, openSync, closeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
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
  /** What it wrote to standard error so far. */
  log(): string
  /** Ends it and removes its directory. */
  dispose(): Promise<void>
}

const READY = /^Samsa \S+ ready in \d+ ms: /m

/**
 * Starts `samsa start` from the build in `dist`,
 * with settings beside the listener and the directory.
 */
export async function startSamsa(
  overrides: Readonly<Record<string, string>> = {}, { pollMs = 20 } = {},
): Promise<RunningBroker> {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-compat-'))
  const port = await freePort()
  const settings = {
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': join(directory, 'data'),
    ...overrides,
  }
  const args = ['dist/main.js', 'start']
  for (const [name, value] of Object.entries(settings)) args.push('--override', `${name}=${value}`)
  const broker = new SamsaProcess(args, `127.0.0.1:${port}`, directory, pollMs)
  await broker.start()
  return broker
}

/**
 * Samsa on a `server.properties` that is there already, not started yet. Its output goes into the
 * directory, which `dispose` removes. `program`: what is started, with the arguments of `samsa`.
 */
export function samsaOn(
  file: string, address: string, directory: string,
  program: readonly string[] = ['dist/main.js'],
): RunningBroker {
  return new SamsaProcess([...program, 'start', file], address, directory, 50)
}

class SamsaProcess implements RunningBroker {
  readonly address: string
  readonly dataDirectory: string
  readonly #args: readonly string[]
  readonly #directory: string
  readonly #pollMs: number
  #child: ChildProcess | undefined

  constructor(args: readonly string[], address: string, directory: string, pollMs: number) {
    this.#pollMs = pollMs
    this.#args = args
    this.#directory = directory
    this.address = address
    this.dataDirectory = join(directory, 'data')
  }

  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error('the broker is not running')
    return pid
  }

  async start(): Promise<void> {
    const stdout = openSync(join(this.#directory, 'stdout'), 'w')
    const stderr = openSync(join(this.#directory, 'stderr'), 'a')
    const child = spawn(process.execPath, this.#args, { stdio: ['ignore', stdout, stderr] })
    this.#child = child
    closeSync(stdout)
    closeSync(stderr)
    const printed = join(this.#directory, 'stdout')
    await until('the ready line of Samsa', 30_000, () => {
      if (hasEnded(child)) throw new Error(`Samsa ended at its start:\n${this.log()}`)
      return READY.test(readFileSync(printed, 'utf8')) || undefined
    }, this.#pollMs)
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

  log(): string {
    return readFileSync(join(this.#directory, 'stderr'), 'utf8')
  }

  async dispose(): Promise<void> {
    await this.stop('SIGKILL')
    rmSync(this.#directory, { recursive: true, force: true })
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
