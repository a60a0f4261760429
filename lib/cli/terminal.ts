// Where a command writes to and reads from: the streams of its process, or those of a test.

import { createInterface } from 'node:readline'
import { type Readable, Writable } from 'node:stream'
import { InterruptedError, OutputError } from './exit.ts'
import { tableLines, type Cell } from './table.ts'

export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  /** Gives false where writing should wait for `drained`. */
  writeOut(text: string | Buffer): boolean
  /** Throws OutputError where something could not be written. */
  drained(): Promise<void>
  writeError(text: string): void
  /** The reader of standard output went away, as `head` does, or writing failed: it is told why. */
  onOutputLost(then: (failure: OutputError | undefined) => void): void
  /** Columns of standard output; undefined where it is no terminal. */
  readonly columns: number | undefined
  /** Whether there is somebody who can be asked. */
  readonly isInteractive: boolean
  /** Whether somebody watches standard error. */
  readonly isWatched: boolean
}

export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process
  let failure: OutputError | undefined
  let hasWritten = false
  let onLost = (_: OutputError | undefined): void => {}
  const note = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') failure ??= new OutputError(error)
  }
  stdout.on('error', (error) => {
    note(error)
    onLost(failure)
  })
  return {
    stdin,
    writeOut(text) {
      hasWritten = true
      return stdout.write(text)
    },
    async drained() {
      // Devices that take nothing refuse even the nothing that is written here.
      if (hasWritten && stdout.errored === null) {
        await new Promise<void>((resolve) => { stdout.write('', () => resolve()) })
      }
      if (stdout.errored !== null) note(stdout.errored)
      if (failure !== undefined) throw failure
    },
    writeError: (text) => { stderr.write(text) },
    onOutputLost(then) { onLost = then },
    columns: stdout.isTTY ? stdout.columns : undefined,
    isInteractive: stdin.isTTY === true && stderr.isTTY === true,
    isWatched: stderr.isTTY === true,
  }
}

/** What a command has to say: tables and lines for people, or JSON for programs. */
export class Output {
  readonly #terminal: Terminal
  readonly isJson: boolean

  constructor(terminal: Terminal, isJson: boolean) {
    this.#terminal = terminal
    this.isJson = isJson
  }

  get columns(): number | undefined {
    return this.#terminal.columns
  }

  /** The whole result: as one JSON document, or as `text` writes it. */
  show(json: unknown, text: () => void): void {
    if (this.isJson) this.line(JSON.stringify(json, null, 2))
    else text()
  }

  line(text = ''): void {
    this.#terminal.writeOut(`${text}\n`)
  }

  /** Part of a stream of results; wait for it, so that memory does not fill. */
  async stream(bytes: string | Buffer): Promise<void> {
    if (!this.#terminal.writeOut(bytes)) await this.#terminal.drained()
  }

  /** Resolves when all of it is written. Throws OutputError. */
  written(): Promise<void> {
    return this.#terminal.drained()
  }

  table(titles: readonly string[], rows: readonly (readonly Cell[])[]): void {
    for (const line of tableLines(titles, rows, this.columns)) this.line(line)
  }

  /** Names and values, one a line. */
  fields(fields: readonly (readonly [name: string, value: Cell])[]): void {
    const width = Math.max(...fields.map(([name]) => name.length))
    for (const [name, value] of fields) this.line(`${name.padEnd(width)}  ${value ?? '-'}`)
  }

  /** For a person who watches; pipes and files stay free of it. */
  note(text: string): void {
    if (this.#terminal.isWatched && !this.isJson) this.#terminal.writeError(`${text}\n`)
  }

  /** What nobody should miss, be it a person or a log. */
  warning(text: string): void {
    this.#terminal.writeError(this.isJson ? `${JSON.stringify({ warning: text })}\n` : `${text}\n`)
  }

  /** How far a long work is, in a line that is written over; for a person who watches. */
  progress(text: string): void {
    if (this.#terminal.isWatched && !this.isJson) this.#terminal.writeError(`\r\x1b[K${text}`)
  }

  progressEnd(): void {
    this.progress('')
  }
}

/**
 * Asks on standard error, so that standard output stays what it is. The end of input, Ctrl-D, is a
 * no. Throws InterruptedError for Ctrl-C.
 */
export async function ask(terminal: Terminal, question: string): Promise<boolean> {
  const output = new Writable({
    write(text: Buffer, _, done) {
      terminal.writeError(text.toString())
      done()
    },
  })
  // As a terminal: otherwise Ctrl-C would be a signal, and end the process without a word.
  const reader = createInterface({ input: terminal.stdin, output, terminal: true })
  try {
    return await new Promise((resolve, reject) => {
      const endLine = (): void => terminal.writeError('\n')
      reader.once('SIGINT', () => {
        endLine()
        reject(new InterruptedError())
      })
      reader.once('close', () => {
        endLine()
        resolve(false)
      })
      reader.question(`${question} [y/N] `, (answer) => {
        reader.removeAllListeners('close')
        resolve(/^y(es)?$/i.test(answer.trim()))
      })
    })
  } finally {
    reader.removeAllListeners('close')
    reader.close()
  }
}
