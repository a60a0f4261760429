// The quick reader of arguments, and settings from files and overrides.

import { describe, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quickStartOptions } from '../../lib/cli/options.ts'
import { loadConfig } from '../../lib/cli/settings.ts'
import type { Config } from '../../lib/config.ts'

describe('the quick reader', () => {
  test('reads a file and overrides in any order', () => {
    const quick = { logFormat: 'text', logLevel: 'info' }
    expect(quickStartOptions(['start'])).toEqual({ overrides: [], ...quick })
    expect(quickStartOptions(['start', '--override', 'a=b', 'file', '--override=c=d=e']))
      .toEqual({ file: 'file', overrides: ['a=b', 'c=d=e'], ...quick })
    expect(quickStartOptions(['start', '--environment', '--ready-file=/dev/shm/ready', 'file']))
      .toEqual({
        file: 'file', overrides: [], isEnvironment: true, readyFile: '/dev/shm/ready', ...quick,
      })
  })

  test.each([
    [[]], [['--help']], [['start', '--help']], [['format']], [['start', 'one', 'two']],
    [['start', '--override']], [['start', '--override', '--log-level']], [['start', '-x']],
    [['start', '--log-format', 'json']], [['start', '--ready-file']],
    [['--override', 'a=b', 'start']],
  ])('leaves %j to yargs', (args) => {
    expect(quickStartOptions(args)).toBeUndefined()
  })
})

describe('settings of a command', () => {
  const load = (overrides: string[], file?: string): Config => (
    loadConfig({ file, overrides }, () => {})
  )

  function withFile(text: string | Buffer, use: (file: string) => void): void {
    const directory = mkdtempSync(join(tmpdir(), 'samsa-cli-'))
    try {
      const file = join(directory, 'server.properties')
      writeFileSync(file, text)
      use(file)
    } finally {
      rmSync(directory, { recursive: true })
    }
  }

  test('without a file are those for development', () => {
    expect(load([]).logDirs).toEqual(['./samsa-data'])
  })

  test('of a file have Kafka\'s defaults, not those for development', () => {
    withFile('process.roles=broker,controller\nnode.id=4\n', (file) => {
      const config = load([], file)
      expect(config.nodeId).toBe(4)
      expect(config.logDirs).toEqual(['/tmp/kafka-logs'])
      expect(config.groupInitialRebalanceDelayMs).toBe(3000)
    })
  })

  test('given as overrides win, the last of them', () => {
    withFile('node.id=4\nnum.partitions=2\n', (file) => {
      const config = load(['num.partitions=3', 'num.partitions = 5', 'broker.rack=a=b'], file)
      expect(config.numPartitions).toBe(5)
      expect(config.brokerRack).toBe('a=b')
    })
  })

  test('are read as Latin-1, with or without a byte order mark', () => {
    withFile(Buffer.from('\ufeffnode.id=4\nbroker.rack=\\u00e9', 'utf8'), (file) => {
      expect(load([], file)).toMatchObject({ nodeId: 4, brokerRack: 'é' })
    })
    withFile(Buffer.from('node.id=4\nbroker.rack=\u00e9', 'latin1'), (file) => {
      expect(load([], file).brokerRack).toBe('é')
    })
  })

  test('that are none are refused', () => {
    expect(() => load(['num.partitions'])).toThrow('--override num.partitions: must be key=value')
    expect(() => load(['=3'])).toThrow('--override =3: must be key=value')
    expect(() => load([], '/nowhere/server.properties'))
      .toThrow('/nowhere/server.properties: cannot be read: it is not there')
    expect(() => load([], tmpdir()))
      .toThrow(`${tmpdir()}: cannot be read: there is a directory of that name`)
    withFile('a=\\u1', (file) => expect(() => load([], file)).toThrow(`${file}: line 1: `))
  })
})
