// Limits of connections that change while a broker runs, seen from plain sockets: what Apache Kafka
// did stands in `transcript.txt`, and Samsa is held to it.
//
// `LIMITS=write npm run compat -- limits` writes it anew.

import { deepStrictEqual } from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrokerProcess, freePort } from '../harness/broker.ts'
import type { Check, Suite } from '../harness/check.ts'
import { formatForKafka, kafkaAt, kafkaJars } from '../harness/kafka.ts'
import { propertiesOf } from '../harness/properties.ts'
import { samsaAt } from '../harness/samsa.ts'
import { play, type Ports } from './play.ts'

const TRANSCRIPT = 'compat/limits/transcript.txt'
const TIMEOUT_MS = 5 * 60_000
const isWriting = process.env['LIMITS'] === 'write'

interface Place extends Ports {
  readonly directory: string
  readonly address: string
  readonly file: string
}

/** With a listener for brokers; a Kafka of one network thread closes connections in one order. */
async function placeOf(): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-limits-'))
  const [clients, brokers, controllerPort] = [await freePort(), await freePort(), await freePort()]
  const address = `127.0.0.1:${clients}`
  const listeners = `PLAINTEXT://${address},INTERNAL://127.0.0.1:${brokers}`
  const file = join(directory, 'server.properties')
  const node = { port: clients, controllerPort, dataDirectories: [join(directory, 'data')] }
  writeFileSync(file, propertiesOf(node, {
    'listeners': `${listeners},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': listeners,
    'listener.security.protocol.map':
      'PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'INTERNAL', 'num.network.threads': '1',
  }))
  return { directory, clients, brokers, address, file }
}

async function playTo(broker: BrokerProcess, place: Ports): Promise<readonly string[]> {
  try {
    await broker.start()
    return await play(place)
  } finally {
    await broker.dispose()
  }
}

/** Kafka, where it is asked anew; else it need not be: the transcript is what it did. */
const check: Check = isWriting ? {
  name: 'Apache Kafka writes the transcript',
  timeoutMs: TIMEOUT_MS,
  async run() {
    const place = await placeOf()
    const jars = await kafkaJars('4.4.0')
    await formatForKafka(jars, place.file)
    const lines = await playTo(kafkaAt({ jars, ...place }), place)
    writeFileSync(TRANSCRIPT, `${lines.join('\n')}\n`)
  },
} : {
  name: 'what sockets see is what they saw of Apache Kafka',
  timeoutMs: TIMEOUT_MS,
  async run() {
    const place = await placeOf()
    const lines = await playTo(samsaAt({ ...place, args: [place.file] }), place)
    deepStrictEqual(lines, readFileSync(TRANSCRIPT, 'utf8').trimEnd().split('\n'))
  },
}

export const limitsSuite: Suite = { name: 'limits', client: 'plain sockets', checks: [check] }
