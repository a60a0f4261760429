// kafka-dump-log on the topics of the coordinators, after all that the suite did: its decoders know
// every record.

import { match, ok, strictEqual } from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

import type { RunningBroker } from '../harness/broker.ts'
import type { Check } from '../harness/check.ts'
import { withTools } from './tools.ts'

/** By the types of their keys: offsets, and groups of both protocols. */
const OF_OFFSETS = [1, 2, 3, 5, 6, 7, 8]
const TRANSACTION = 0
/** Begun, to be committed, committed. */
const STATUSES = [1, 2, 4]

const DECODED =
  /key: \{"type":"(\d+)","data":\{.*\}\} payload: (\{"version":"\d+","data":\{.*\}\}|<DELETE>)$/

async function dumped(
  { dataDirectory }: RunningBroker, topic: string, decoder: string,
): Promise<string[]> {
  const names = readdirSync(dataDirectory, { recursive: true }) as string[]
  const files = names.filter((name) => name.startsWith(`${topic}-`) && name.endsWith('.log'))
    .map((name) => join(dataDirectory, name)).filter((file) => statSync(file).size > 0)
  ok(files.length > 0, `${topic} is empty`)
  const { exitCode, output } = await withTools((session) => (
    session.run('kafka-dump-log', ['--files', files.join(), decoder])))
  strictEqual(exitCode, 0, output.slice(-2000))
  const records = output.split('\n').filter((line) => line.startsWith('| offset: '))
  return records.filter((line) => !line.includes('endTxnMarker: '))
}

function typesOf(records: readonly string[]): Set<number> {
  return new Set(records.map((record) => {
    match(record, DECODED)
    return Number(DECODED.exec(record)![1])
  }))
}

export const decoderCheck: Check = {
  name: 'kafka-dump-log decodes all that coordinators wrote',
  timeoutMs: 200_000,
  async run(broker) {
    strictEqual(await broker.stop('SIGTERM'), 0)
    try {
      const types = typesOf(await dumped(broker, '__consumer_offsets', '--offsets-decoder'))
      for (const type of OF_OFFSETS) ok(types.has(type), `no record of type ${type}`)
      const records = await dumped(broker, '__transaction_state', '--transaction-log-decoder')
      strictEqual([...typesOf(records)].join(), String(TRANSACTION))
      for (const status of STATUSES) {
        ok(records.some((record) => record.includes(`"transactionStatus":${status},`)),
          `no transaction of status ${status}`)
      }
    } finally {
      await broker.start()
    }
  },
}
