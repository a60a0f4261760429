// A process of `WordCount`, which can be killed and started again.

import type { ChildProcess } from 'node:child_process'
import { killed, start } from '../harness/process.ts'
import { installStreams } from './install.ts'

const JAVA_FLAGS = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=error']

export class Counter {
  readonly #args: readonly string[]
  #child: ChildProcess | undefined
  #printed = ''

  constructor(args: readonly string[]) {
    this.#args = args
  }

  async start(): Promise<void> {
    const child = start('java', [
      ...JAVA_FLAGS, '-cp', await installStreams(), 'WordCount', ...this.#args])
    this.#child = child
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk) => { this.#printed += String(chunk) })
    }
  }

  kill(): Promise<void> {
    return killed(this.#child)
  }

  /** Throws what the process printed. */
  failIfEnded(): void {
    const code = this.#child?.exitCode ?? null
    if (code === null) return
    throw new Error(`WordCount ended with exit code ${code}\n${this.#printed.slice(-4000)}`)
  }
}
