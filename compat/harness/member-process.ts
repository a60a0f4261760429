// A group member that is a process of its own: it prints each value on a line
// and leaves at SIGTERM. One that ends before is told of, with the end of what it said.

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Member } from './group-walk.ts'
import { start } from './process.ts'

export function memberProcess(
  command: string, args: readonly string[], onValue: (value: string) => void,
  env: Readonly<Record<string, string>> = {},
): Member {
  const child = start(command, args, { env })
  createInterface({ input: child.stdout! }).on('line', onValue)
  let said = ''
  child.stderr!.on('data', (chunk) => { said = (said + String(chunk)).slice(-1000) })
  let isLeaving = false
  child.on('exit', (code) => {
    if (!isLeaving) console.log(`a member ended by itself, with exit code ${code}:\n${said}`)
  })
  return {
    async leave() {
      isLeaving = true
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const killer = setTimeout(() => child.kill('SIGKILL'), 20_000)
      await ended
      clearTimeout(killer)
    },
  }
}
