// Members of groups that are Java consumers, all in one process: `Members.java` is their side.

import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Join, Member } from '../harness/group-walk.ts'
import { javaProgram, SMALL_JVM } from '../harness/java.ts'
import { kafkaJars } from '../harness/kafka.ts'
import { start } from '../harness/process.ts'

const classPath = async (): Promise<string> =>
  javaProgram('java-members', await kafkaJars('4.4.0'), ['compat/java/Members.java'])

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
    return new JavaMembers(
      start('java', [...SMALL_JVM, '-cp', await classPath(), 'Members', address]))
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
