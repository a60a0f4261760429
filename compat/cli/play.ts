// Plays lines with `samsa` commands against a broker, and makes of what they print a text that is
// the same for every broker and every run.
//
//     $ samsa topics list
//     $ printf 'a\nb\n' | samsa produce orders       what standard input brings
//     $ samsa consume orders > records.txt           into a file of the folder
//     $ join GROUP TOPIC                             somebody else joins, until `leave`
//     $ open-transaction ID TOPIC                    somebody else does not end what he began

import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { wordsOf } from '../admin/transcript.ts'
import { run, sleep, start } from '../harness/process.ts'
import { Others } from './others.ts'

/** Commands that change nothing; brokers take over changes in time. */
const READS = /^samsa (\w+ )?(list|describe|get|lag|members|quorum|explain)\b/
const ATTEMPTS = 8
const RETRY_MS = 150

interface Answer {
  readonly exitCode: number
  /** Standard output, in base 64. */
  readonly stdout: string
  /** Both streams. */
  readonly text: string
  readonly failure?: string
}

/** Commands run in one process, in a folder of its own, against one broker. */
export class Player {
  readonly #address: string
  readonly #directory: string
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>
  readonly #others: Others
  #complaints = ''

  private constructor(address: string, bundle: string) {
    this.#address = address
    this.#others = new Others(address)
    this.#directory = mkdtempSync(join(tmpdir(), 'samsa-cli-'))
    this.#child = start(process.execPath, [bundle], {
      cwd: this.#directory, env: { SAMSA_BOOTSTRAP: address },
    })
    this.#child.stderr!.on('data', (chunk: Buffer) => { this.#complaints += chunk.toString() })
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]()
  }

  /** `name` is that of a bundle that nobody else writes at the same time. */
  static async start(address: string, name: string): Promise<Player> {
    const bundle = resolve('.cache', 'cli-host', `${name}.mjs`)
    await run(process.execPath, ['scripts/bundle.mjs', 'compat/cli/host.ts', bundle])
    return new Player(address, bundle)
  }

  close(): void {
    this.#child.kill()
    this.#others.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** What a line prints, both streams, with its exit code where that is not 0. */
  async play(line: string): Promise<string> {
    const [command = '', file] = line.split(' > ')
    let input: Buffer = Buffer.alloc(0)
    let printed = ''
    for (const stage of command.split(' | ')) {
      const [program, ...args] = wordsOf(stage)
      if (program === 'join') await this.#others.join(args[0]!, args[1]!)
      if (program === 'leave') await this.#others.leave()
      if (program === 'open-transaction') await this.#others.openTransaction(args[0]!, args[1]!)
      if (['join', 'leave', 'open-transaction'].includes(program!)) return ''
      if (program === 'printf') {
        input = Buffer.from(unescaped(args.join(' ')))
        continue
      }
      if (program !== 'samsa') throw new Error(`${line}: there is no ${program} here`)
      const { exitCode, stdout, text } = await this.#ask(args, input)
      input = Buffer.from(stdout, 'base64')
      printed = shown(Buffer.from(text, 'base64').toString(), exitCode, this.#address)
    }
    if (file === undefined) return printed
    writeFileSync(join(this.#directory, file), input)
    // What it says differs from run to run; whether it went well does not.
    return /\[\d\]$/.exec(printed)?.[0] ?? ''
  }

  /** Again until it is what is wished, where the line only reads. */
  async playUntil(line: string, wished: string | undefined): Promise<string> {
    let printed = await this.play(line)
    if (!READS.test(line)) return printed
    for (let attempt = 0; attempt < ATTEMPTS && printed !== wished; attempt++) {
      await sleep(RETRY_MS)
      const before = printed
      printed = await this.play(line)
      if (wished === undefined && printed === before) break
    }
    return printed
  }

  async #ask(args: readonly string[], input: Buffer): Promise<Answer> {
    this.#child.stdin!.write(`${JSON.stringify({ args, input: input.toString('base64') })}\n`)
    const { value, done } = await this.#answers.next()
    if (done === true) throw new Error(`samsa ${args.join(' ')} ended all:\n${this.#complaints}`)
    const answer = JSON.parse(value) as Answer
    if (answer.failure !== undefined) throw new Error(`samsa ${args.join(' ')}: ${answer.failure}`)
    return answer
  }
}

function unescaped(text: string): string {
  return text.replace(/\\([nt\\])/g, (_, letter: string) => (
    letter === 'n' ? '\n' : letter === 't' ? '\t' : '\\'
  ))
}

/** Second and later lines of documentation, which are no lines of JSON. */
const DOC_LINE = /^ {4}([A-Za-z`(]|\[[A-Z]|"[^"]*" )/

/** What differs from run to run: ids, times, addresses. */
function shown(text: string, exitCode: number, address: string): string {
  const [host, port] = address.split(':') as [string, string]
  // Every broker has documentation of its own, however many lines it takes.
  const lines = text.split('\n').filter((line) => !DOC_LINE.test(line)).map((line) => line.trimEnd()
    .replaceAll(address, 'HOST:PORT')
    .replaceAll(`"host": "${host}"`, '"host": HOST').replaceAll(`"port": ${port}`, '"port": PORT')
    .replace(/\bid [\w-]{22}(?![\w-])/g, 'id ID')
    .replace(/("\w*[iI]d": ?)"[\w-]{22}"/g, '$1ID')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replace(/("\w*[tT]imestamp": ?)\d{13}/g, '$1TIME')
    .replace(/("startedMs": ?)\d{13}/g, '$1TIME')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')
    .replace(/TIME \(.*\)$/, 'TIME (AGO)')
    .replace(/^( *doc  +)\S.*/, '$1DOC').replace(/("doc": ).*/, '$1DOC'))
  while (lines.at(-1) === '') lines.pop()
  if (exitCode !== 0) lines.push(`[${exitCode}]`)
  return lines.join('\n').trim()
}
