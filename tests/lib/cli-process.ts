// The `samsa` command as a process of its own: the build in dist.

import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

const MAIN = resolve(__dirname, '../../dist/main.js')

export class Samsa {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly exit: Promise<number | null>

  constructor(args: readonly string[], cwd: string, options: SpawnOptions = {}) {
    this.child = spawn(process.execPath, [MAIN, ...args], { cwd, ...options })
    this.child.stdout?.on('data', (chunk: Buffer) => { this.stdout += chunk.toString() })
    this.child.stderr?.on('data', (chunk: Buffer) => { this.stderr += chunk.toString() })
    this.exit = once(this.child, 'close').then(([code]) => code as number | null)
  }

  /** The first line on standard output. */
  async ready(): Promise<string> {
    while (!this.stdout.includes('\n')) {
      if (this.child.exitCode !== null) throw new Error(`ended at its start:\n${this.stderr}`)
      await new Promise((later) => setTimeout(later, 5))
    }
    return this.stdout
  }
}
