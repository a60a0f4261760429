// Running other people's programs: their output as text, an error that shows it when they fail.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Buffer
  readonly timeoutMs?: number
  /** Exit codes that are no failure; 0 alone by default. */
  readonly allowedExitCodes?: readonly number[]
}

export interface RunResult {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

/**
 * Runs a program to its end.
 * Throws, with the tail of what it printed, when it fails or takes too long.
 */
export function run(
  command: string, args: readonly string[], options: RunOptions = {},
): Promise<RunResult> {
  const { timeoutMs = 60_000, allowedExitCodes = [0] } = options
  return new Promise((resolve, reject) => {
    const child = start(command, args, options)
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      const result = { stdout: text(stdout), stderr: text(stderr), exitCode: code ?? -1 }
      if (code !== null && allowedExitCodes.includes(code)) return resolve(result)
      const end = signal === null ? `exit code ${code}` : `${signal} after at most ${timeoutMs} ms`
      const output = (result.stdout + result.stderr).slice(-3000)
      reject(new Error(`${command} ${args.join(' ').slice(0, 300)}: ${end}\n${output}`))
    })
    child.stdin?.on('error', () => {}) // a program may end before it has read all of its input
    child.stdin?.end(options.input ?? '')
  })
}

/** Starts a program and leaves it running; its output is piped. */
export function start(
  command: string, args: readonly string[], options: RunOptions = {},
): ChildProcess {
  return spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** Kills it, and waits for its end; one that is not there, or has ended, is left as it is. */
export async function killed(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8')
}

export function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}

/** Asks again until the answer is not undefined; throws `what` when the time is over. */
export async function until<T>(
  what: string, timeoutMs: number, ask: () => Promise<T | undefined> | T | undefined,
  pollMs = 50,
): Promise<T> {
  const endMs = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > endMs) throw new Error(`${what}: not after ${timeoutMs} ms`)
    await sleep(pollMs)
  }
}
