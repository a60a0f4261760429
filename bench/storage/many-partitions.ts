// Ten thousand partitions in one process: how long a start after a clean stop takes, beside Apache
// Kafka on the same directory, and what they cost while nothing happens.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BrokerProcess, freePort } from '../../compat/harness/broker.ts'
import { formatForKafka, kafkaAt, kafkaJars } from '../../compat/harness/kafka.ts'
import { openFileCount, processorMs, residentMegabytes } from '../../compat/harness/proc.ts'
import { sleep } from '../../compat/harness/process.ts'
import { propertiesOf } from '../../compat/harness/properties.ts'
import { Wire } from '../../compat/harness/wire.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { median } from '../measure.ts'
import { createTopic } from '../requests.ts'
import { Broker } from './broker.ts'
import { batchOf, withDirectory } from './logs.ts'

const PARTITIONS = 10_000
const ROUNDS = 3
const IDLE_MS = 10_000
const MAX_OPEN_FILES = 1000
const GOALS = 'goals: a start under 3 s, at most twice that of Kafka; under 250 MB'
const PATIENCE_MS = 300_000

interface Start {
  readonly elapsedMs: number
  /** What the process computed until then: the same on a busy machine. */
  readonly processorMs: number
}

export async function benchManyPartitions(): Promise<void> {
  console.log(`\n${PARTITIONS} partitions with a record each, after a clean stop (${GOALS})`)
  await withDirectory(async (directory) => {
    const jars = await kafkaJars('4.4.0')
    const [port, controllerPort] = [await freePort(), await freePort()]
    const [address, file] = [`127.0.0.1:${port}`, join(directory, 'server.properties')]
    // Both brokers read the same.
    const dataDirectories = [join(directory, 'data')]
    writeFileSync(file, propertiesOf({ port, controllerPort, dataDirectories }))
    await formatForKafka(jars, file)
    const args = [file, '--max-open-files', String(MAX_OPEN_FILES)]
    const samsa = new Broker(address, directory, args)
    try {
      const kafka = kafkaAt({ address, directory, jars, file, timeoutMs: PATIENCE_MS })
      await compareStarts(samsa, kafka)
    } finally {
      await samsa.stop('SIGKILL')
    }
  })
}

async function compareStarts(samsa: Broker, kafka: BrokerProcess): Promise<void> {
  await samsa.start()
  await fillPartitions(samsa.address)
  await samsa.stop()
  const ours: Start[] = []
  const theirs: Start[] = []
  for (let round = 0; round < ROUNDS; round++) {
    ours.push({ elapsedMs: await samsa.start(), processorMs: processorMs(samsa.pid) })
    if (round === 0) await tellIdle(samsa)
    await samsa.stop()
    const startedMs = performance.now()
    await kafka.start()
    const elapsedMs = performance.now() - startedMs
    theirs.push({ elapsedMs, processorMs: processorMs(kafka.pid) })
    await kafka.stop('SIGTERM')
  }
  tellStarts('elapsed', ours, theirs, ({ elapsedMs }) => elapsedMs)
  tellStarts('of a processor', ours, theirs, (start) => start.processorMs)
}

async function fillPartitions(address: string): Promise<void> {
  const wire = await Wire.connect(address)
  await createTopic(wire, 'many', PARTITIONS)
  const records = batchOf(100, 100)
  // A few hundred at a time are opened because somebody asks for them.
  for (let from = 0; from < PARTITIONS;) {
    const partitionData = Array.from({ length: Math.min(50, PARTITIONS - from) }, (_, i) => (
      { index: from + i, records: Buffer.from(records) }))
    const { responses } = await wire.ask(produce, 9, {
      acks: -1, timeoutMs: PATIENCE_MS, topicData: [{ name: 'many', partitionData }],
    })
    const isDone = responses[0]!.partitionResponses.every(({ errorCode }) => errorCode === 0)
    if (isDone) from += partitionData.length
    else await sleep(20)
  }
  wire.close()
}

async function tellIdle(samsa: Broker): Promise<void> {
  await samsa.standstill()
  await sleep(IDLE_MS)
  const { ownMs, computedMs } = await samsa.standstill()
  const megabytes = residentMegabytes(samsa.pid).toFixed(0)
  const descriptors = `${openFileCount(samsa.pid)} descriptors (--max-open-files ${MAX_OPEN_FILES})`
  console.log(`idle: ${megabytes} MB resident, ${descriptors}, the loop stood `
    + `still for ${ownMs.toFixed(1)} ms at most (computed ${computedMs.toFixed(1)})`)
}

function tellStarts(
  what: string, ours: readonly Start[], theirs: readonly Start[], msOf: (start: Start) => number,
): void {
  const told = (starts: readonly Start[]) => {
    const all = starts.map(msOf)
    return `${median(all).toFixed(0)} ms (${all.map((ms) => ms.toFixed(0)).join(' ')})`
  }
  const ratio = median(ours.map(msOf)) / median(theirs.map(msOf))
  console.log(`start, ${what}: Samsa ${told(ours)}, Kafka ${told(theirs)}, `
    + `ratio ${ratio.toFixed(2)}`)
}
