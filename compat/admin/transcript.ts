// Transcripts: commands, and what they print. A text file holds what the tools printed against
// Apache Kafka; against Samsa they have to print the same.
//
//     ## title of a part
//     $ kafka-topics --list
//     what it printed
//     [1]        its exit code, where that is not 0

import { readFileSync } from 'node:fs'

export interface Command {
  readonly line: string
  /** As `shown` has it. */
  readonly printed: string
}

export interface Part {
  readonly title: string
  readonly commands: readonly Command[]
}

export function readTranscript(file: string): Part[] {
  return readFileSync(file, 'utf8').split(/^## /m).slice(1).map((text) => {
    const [title = '', ...rest] = text.split('\n')
    const commands = rest.join('\n').split(/^\$ /m).slice(1).map((command) => {
      const [line = '', ...printed] = command.split('\n')
      return { line, printed: printed.join('\n').trim() }
    })
    return { title: title.trim(), commands }
  })
}

export function writeTranscript(parts: readonly Part[]): string {
  return parts.map(({ title, commands }) => [`## ${title}\n`, ...commands.map(
    ({ line, printed }) => `$ ${line}\n${printed}\n`)].join('\n')).join('\n')
}

/** Words with blanks stand in single quotes. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
}

/** What two brokers choose differently is taken out; so are the lines of stack traces. */
export function shown(text: string, exitCode: number, address: string): string {
  const lines = text.split('\n')
    .filter((line) => !/^\s+at |^\s+\.\.\. \d+ more|SLF4J|StatusLogger|^Caused by: /.test(line))
    .map((line) => line.trimEnd()
      .replaceAll(address, 'HOST:PORT')
      .replaceAll(address.replace(':', ' '), 'HOST PORT')
      .replace(/((Cluster|Topic)(Id| ID): )[\w-]{22}/g, '$1ID')
      .replace(/(Epoch: )\d+/g, '$1N')
      .replace(/("(?:totalBytes|usableBytes)":)\d+/g, '$1N')
      .replace(/("logDir":"|"log_dirs":\[")\/[^"]*/g, '$1DIRECTORY')
      .replace(/^\[\d{4}-\d\d-\d\d [\d:,]*\] /, '')
      .replace(/PORT:\s+\d+/g, 'PORT'))
  if (exitCode !== 0) lines.push(`[${exitCode}]`)
  return lines.join('\n').trim()
}
