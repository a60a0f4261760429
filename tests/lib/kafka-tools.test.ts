// Kafka's tools by name against a node of this process: what each line prints is what Kafka's own
// tools print, and what they cannot do is refused by name.

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { differences } from '../../compat/cli/checks.ts'
import { readTranscript } from '../../compat/admin/transcript.ts'
import { playTools, TOOL_LINES } from '../../compat/docker/tool-lines.ts'
import { runKafkaTool, TOOL_NAMES } from '../../lib/cli/kafka-tools/run.ts'
import { startTestNode, type TestNode } from './cli-harness.ts'

const TIMEOUT_MS = 60_000

let node: TestNode
let directory: string

beforeAll(async () => {
  node = await startTestNode()
  directory = mkdtempSync(join(tmpdir(), 'samsa-kafka-tools-'))
}, TIMEOUT_MS)

afterAll(async () => {
  rmSync(directory, { recursive: true })
  await node.dispose()
})

async function runTool(tool: string, args: readonly string[], input = '') {
  let stdout = ''
  let stderr = ''
  const exitCode = await runKafkaTool(tool, args, {
    stdin: Readable.from([Buffer.from(input)]),
    writeOut(text) {
      stdout += text.toString()
      return true
    },
    writeError: (text) => { stderr += text },
    drained: async () => {}, onOutputLost: () => {},
    columns: undefined, isInteractive: false, isWatched: false,
  })
  return { stdout, stderr, exitCode }
}

const asked = (tool: string, ...args: string[]) => (
  runTool(tool, [...args, '--bootstrap-server', node.address]))

describe('what Kafka\'s own tools print', () => {
  // In their order: what one part leaves behind the next ones see.
  test.each(readTranscript(TOOL_LINES).map((part) => [part.title, part] as const))(
    '%s', async (_, part) => {
      expect(differences([part], await playTools([part], node.address, runTool))).toBe('')
    }, TIMEOUT_MS,
  )
})

test('the versions of a broker, one API a line', async () => {
  const { stdout, exitCode } = await asked('kafka-broker-api-versions.sh')
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^127\.0\.0\.1:\d+ \(id: 1 rack: null isFenced: false\) -> \(\n/)
  expect(stdout).toMatch(/^\tProduce\(0\): 0 to 13 \[usable: 13\],$/m)
  expect(stdout).toMatch(/^\tShareFetch\(78\): /m)
  expect(stdout).toMatch(/\n\)\n$/)
})

