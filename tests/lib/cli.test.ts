// The `samsa` command as its user meets it: the build in dist, as a process of its own.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Samsa } from './cli-process.ts'

const { version } = JSON.parse(
  readFileSync(resolve(__dirname, '../../package.json'), 'utf8')) as { version: string }
const CLUSTER = '5L6g3nShT-eMCtK--X86sw'

let directory = ''
let running: Samsa[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'samsa-command-'))
  running = []
})

afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL')
  await Promise.all(running.map(({ exit }) => exit))
  rmSync(directory, { recursive: true })
})

function samsa(...args: readonly string[]): Samsa {
  const process = new Samsa(args, directory)
  running.push(process)
  return process
}

const FREE_PORT = ['--override', 'listeners=PLAINTEXT://127.0.0.1:0']

describe('samsa', () => {
  test('alone explains itself', async () => {
    const alone = samsa()
    expect(await alone.exit).toBe(0)
    expect(alone.stdout).toContain('samsa start')
    expect(alone.stdout.split('\n').length).toBeLessThanOrEqual(24)
    expect(Math.max(...alone.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(alone.stdout).toContain('localhost:9092')
  })

  test('completes commands and options, and prints the script for it', async () => {
    const asked = samsa('--get-yargs-completions', 'samsa', 'topics', 'describe', '--al')
    await asked.exit
    expect(asked.stdout.split('\n')).toContain('--all-configs')
    const script = samsa('completion')
    expect(await script.exit).toBe(0)
    expect(script.stdout).toContain('complete -o bashdefault')
    expect(script.stderr).toBe('')
    const help = samsa('completion', '--help')
    expect(await help.exit).toBe(0)
    expect([help.stdout.split(':')[0], help.stderr]).toEqual(['samsa completion', ''])
  })

  test('tells its version', async () => {
    const asked = samsa('--version')
    expect(await asked.exit).toBe(0)
    expect(asked.stdout).toBe(`${version}\n`)
  })

  test.each([
    [['strat'], 'there is no command strat. Did you mean start?', 2],
    [['bogus'], 'samsa: there is no command bogus\n', 2],
    [['start', '--override', 'nokey'], '--override nokey: must be key=value', 2],
    [['start', '--log-level', 'info', '--override', '=x'], '--override =x: must be key=value', 2],
    [['format', '--cluster-id', 'abc'], '--cluster-id abc: must be 16 bytes', 2],
    [['start', '--nope'], 'Unknown argument: nope', 2],
    [['start', '--override'], 'Not enough arguments following: override', 2],
    [['start', '--log-level', 'loud'], 'log-level', 2],
    [['start', '--max-open-files', '0.5'], '--max-open-files: must be a whole number', 2],
    [['start', '--metrics-port', '65536'], '--metrics-port: must be a whole number from 0 to', 2],
    [['start', '--metrics-port', '0', '--metrics-host='], 'metrics-host', 2],
    [['start', '--metrics-host', '::1'], '--metrics-host: has no effect without --metrics-port', 2],
    [['format'], 'cluster-id', 2],
    [['topics', 'lst'], 'Did you mean list?', 2],
  ])('%j is a mistake, and starts nothing', async (args, words, exitCode) => {
    const mistaken = samsa(...args)
    expect(await mistaken.exit).toBe(exitCode)
    expect(mistaken.stderr).toContain(words)
    expect(mistaken.stdout).toBe('')
    expect(existsSync(join(directory, 'samsa-data'))).toBe(false)
  })
})

describe('samsa start', () => {
  test('prints one line when it serves, and ends cleanly at SIGTERM and SIGINT', async () => {
    const first = samsa('start', ...FREE_PORT)
    const line = await first.ready()
    const match = new RegExp(`^Samsa ${version.replaceAll('.', '\\.')} ready in \\d+ ms: `
      + 'PLAINTEXT://127\\.0\\.0\\.1:(\\d+), data in (\\S+), cluster ([\\w-]{22})\\n$').exec(line)
    expect(match).not.toBeNull()
    const [, port, data, clusterId] = match!
    expect(Number(port)).toBeGreaterThan(0)
    expect(resolve(data!)).toBe(join(directory, 'samsa-data'))
    first.child.kill('SIGTERM')
    expect(await first.exit).toBe(0)
    expect(existsSync(join(directory, 'samsa-data', '.kafka_cleanshutdown'))).toBe(true)

    const second = samsa('start', ...FREE_PORT)
    expect(await second.ready()).toContain(`cluster ${clusterId}`)
    second.child.kill('SIGINT')
    expect(await second.exit).toBe(0)
    expect(second.stdout.split('\n')).toHaveLength(2)
  })

  test('is watched where a port is given for it, and is gone from there with its end', async () => {
    const broker = samsa('start', ...FREE_PORT, '--metrics-port', '0')
    await broker.ready()
    const [, url] = /url=(http:\/\/127\.0\.0\.1:\d+)\/metrics\n/.exec(broker.stderr)!
    expect(await (await fetch(`${url}/readyz`)).text()).toBe('ready\n')
    expect(await (await fetch(`${url}/metrics`)).text())
      .toContain('\nkafka_server_replicamanager_partitioncount 0\n')
    const { port } = new URL(url!)
    const other = samsa('start', ...FREE_PORT, '--metrics-port', port,
      '--override', 'log.dirs=other')
    expect(await other.exit).toBe(1)
    expect(other.stderr).toContain(`127.0.0.1:${port}: another process listens on this port`)
    broker.child.kill('SIGTERM')
    expect(await broker.exit).toBe(0)
    expect(existsSync(join(directory, 'samsa-data', '.kafka_cleanshutdown'))).toBe(true)
  })

  test('is spoken to by the other commands', async () => {
    const broker = samsa('start', ...FREE_PORT)
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(await broker.ready())!
    const at = ['--bootstrap', `127.0.0.1:${port}`]
    expect(await samsa('topics', 'create', 'lines', ...at).exit).toBe(0)
    const producing = samsa('produce', 'lines', ...at)
    producing.child.stdin!.end('one\ntwo\n')
    expect(await producing.exit).toBe(0)
    expect([producing.stdout, producing.stderr]).toEqual(['', ''])

    const following = samsa('consume', 'lines', '--follow', ...at)
    expect(await following.ready()).toMatch(/^one\n/)
    const more = samsa('produce', 'lines', ...at)
    more.child.stdin!.end('three\n')
    expect(await more.exit).toBe(0)
    while (!following.stdout.includes('three\n')) {
      await new Promise((later) => setTimeout(later, 5))
    }
    following.child.kill('SIGINT')
    expect(await following.exit).toBe(0)
    expect([following.stdout, following.stderr]).toEqual(['one\ntwo\nthree\n', ''])

    // As `head` does: who reads goes away.
    const cut = samsa('consume', 'lines', '--follow', ...at)
    await cut.ready()
    cut.child.stdout!.destroy()
    const last = samsa('produce', 'lines', ...at)
    last.child.stdin!.end('four\n')
    expect(await last.exit).toBe(0)
    expect(await cut.exit).toBe(0)
    expect(cut.stderr).toBe('')
  })

  test('has what produce read before a signal; a second one ends it hard', async () => {
    const broker = samsa('start', ...FREE_PORT)
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(await broker.ready())!
    const at = ['--bootstrap', `127.0.0.1:${port}`]
    expect(await samsa('topics', 'create', 'cut', '--partitions', '1', ...at).exit).toBe(0)
    const following = samsa('consume', 'cut', '--follow', ...at)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const producing = samsa('produce', 'cut', ...at)
      producing.child.stdin!.write(`${signal}\nhalf a li`)
      while (!following.stdout.includes(signal)) {
        await new Promise((later) => setTimeout(later, 5))
      }
      producing.child.kill(signal)
      expect(await producing.exit).toBe(130)
    }
    following.child.kill('SIGINT')
    await following.exit
    expect(following.stdout).toBe('SIGINT\nSIGTERM\n')

    const stuck = samsa('produce', 'cut', ...at)
    stuck.child.stdin!.write('first\n')
    const seen = samsa('consume', 'cut', '--follow', '--from', '2', ...at)
    expect(await seen.ready()).toBe('first\n')
    broker.child.kill('SIGSTOP')
    stuck.child.stdin!.write('second\n')
    await new Promise((later) => setTimeout(later, 300))
    stuck.child.kill('SIGINT')
    await new Promise((later) => setTimeout(later, 100))
    expect(stuck.child.exitCode).toBeNull()
    stuck.child.kill('SIGTERM')
    await stuck.exit
    expect(stuck.child.signalCode).toBe('SIGTERM')
    broker.child.kill('SIGCONT')
  })

  test('takes the cluster that samsa format gave', async () => {
    const formatted = samsa('format', '--cluster-id', CLUSTER)
    expect(await formatted.exit).toBe(0)
    expect(formatted.stdout).toContain(CLUSTER)
    expect(await samsa('start', ...FREE_PORT).ready()).toContain(`cluster ${CLUSTER}\n`)
  })

  /** One line on standard error, exit code 1. */
  async function refusal(...args: readonly string[]): Promise<string> {
    const refused = samsa('start', ...args)
    expect(await refused.exit).toBe(1)
    expect(refused.stdout).toBe('')
    const lines = refused.stderr.trim().split('\n')
    expect(lines.filter((line) => / ERROR /.test(line))).toHaveLength(1)
    expect(lines.filter((line) => !/ (WARN|INFO) {1,2}/.test(line))).toHaveLength(1)
    return lines.at(-1)!
  }

  test('ends with one line where the port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const listeners = `listeners=PLAINTEXT://127.0.0.1:${port}`
    expect(await refusal('--override', listeners)).toContain(listeners)
    server.close()
  })

  test('ends with one line where another process has the directory', async () => {
    await samsa('start', ...FREE_PORT).ready()
    expect(await refusal(...FREE_PORT)).toContain('samsa-data')
  })

  test('ends with one line where the directory is of another node', async () => {
    const first = samsa('start', ...FREE_PORT)
    await first.ready()
    first.child.kill('SIGTERM')
    await first.exit
    expect(await refusal(...FREE_PORT, '--override', 'node.id=2')).toContain('belongs to node 1')
  })

  test('ends with one line where the directory cannot be', async () => {
    writeFileSync(join(directory, 'file'), '')
    expect(await refusal(...FREE_PORT, '--override', 'log.dirs=file/data')).toContain('file/data')
  })

  test('ends with one line at a bad value', async () => {
    expect(await refusal('--override', 'num.partitions=0'))
      .toContain('num.partitions=0: must be a whole number of at least 1')
  })

  test('ends with one line where a file asks for a cluster', async () => {
    const file = join(directory, 'server.properties')
    writeFileSync(file, 'process.roles=broker,controller\nnode.id=1\n'
      + 'controller.quorum.voters=1@localhost:9093,2@localhost:9094\n')
    expect(await refusal(file)).toContain('Samsa does not form clusters yet')
  })

  test('logs JSON where that is asked for', async () => {
    const started = samsa('start', ...FREE_PORT, '--log-format', 'json', '--override', 'nope=1')
    await started.ready()
    started.child.kill('SIGTERM')
    expect(await started.exit).toBe(0)
    const events = started.stderr.trim().split('\n').map((line) => JSON.parse(line) as unknown)
    expect(events).toContainEqual(expect.objectContaining({
      level: 'warn', message: 'nope is ignored: no setting has this name',
    }))
  })

  test('says nothing below the level that is asked for', async () => {
    const quiet = samsa('start', ...FREE_PORT, '--log-level', 'error', '--override', 'nope=1')
    await quiet.ready()
    quiet.child.kill('SIGTERM')
    expect(await quiet.exit).toBe(0)
    expect(quiet.stderr).toBe('')
  })
})
