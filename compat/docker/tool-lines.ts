// Lines with Kafka's tools, played one after the other: what they print, less what nobody reads a
// tool for, the log of its client for one.
//
//     $ printf 'a\nb\n' | kafka-console-producer --topic orders       what standard input brings

import { type Part, shown, wordsOf } from '../admin/transcript.ts'
import type { RunResult } from '../harness/process.ts'

export const TOOL_LINES = 'compat/docker/tool-lines.txt'

export type RunTool = (
  tool: string, args: readonly string[], input: string,
) => Promise<RunResult>

/** The parts as they are now, against a broker at an address. */
export async function playTools(
  parts: readonly Part[], address: string, runTool: RunTool,
): Promise<Part[]> {
  const played: Part[] = []
  for (const { title, commands } of parts) {
    const done: { line: string, printed: string }[] = []
    for (const { line } of commands) {
      const [, text = '', command = ''] = /^(?:printf '([^']*)' \| )?(.*)$/.exec(line)!
      const [tool = '', ...args] = wordsOf(command)
      const input = text.replaceAll('\\n', '\n').replaceAll('\\t', '\t')
      const result = await runTool(tool, [...args, '--bootstrap-server', address], input)
      done.push({ line, printed: printedBy(result, address) })
    }
    played.push({ title, commands: done })
  }
  return played
}

/** Of standard error what belongs to the result. */
const SAID = /^(Processed a total of|Consumer group ')/
/** A log, what a log says of an error, and what later versions will do. */
const NOISE = /^\d{4}-\d\d-\d\d\S* |^[\w.]+Exception\b|deprecated|^\s+at |^Caused by: /
/** Groups that the real consumer makes for itself, and those that it wrote into. */
const OWN_GROUP = /console-consumer-\d+/

function printedBy({ stdout, stderr, exitCode }: RunResult, address: string): string {
  const lines = (text: string): string[] => text.split('\n')
    .filter((line) => !NOISE.test(line) && !OWN_GROUP.test(line))
  const text = [...lines(stdout), ...lines(stderr).filter((line) => SAID.test(line))]
    .filter((line, index, all) => line !== '' || all[index - 1] !== '')
    .map((line) => line.replace(/(Configs: )(.*)$/, (_, title: string, configs: string) => (
      title + configs.split(',').sort().join(',')))
      .replace(/(Time:)\d{13}/g, '$1TIME')
      .replace(/(127\.0\.0\.1|localhost):\d+ +\((\d+)\) +/, 'HOST:PORT ($2) ')).join('\n')
  return shown(text, exitCode, address)
}
