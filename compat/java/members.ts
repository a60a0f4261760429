// Members of groups that are Java consumers, all in one process: `Members.java` is their side.

import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { createInterface } from 'node:readline'
import type { Join, Member } from '../harness/group-walk.ts'
import { ensureProgram, jarsOf, once } from '../harness/install.ts'
import { run, start } from '../harness/process.ts'

const SOURCE = 'compat/java/Members.java'
/** The newest clients, which the exchange of directories has too. */
const JARS = { name: 'exchange', pom: 'compat/exchange/pom.xml' }

async function classPath(): Promise<string> {
  const jars = await jarsOf(JARS.name, JARS.pom)
  await ensureProgram('javac', 'default-jdk-headless')
  const recipe = [SOURCE, JARS.pom].map((file) => readFileSync(file, 'utf8')).join('\0')
  const directory = await once('java-members', recipe, async (target) => {
    const classes = joinPath(target, 'classes')
    mkdirSync(classes, { recursive: true })
    await run('javac', ['-nowarn', '-d', classes, '-cp', jars, SOURCE])
  })
  return `${joinPath(directory, 'classes')}:${jars}`
}

/** One process, and all members of one group in it. */
export class JavaMembers {
  readonly #child: ChildProcess
  readonly #onLeft = new Map<string, () => void>()
  readonly #ended: Promise<void>
  #count = 0
  #onValue: (value: string) => void = () => {}
  #said = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    createInterface({ input: child.stdout! }).on('line', (line) => { this.#heard(line) })
    child.stderr!.on('data', (chunk) => { this.#said = (this.#said + String(chunk)).slice(-1000) })
    this.#ended = new Promise((resolve) => { child.on('exit', () => { resolve() }) })
  }

  static async start(address: string): Promise<JavaMembers> {
    const flags = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']
    return new JavaMembers(
      start('java', [...flags, '-cp', await classPath(), 'Members', address]))
  }

  join(protocol: 'classic' | 'consumer'): Join {
    return async (_address, group, topic, onValue): Promise<Member> => {
      const number = this.#count++
      this.#onValue = onValue
      this.#child.stdin!.write(`join ${group} ${topic} ${protocol}\n`)
      let left: Promise<void> | undefined
      return { leave: () => left ??= this.#leave(String(number)) }
    }
  }

  async end(): Promise<void> {
    this.#child.stdin!.end()
    await this.#ended
  }

  #leave(number: string): Promise<void> {
    const left = new Promise<void>((resolve) => { this.#onLeft.set(number, resolve) })
    this.#child.stdin!.write(`leave ${number}\n`)
    const ended = this.#ended.then(() => { throw new Error(`Java ended: ${this.#said}`) })
    return Promise.race([left, ended])
  }

  #heard(line: string): void {
    const [word, rest] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]
    if (word === 'value') this.#onValue(rest)
    else if (word === 'left') this.#onLeft.get(rest)?.()
  }
}
