// confluent-kafka, the Python client on librdkafka: the client's side is `client.py`.

import { match } from 'node:assert/strict'
import { uniqueName, type Check, type Suite } from '../harness/check.ts'
import { migrateBusyGroup, walkBusyGroup } from '../harness/busy-walk.ts'
import { walkGroup, type Join } from '../harness/group-walk.ts'
import { pythonWith } from '../harness/install.ts'
import type { LineClient } from '../harness/lines.ts'
import { run } from '../harness/process.ts'
import { memberProcess } from '../harness/member-process.ts'

const SCRIPT = 'compat/confluent-kafka/client.py'

const python = () => pythonWith('confluent-kafka', 'compat/confluent-kafka/requirements.txt')

async function client(...args: string[]): Promise<string> {
  const { stdout } = await run(await python(), [SCRIPT, ...args], { timeoutMs: 150_000 })
  return stdout
}

const join = (assignor: string): Join => async (address, group, topic, onValue) =>
  memberProcess(await python(), [SCRIPT, 'member', address, group, topic, assignor], onValue)

const codecCheck = (codec: string, idempotent: 'yes' | 'no'): Check => ({
  name: `produces and consumes with ${codec}${idempotent === 'yes' ? ', idempotent' : ''}`,
  run: async ({ address }) => {
    await client('codec', address, uniqueName(codec), codec, idempotent)
  },
})

const walkCheck = (assignor: string): Check => ({
  name: `a group of 1, 3, then 2 members (${assignor}) loses nothing and sees nothing twice`,
  timeoutMs: 150_000,
  run: ({ address }) => walkGroup(
    address, join(assignor), { isConsumerProtocol: assignor === 'consumer' }),
})

const busyWalkCheck = (assignor: string): Check => ({
  name: `a group of 1, 5, then 2 members (${assignor}) while records are produced`,
  timeoutMs: 600_000,
  run: ({ address }) => walkBusyGroup(address, join(assignor)),
})

const checks: readonly Check[] = [
  ...['none', 'gzip', 'snappy', 'lz4', 'zstd'].map((codec) => codecCheck(codec, 'no')),
  codecCheck('lz4', 'yes'),
  walkCheck('range'),
  walkCheck('cooperative-sticky'),
  walkCheck('consumer'),
  busyWalkCheck('cooperative-sticky'),
  busyWalkCheck('consumer'),
  {
    name: 'a group goes from the classic to the consumer protocol and back, live',
    timeoutMs: 600_000,
    run: ({ address }) => migrateBusyGroup(address, join('range'), join('consumer')),
  },
  {
    name: 'offsets_for_times, watermarks, seek, pause, committed',
    run: async ({ address }) => { await client('offsets', address, uniqueName('offsets')) },
  },
  {
    name: 'admin: topics, partitions, configs, deleted records, groups',
    async run({ address }) {
      match(await client('admin', address, uniqueName('admin')), /"nodes": 1/)
    },
  },
]

export const confluentKafkaSuite: Suite = {
  name: 'confluent-kafka',
  client: 'confluent-kafka 2.16.1 (librdkafka)',
  checks,
  install: async () => { await python() },
}

export const librdkafkaLines: LineClient = {
  name: 'librdkafka',
  async produce(address, topic, file) { await client('produce-file', address, topic, file) },
  async consume(address, topic, lineCount, file) {
    await client('consume-file', address, topic, String(lineCount), file)
  },
}