test('the quorum, its state and its replicas', async () => {
  const { stdout } = await asked('kafka-metadata-quorum', 'describe', '--status')
  expect(stdout).toMatch(/^ClusterId: {14}[\w-]{22}\nLeaderId: {15}1\nLeaderEpoch: {12}\d+\n/)
  expect(stdout).toMatch(/^MaxFollowerLagTimeMs: {3}0\nCurrentVoters: {10}\[\{"id": 1/m)
  const replicas = await asked('kafka-metadata-quorum', 'describe', '--replication')
  const [titles, leader, ...others] = replicas.stdout.trimEnd().split('\n')
  expect(titles!.split(/\s+/).slice(0, 4)).toEqual([
    'NodeId', 'DirectoryId', 'LogEndOffset', 'Lag'])
  expect(leader).toMatch(/^1 .*\tLeader\t?$/)
  expect(others).toEqual([])
  expect((await asked('kafka-metadata-quorum', 'describe')).exitCode).toBe(1)
})

/** A warning says that they are assumed, where a file of one node leaves them out. */
const OF_ONE_REPLICA = [
  'offsets.topic.replication.factor', 'transaction.state.log.replication.factor',
  'transaction.state.log.min.isr', 'share.coordinator.state.topic.replication.factor',
  'share.coordinator.state.topic.min.isr',
]

describe('a log directory', () => {
  const settings = (name: string): string => {
    const file = join(directory, `${name}.properties`)
    writeFileSync(file, [
      'process.roles=broker,controller', 'node.id=1', `log.dirs=${join(directory, name)}`,
      'listeners=PLAINTEXT://:9092,CONTROLLER://:9093', 'controller.listener.names=CONTROLLER',
      ...OF_ONE_REPLICA.map((setting) => `${setting}=1`), '',
    ].join('\n'))
    return file
  }

  test('is formatted with an id that was made, once', async () => {
    const { stdout: made } = await runTool('kafka-storage.sh', ['random-uuid'])
    expect(made).toMatch(/^[\w-]{22}\n$/)
    const format = ['format', '-t', made.trim(), '-c', settings('data')]
    const vague = await runTool('kafka-storage', format)
    expect(vague.stderr).toMatch(/you must specify one of the following: --standalone/)
    expect(vague.exitCode).toBe(1)
    const first = await runTool('kafka-storage', [...format, '--standalone'])
    expect(first.stdout).toBe(
      `Formatting dynamic metadata voter directory ${join(directory, 'data')}.\n`)
    expect(readFileSync(join(directory, 'data/meta.properties'), 'utf8')).toContain(made.trim())
    const again = await runTool('kafka-storage', [...format, '-s'])
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringMatching(
      /^Log directory \S+ is already formatted\. Use --ignore-formatted /m)])
    const ignoring = await runTool('kafka-storage', [...format, '-s', '-g'])
    expect([ignoring.exitCode, ignoring.stdout]).toEqual([
      0, 'All of the log directories are already formatted.\n'])
    const other = await runTool('kafka-storage', [
      'format', '-g', '-s', '-t', '4L6g3nShT-eMCtK--X86sw', '-c', settings('data')])
    expect([other.exitCode, other.stderr]).toEqual([1, expect.stringMatching(
      /^Invalid cluster\.id in: \S+ Expected 4L6g3nShT-eMCtK--X86sw, but read /m)])
  })

  test('is described, or what is wrong with it', async () => {
    const found = await runTool('kafka-storage', ['info', '-c', settings('data')])
    expect(found.exitCode).toBe(0)
    expect(found.stdout)
      .toMatch(/^Found log directory:\n {2}\S+data\n\nFound metadata: \{cluster\.id=/)
    const missing = await runTool('kafka-storage', ['info', '-c', settings('elsewhere')])
    expect(missing.exitCode).toBe(1)
    expect(missing.stdout).toMatch(/^Found problem:\n {2}\S+elsewhere does not exist\n/)
  })
})

test.each([
  ['kafka-topics', ['--create', '--replica-assignment', '1'], '--replica-assignment'],
  ['kafka-console-consumer', ['--topic', 'orders', '--include', 'a'], '--include'],
  ['kafka-console-producer', ['--topic', 'orders', '--producer-property', 'retries=1'], 'retries'],
  ['kafka-console-consumer', ['--topic', 'a', '--property', 'print.epoch=true'], 'print.epoch'],
  ['kafka-configs', ['--describe', '--entity-type', 'users'], '--entity-type users'],
  ['kafka-topics', ['--list', '-x'], '-x'],
  ['kafka-topics', ['--list', '--partitions', '3'], 'Option "[partitions]" can\'t be used'],
  ['kafka-topics', ['--create', '--topic', 'a', '--if-exists'], 'Option "[if-exists]" can\'t'],
  ['kafka-configs', ['--describe', '--topic', 'a', '--entity-name', 'b'], 'Option "[entity-name]"'],
  ['kafka-consumer-groups', ['--list', '--to-latest'], 'Option "[to-latest]" can\'t be used'],
])('%s %j is refused by name', async (tool, args, name) => {
  const { stdout, stderr, exitCode } = await asked(tool, ...args)
  expect([exitCode, stdout]).toEqual([1, ''])
  expect(stderr.startsWith(`${tool}: ${name}`)).toBe(true)
})

test('the image has every tool, and no other', () => {
  const [, list = ''] = /^ARG KAFKA_TOOLS="([^"]*)"$/m.exec(readFileSync('Dockerfile', 'utf8'))!
  expect(list.split(' ').map((name) => `kafka-${name}`).sort()).toEqual(TOOL_NAMES)
})

test('a tool that is not there says what does its work', async () => {
  const { stderr, exitCode } = await runTool('kafka-dump-log.sh', ['--files', 'a.log'])
  expect(exitCode).toBe(1)
  expect(stderr).toContain('`samsa log dump` does its work')
})

test('a broker that is still starting is waited for, as long as the properties say', async () => {
  const file = join(directory, 'client.properties')
  writeFileSync(file, 'security.protocol=PLAINTEXT\ndefault.api.timeout.ms=600\n')
  const startMs = Date.now()
  const { stdout, stderr, exitCode } = await runTool('kafka-topics', [
    '--list', '--bootstrap-server', '127.0.0.1:1', '--command-config', file])
  expect([exitCode, stdout]).toEqual([
    1, 'Error while executing topic command : 127.0.0.1:1: nothing listens there\n'])
  expect(stderr).toContain('127.0.0.1:1: nothing listens there; it tries for 0.6 s')
  expect(Date.now() - startMs).toBeGreaterThan(300)
  writeFileSync(file, 'security.protocol=SSL\n')
  const refused = await asked('kafka-topics', '--list', '--command-config', file)
  expect(refused.stderr).toContain('security.protocol=SSL')
})
