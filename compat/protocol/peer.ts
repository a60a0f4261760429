// The other end of `Peer.java`: Kafka's own classes as functions that answer.

import { join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import { jarsOf, javaClasses } from '../harness/java.ts'
import { start } from '../harness/process.ts'

const FOLDER = 'compat/protocol'
const SOURCES = ['Peer', 'RandomBytes', 'RandomBatches', 'BatchText']
  .map((name) => join(FOLDER, `${name}.java`))

/** How `Peer.java` makes messages up: with all extremes, or small and with every field set. */
const STYLES = { wild: 0, full: 1 } as const

export interface Sample {
  /** As Kafka writes it. */
  readonly known: Buffer
  /** The same with tagged fields of which nobody knows. */
  readonly withUnknown: Buffer
}

/** What is changed in a batch that stays as it is otherwise. */
export interface Patch {
  readonly lastOffset: number
  readonly leaderEpoch: number
  readonly timestampMs: number
}

/** A record batch of Kafka's. */
export interface BatchSample {
  readonly bytes: Buffer
  /** What Kafka reads in it. */
  readonly text: string
  readonly patched: Buffer
}

/** Kafka 4.4.0, and the release before it. */
export const RELEASES = {
  current: { name: 'protocol-4.4.0', pom: `${FOLDER}/pom.xml` },
  before: { name: 'protocol-4.3.1', pom: `${FOLDER}/before/pom.xml` },
} as const

/** Brings the jars here and compiles the program; gives the class path for a release. */
export async function classPath(release: keyof typeof RELEASES): Promise<string> {
  const { name, pom } = RELEASES[release]
  const jars = await jarsOf(name, pom)
  return `${await compiled()}:${jars}`
}

async function compiled(): Promise<string> {
  const { name, pom } = RELEASES.current
  return javaClasses('protocol-peer', await jarsOf(name, pom), SOURCES)
}

/** Asks a question of a peer that ends when `use` is done. */
export async function withPeer<T>(
  release: keyof typeof RELEASES, use: (peer: Peer) => Promise<T>,
): Promise<T> {
  const flags = ['-Xmx512m', '-XX:+UseSerialGC', '-cp', await classPath(release)]
  const child = start('java', [...flags, 'Peer'])
  try {
    return await use(new Peer(child))
  } finally {
    child.kill('SIGKILL')
  }
}

export class Peer {
  readonly #child: ChildProcess
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)
  #stderr = ''

  constructor(child: ChildProcess) {
    this.#child = child
    this.#chunks = child.stdout![Symbol.asyncIterator]() as AsyncIterator<Buffer>
    child.stderr!.on('data', (chunk: Buffer) => { this.#stderr += chunk.toString() })
    child.stdin!.on('error', () => {}) // what went wrong is on its standard error
  }

  /** The text of every message definition in the release's jars. */
  async definitions(): Promise<string[]> {
    return (await this.#ask('D', [])).map(String)
  }

  /** Lines of code, name and `true` for a retriable error. */
  async errors(): Promise<string[]> {
    return (await this.#ask('E', [])).map(String)
  }

  /** So many random messages; the same for the same seed. */
  async make(
    name: string, version: number, seed: number, count: number, style: keyof typeof STYLES,
  ): Promise<Sample[]> {
    const numbers = Buffer.alloc(15)
    numbers.writeInt16BE(version, 0)
    numbers.writeBigInt64BE(BigInt(seed), 2)
    numbers.writeInt32BE(count, 10)
    numbers.writeInt8(STYLES[style], 14)
    const made = await this.#ask('M', [framed(Buffer.from(name)), numbers])
    return Array.from({ length: count }, (_, i) => (
      { known: made[2 * i]!, withUnknown: made[2 * i + 1]! }
    ))
  }

  /** What Kafka writes after it has read these. */
  async rewrite(name: string, version: number, messages: readonly Buffer[]): Promise<Buffer[]> {
    const number = Buffer.alloc(2)
    number.writeInt16BE(version)
    return this.#ask('R', [framed(Buffer.from(name)), number, ...messages.map(framed)])
  }

  /** So many random record batches; the same for the same seed. */
  async makeBatches(seed: number, count: number, patch: Patch): Promise<BatchSample[]> {
    const numbers = Buffer.alloc(32)
    numbers.writeBigInt64BE(BigInt(seed), 0)
    numbers.writeInt32BE(count, 8)
    numbers.writeBigInt64BE(BigInt(patch.lastOffset), 12)
    numbers.writeInt32BE(patch.leaderEpoch, 20)
    numbers.writeBigInt64BE(BigInt(patch.timestampMs), 24)
    const made = await this.#ask('B', [numbers])
    return Array.from({ length: count }, (_, i) => (
      { bytes: made[3 * i]!, text: made[3 * i + 1]!.toString(), patched: made[3 * i + 2]! }
    ))
  }

  /** What Kafka reads in record batches, as text. */
  async batchTexts(batches: readonly Buffer[]): Promise<string[]> {
    return (await this.#ask('T', batches.map(framed))).map(String)
  }

  /** Messages of format 0 or 1. */
  async oldMessages(magic: 0 | 1, codec: string): Promise<Buffer> {
    return (await this.#ask('O', [Buffer.from([magic]), framed(Buffer.from(codec))]))[0]!
  }

  async #ask(kind: string, parts: readonly Buffer[]): Promise<Buffer[]> {
    this.#child.stdin!.write(framed(Buffer.concat([Buffer.from(kind), ...parts])))
    const answer = await this.#take((await this.#take(4)).readInt32BE())
    if (answer[0] !== 0) throw new Error(answer.toString('utf8', 1))
    return split(answer.subarray(1))
  }

  async #take(sizeBytes: number): Promise<Buffer> {
    const chunks = [this.#rest]
    for (let have = this.#rest.length; have < sizeBytes;) {
      const { value, done } = await this.#chunks.next()
      if (done === true) throw new Error(`the Java peer ended:\n${this.#stderr}`)
      chunks.push(value)
      have += value.length
    }
    const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
    this.#rest = all.subarray(sizeBytes)
    return all.subarray(0, sizeBytes)
  }
}

function framed(content: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(content.length)
  return Buffer.concat([size, content])
}

function split(answer: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let offset = 0; offset < answer.length;) {
    const start = offset + 4
    offset = start + answer.readInt32BE(offset)
    parts.push(answer.subarray(start, offset))
  }
  return parts
}
