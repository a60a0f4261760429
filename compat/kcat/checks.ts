// kcat, Debian's: an old librdkafka on the command line, strict about what it reads.

import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict'
import { uniqueName, type Check, type Suite } from '../harness/check.ts'
import { ensureProgram } from '../harness/install.ts'
import { run } from '../harness/process.ts'

const kcat = async (address: string, args: readonly string[], input?: string): Promise<string> => {
  const { stdout } = await run('kcat', ['-b', address, '-m', '20', ...args], {
    timeoutMs: 40_000, ...(input === undefined ? {} : { input }),
  })
  return stdout
}

const produce = (address: string, topic: string, lines: readonly string[], ...args: string[]) =>
  kcat(address, ['-P', '-t', topic, ...args], lines.join('\n') + '\n')

const consume = (address: string, topic: string, ...args: string[]) =>
  kcat(address, ['-C', '-t', topic, '-e', '-q', ...args])

const LINES = Array.from({ length: 300 }, (_, i) => `line ${i} ${'x'.repeat(i % 50)}`)

const codecCheck = (codec: string): Check => ({
  name: `produces and consumes with ${codec}`,
  async run({ address }) {
    const topic = uniqueName(`kcat-${codec}`)
    await produce(address, topic, LINES, '-z', codec, '-p', '0')
    deepStrictEqual((await consume(address, topic, '-o', 'beginning')).trimEnd().split('\n'), LINES)
  },
})

const checks: readonly Check[] = [
  {
    name: 'lists metadata',
    async run({ address }) {
      const topic = uniqueName('kcat-listed')
      await produce(address, topic, ['one'])
      const listing = await kcat(address, ['-L'])
      match(listing, /1 brokers:/)
      ok(listing.includes(`topic "${topic}" with 1 partitions`))
    },
  },
  ...['none', 'gzip', 'snappy', 'lz4', 'zstd'].map(codecCheck),
  {
    name: 'keys and headers arrive',
    async run({ address }) {
      const topic = uniqueName('kcat-keys')
      await produce(address, topic, ['a:1', 'b:2'], '-K', ':', '-H', 'colour=blue')
      const read = await consume(address, topic, '-o', 'beginning', '-f', '%k=%s %h\n')
      strictEqual(read, 'a=1 colour=blue\nb=2 colour=blue\n')
    },
  },
  {
    name: 'idempotent producer',
    async run({ address }) {
      const topic = uniqueName('kcat-idempotent')
      await produce(address, topic, LINES, '-X', 'enable.idempotence=true', '-p', '0')
      const consumed = await consume(address, topic, '-o', 'beginning')
      deepStrictEqual(consumed.trimEnd().split('\n'), LINES)
    },
  },
  {
    name: 'offsets: tail, absolute and by timestamp',
    async run({ address }) {
      const topic = uniqueName('kcat-offsets')
      const beforeMs = Date.now()
      await produce(address, topic, ['a', 'b', 'c', 'd'], '-p', '0')
      strictEqual(await consume(address, topic, '-o', '-1', '-p', '0'), 'd\n')
      strictEqual(await consume(address, topic, '-o', '2', '-p', '0'), 'c\nd\n')
      strictEqual(await consume(address, topic, '-o', `s@${beforeMs}`, '-p', '0'), 'a\nb\nc\nd\n')
      match(await kcat(address, ['-Q', '-t', `${topic}:0:${beforeMs}`]), /\[0\] offset 0/)
    },
  },
  {
    name: 'a balanced consumer group reads all and commits',
    async run({ address }) {
      const topic = uniqueName('kcat-group')
      const group = uniqueName('kcat-members')
      await produce(address, topic, LINES, '-p', '0')
      const args = ['-G', group, '-X', 'auto.offset.reset=earliest', '-e', '-q', topic]
      deepStrictEqual((await kcat(address, args)).trimEnd().split('\n'), LINES)
      await produce(address, topic, ['after'], '-p', '0')
      strictEqual(await kcat(address, args), 'after\n')
    },
  },
]

export const kcatSuite: Suite = {
  name: 'kcat',
  client: 'kcat 1.7.1 (librdkafka 2.0.2)',
  checks,
  install: () => ensureProgram('kcat', 'kcat'),
}
