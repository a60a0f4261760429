// What Kafka's administration tools print against Samsa is what they print against Apache Kafka.
//
// With `--against HOST:PORT` the transcript itself is checked; with `RECORD=1` beside that it is
// written anew. The broker has to be a fresh one, node 1, with the defaults.

import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunningBroker } from '../harness/broker.ts'
import type { Check, Suite } from '../harness/check.ts'
import { sleep } from '../harness/process.ts'
import { installTools, isTool, type ToolSession, withTools } from '../java/tools.ts'
import { directories } from './directories.ts'
import { FILES } from './files.ts'
import { installScenarios, reconfigurations, scenarios } from './scenarios.ts'
import { type Part, readTranscript, shown, wordsOf, writeTranscript } from './transcript.ts'

const TRANSCRIPT = 'compat/admin/transcript.txt'
const API_VERSIONS = 'compat/admin/api-versions.txt'
/** Commands that change nothing. */
const READS = /--describe|--list|--verify|^kafka-features describe|^kafka-cluster list/
const ATTEMPTS = 5
const RETRY_MS = 300
const isRecording = process.env['RECORD'] === '1'

/** With the files that commands name. */
async function withFiles(
  use: (tools: ToolSession, directory: string) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-admin-'))
  for (const [name, content] of Object.entries(FILES)) {
    writeFileSync(join(directory, name), JSON.stringify(content))
  }
  try {
    await withTools((tools) => use(tools, directory))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function printedBy(
  line: string, tools: ToolSession, { address }: RunningBroker, directory: string,
): Promise<string> {
  const [tool = '', ...words] = wordsOf(line)
  const args = words.map((word) => word.startsWith('@') ? join(directory, word.slice(1)) : word)
  const server = ['--bootstrap-server', address]
  const all = tool === 'kafka-features' ? [...server, ...args] : [...args, ...server]
  if (!isTool(tool)) throw new Error(`no tool is called ${tool}`)
  const { exitCode, output } = await tools.run(tool, all)
  return shown(output, exitCode, address)
}

/** Again until it says the same as before, or what is wished: brokers take over changes in time. */
async function settledBy(
  line: string, wished: string | undefined, ...place: [ToolSession, RunningBroker, string]
): Promise<string> {
  let printed = await printedBy(line, ...place)
  if (!READS.test(line)) return printed
  for (let attempt = 0; attempt < ATTEMPTS && printed !== wished; attempt++) {
    await sleep(RETRY_MS)
    const before = printed
    printed = await printedBy(line, ...place)
    if (wished === undefined && printed === before) break
  }
  return printed
}

/** What another version of the broker need not serve yet is left out on both sides. */
function servedLines(versions: string): string[] {
  return versions.split('\n').filter((line) => !line.includes('UNSUPPORTED'))
    .map((line) => line.replace(/,$/, '')).sort()
}

const transcript: Check = {
  name: 'every command of the transcript prints what it prints against Kafka',
  timeoutMs: 300_000,
  run: (broker) => withFiles(async (tools, directory) => {
    const now: Part[] = []
    const other: string[] = []
    for (const { title, commands } of readTranscript(TRANSCRIPT)) {
      const done: { line: string, printed: string }[] = []
      for (const { line, printed } of commands) {
        const wished = isRecording ? undefined : printed
        const found = await settledBy(line, wished, tools, broker, directory)
        done.push({ line, printed: found })
        if (found !== printed) other.push(`${title}: ${line}\n- ${printed}\n+ ${found}`)
      }
      now.push({ title, commands: done })
    }
    if (isRecording) writeFileSync(TRANSCRIPT, writeTranscript(now))
    else strictEqual(other.join('\n\n'), '')
  }),
}

const apiVersions: Check = {
  name: 'kafka-broker-api-versions knows of nothing that Kafka does not have',
  run: (broker) => withFiles(async (tools, directory) => {
    const printed = await printedBy('kafka-broker-api-versions', tools, broker, directory)
    if (isRecording) writeFileSync(API_VERSIONS, `${printed}\n`)
    const known = new Set(servedLines(readFileSync(API_VERSIONS, 'utf8')))
    deepStrictEqual(servedLines(printed).filter((line) => !known.has(line)), [])
    match(printed, /DescribeLogDirs\(35\): 1 to 5 \[usable: \d\]/)
  }),
}

const storageInfo: Check = {
  name: 'kafka-storage info finds the directory formatted',
  run: (broker) => withFiles(async (tools, directory) => {
    const file = join(directory, 'server.properties')
    writeFileSync(file, [
      'process.roles=broker,controller', 'node.id=1', `log.dirs=${broker.dataDirectory}`,
      'controller.listener.names=CONTROLLER', 'controller.quorum.voters=1@localhost:9093',
      'listeners=PLAINTEXT://:9092,CONTROLLER://:9093', '',
    ].join('\n'))
    const { exitCode, output } = await tools.run('kafka-storage', ['info', '-c', file])
    strictEqual(exitCode, 0, output)
    const found = output.split('\n').filter((line) => line !== '')
    deepStrictEqual(found.slice(0, 2), ['Found log directory:', `  ${broker.dataDirectory}`])
    match(found[2]!, /^Found metadata: \{cluster\.id=[\w-]{22}, directory\.id=[\w-]{22}, /)
    match(found[2]!, /node\.id=1, version=1\}$/)
    ok(!output.includes('problem'))
  }),
}

export const adminSuite: Suite = {
  name: 'admin',
  client: 'Apache Kafka 4.3.1 admin tools',
  checks: [transcript, apiVersions, storageInfo, scenarios, reconfigurations, directories],
  install: async () => {
    await installTools()
    await installScenarios()
  },
}
