// A process that runs one `samsa` command after the other, as it is told by lines of JSON: most of
// what a command takes by itself is the start of its process.

import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { runCommand } from '../../lib/cli/commands.ts'
import type { Terminal } from '../../lib/cli/terminal.ts'

interface Asked {
  readonly args: readonly string[]
  /** What standard input brings, in base 64. */
  readonly input: string
  /** Of the terminal; without it there is none. */
  readonly columns?: number
}

async function answerTo({ args, input, columns }: Asked) {
  const out: Buffer[] = []
  const all: Buffer[] = []
  const terminal: Terminal = {
    stdin: Readable.from([Buffer.from(input, 'base64')]),
    writeOut(text) {
      const bytes = Buffer.from(text as string)
      out.push(bytes)
      all.push(bytes)
      return true
    },
    drained: async () => {},
    writeError: (text) => { all.push(Buffer.from(text)) },
    onOutputLost: () => {},
    columns,
    isInteractive: false,
    isWatched: false,
  }
  const exitCode = await runCommand(args, terminal)
  return {
    exitCode, stdout: Buffer.concat(out).toString('base64'),
    text: Buffer.concat(all).toString('base64'),
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await answerTo(JSON.parse(line) as Asked).catch((error: unknown) => (
    { failure: error instanceof Error ? error.stack : String(error) }
  ))
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
