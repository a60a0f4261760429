// Lines of text as records: what a client must be able to do to take part in the pairs suite.

import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'

/** A client that can send a file, a record for each line, and fetch such a file back. */
export interface LineClient {
  readonly name: string
  /**
   * Sends each line of the file as a record to partition 0, in order, acks=all;
   * returns when all are acknowledged.
   */
  produce(address: string, topic: string, file: string): Promise<void>
  /** Writes the first `lineCount` records of partition 0 as lines into the file. */
  consume(address: string, topic: string, lineCount: number, file: string): Promise<void>
}

/** Writes lines that are all different, from a few bytes to a kilobyte long, not only ASCII. */
export function writeText(file: string, lineCount: number): void {
  const lines: string[] = []
  for (let i = 0; i < lineCount; i++) {
    const digest = createHash('sha256').update(`line ${i}`).digest('base64')
    const length = i % 97 === 0 ? 20 : i % 7
    const sentence = `${i} Als Gregor Samsa eines Morgens aus unruhigen Träumen erwachte`
    lines.push(`${sentence} ${digest.repeat(length)}`)
  }
  writeFileSync(file, lines.join('\n') + '\n')
}
