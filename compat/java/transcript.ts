// What tools say, so that it can be held against what they say of Kafka: facts without the phrases
// around them, with names and addresses of the run replaced, sorted.

import { deepStrictEqual } from 'node:assert/strict'
import { until } from '../harness/process.ts'
import type { Tool, ToolSession } from './tools.ts'

/** What to look for, and what is written for it. */
export type Names = readonly (readonly [RegExp | string, string])[]

const TITLES = /^(GROUP|TOPIC|TransactionalId|CoordinatorId|ProducerId|Topic) /
const STACK = /^\s+at |^\s*\.\.\. \d+ more|StatusLogger|^Caused by/
/** A phrase, and the error's name after it; the name alone begins the line in a stack trace. */
const ERROR = new RegExp(
  /(?:Error: |could not be deleted due to: |^java\.\S+: )*/.source
  + /org\.apache\.kafka\.common\.errors\.(\w+): .*/.source)
const AGAIN = /^Error: Executing /

export class Transcript {
  readonly #session: ToolSession
  readonly #address: string
  readonly #names: Names

  constructor(session: ToolSession, address: string, names: Names) {
    this.#session = session
    this.#address = address
    this.#names = [...names, [address, 'BROKER']]
  }

  /** Rows without their titles; of errors their names. */
  async says(tool: Tool, args: readonly string[]): Promise<string[]> {
    const { output } = await this.#session.run(tool, ['--bootstrap-server', this.#address, ...args])
    return output.split('\n').filter((line) => !STACK.test(line))
      .map((line) => line.replace(/\s+/g, ' ').trim())
      .map((line) => this.#names.reduce((text, [from, to]) => text.replaceAll(from, to), line))
      .filter((line) => line !== '' && !TITLES.test(line) && !AGAIN.test(line))
      .map((line) => line.replace(ERROR, '$1').trim())
      .sort()
  }

  /** Of what is said only what a pattern finds. */
  async shows(
    tool: Tool, args: readonly string[], expected: readonly string[], pattern = /./,
  ): Promise<void> {
    const said = await this.says(tool, args)
    deepStrictEqual(said.filter((line) => pattern.test(line)), [...expected].sort(),
      [tool, ...args].join(' '))
  }

  /** Asks until it is so. */
  async reaches(tool: Tool, args: readonly string[], pattern: RegExp): Promise<void> {
    let said: readonly string[] = []
    await until(`${tool} ${args.join(' ')}`, 90_000, async () => {
      said = await this.says(tool, args)
      return said.some((line) => pattern.test(line)) || undefined
    }, 100).catch((error: unknown) => {
      throw new Error(`${String(error)}, but ${said.join('\n')}`)
    })
  }
}
