// franz-go, a Go client that speaks the newest version of everything:
// the client's side is `main.go`.

import { strictEqual } from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { uniqueName, type Check, type Suite } from '../harness/check.ts'
import { migrateBusyGroup, walkBusyGroup } from '../harness/busy-walk.ts'
import { walkGroup, type Join } from '../harness/group-walk.ts'
import { goProgram } from '../harness/install.ts'
import { writeText, type LineClient } from '../harness/lines.ts'
import { memberProcess } from '../harness/member-process.ts'
import { run } from '../harness/process.ts'
import { copyExactlyOnce, type Protocol } from './exactly-once.ts'

const program = () => goProgram('franz-go', 'compat/franz-go')

async function client(...args: string[]): Promise<void> {
  await run(await program(), args, { timeoutMs: 150_000 })
}

const join = (protocol: Protocol): Join => async (address, group, topic, onValue) =>
  memberProcess(await program(), ['member', address, group, topic, protocol], onValue)

const LINE_COUNT = 500

const codecCheck = (codec: string): Check => ({
  name: `produces and consumes with ${codec}`,
  async run({ address }) {
    const topic = uniqueName(`codec-${codec}`)
    const directory = mkdtempSync(joinPath(tmpdir(), 'samsa-franz-go-'))
    const [sent, read] = [joinPath(directory, 'sent'), joinPath(directory, 'read')]
    try {
      await createTopic(address, topic)
      writeText(sent, LINE_COUNT)
      await client('produce-codec', address, topic, sent, codec)
      await client('consume', address, topic, String(LINE_COUNT), read)
      strictEqual(readFileSync(read, 'utf8'), readFileSync(sent, 'utf8'))
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
})

async function createTopic(address: string, topic: string): Promise<void> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic }] })
  await admin.disconnect()
}

const groupChecks = (protocol: Protocol): readonly Check[] => [
  {
    name: `a group of 1, 3, then 2 members (${protocol}) loses nothing and sees nothing twice`,
    timeoutMs: 150_000,
    run: ({ address }) => walkGroup(
      address, join(protocol), { isConsumerProtocol: protocol === 'consumer' }),
  },
  {
    name: `a group of 1, 5, then 2 members (${protocol}) while records are produced`,
    timeoutMs: 600_000,
    run: ({ address }) => walkBusyGroup(address, join(protocol)),
  },
  {
    name: `GroupTransactSession (${protocol}): members and broker are killed, all is there once`,
    timeoutMs: 600_000,
    run: async (broker) => copyExactlyOnce(broker, await program(), protocol),
  },
]

const checks: readonly Check[] = [
  ...['none', 'gzip', 'snappy', 'lz4', 'zstd'].map(codecCheck),
  ...groupChecks('classic'),
  ...groupChecks('consumer'),
  {
    name: 'a group goes from the classic to the consumer protocol and back, live',
    timeoutMs: 600_000,
    run: ({ address }) => migrateBusyGroup(address, join('classic'), join('consumer')),
  },
]

export const franzGoSuite: Suite = {
  name: 'franz-go', client: 'franz-go 1.22.2', checks, install: async () => { await program() },
}

export const franzGoLines: LineClient = {
  name: 'franz-go',
  produce: (address, topic, file) => client('produce', address, topic, file),
  consume: (address, topic, lineCount, file) =>
    client('consume', address, topic, String(lineCount), file),
}
