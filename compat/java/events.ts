// kafka-verifiable-consumer and kafka-verifiable-producer as processes: each line they print is an
// event.

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { start, until } from '../harness/process.ts'
import { toolCommand } from './tools.ts'

/** Which of the rest there is depends on the name. */
export interface ToolEvent {
  readonly name: string
  readonly timestamp: number
  readonly partitions?: readonly { readonly partition: number }[]
  readonly offsets?: readonly { readonly partition: number, readonly offset: number }[]
  readonly success?: boolean
  readonly partition?: number
  readonly offset?: number
  readonly value?: string
}

export interface EventTool {
  readonly events: readonly ToolEvent[]
  /** Waits for an event that was not waited for before. */
  next(name: string, timeoutMs?: number): Promise<ToolEvent>
  readonly isRunning: boolean
  /** Ends it and waits for its end. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

const PATIENCE_MS = 60_000

export async function startEventTool(
  tool: 'kafka-verifiable-consumer' | 'kafka-verifiable-producer', args: readonly string[],
): Promise<EventTool> {
  const [command, all] = await toolCommand(tool, args)
  const child = start(command, all)
  const events: ToolEvent[] = []
  let seenCount = 0
  let stderr = ''
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line.startsWith('{')) events.push(JSON.parse(line) as ToolEvent)
  })
  child.stderr!.on('data', (chunk) => { stderr += String(chunk) })
  // After its last line.
  let isClosed = false
  child.on('close', () => { isClosed = true })
  const isRunning = () => child.exitCode === null && child.signalCode === null
  return {
    events,
    get isRunning() { return isRunning() },
    next: (name, timeoutMs = PATIENCE_MS) => until(`${name} of ${tool}`, timeoutMs, () => {
      const index = events.findIndex((event, i) => i >= seenCount && event.name === name)
      if (index >= 0) {
        seenCount = index + 1
        return events[index]!
      }
      if (isClosed) throw new Error(`${tool} ended:\n${stderr.slice(-3000)}`)
      return undefined
    }),
    async end(signal) {
      if (!isRunning()) return
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
    },
  }
}
