// A reader of what is committed, from the first record on while it is written: what it has once
// seen at an offset stays there.

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { start } from '../harness/process.ts'

export interface Reader {
  /** Records at different offsets. */
  readonly count: number
  /** What was first one thing and later another, if anything was. */
  readonly changed: string | undefined
  /** By offset. */
  valuesOf(partition: number): string[]
  stop(): Promise<void>
}

/** Follows a console consumer that prints partition and offset of each record. */
export function followCommitted(command: string, args: readonly string[]): Reader {
  const child = start(command, args)
  child.stderr!.resume()
  const seen = new Map<number, Map<number, string>>()
  const state = { count: 0, changed: undefined as string | undefined }
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const found = /^Partition:(\d+)\tOffset:(\d+)\t(.*)$/.exec(line)
    if (found === null) {
      state.changed ??= `not a record: ${line}`
      return
    }
    const [partition, offset, value] = [Number(found[1]), Number(found[2]), found[3]!]
    const values = seen.get(partition) ?? new Map<number, string>()
    seen.set(partition, values)
    const before = values.get(offset)
    if (before === undefined) state.count++
    else if (before !== value) state.changed ??= `${partition}@${offset}: ${before}, then ${value}`
    values.set(offset, value)
  })
  return {
    get count() { return state.count },
    get changed() { return state.changed },
    valuesOf: (partition) => [...seen.get(partition) ?? []]
      .sort(([a], [b]) => a - b).map(([, value]) => value),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
