// kafka-verifiable-producer writes and members of a group of kafka-verifiable-consumer read, while
// the broker and a member are killed: all that was acknowledged is read, and whoever takes a
// partition over goes on where its group had committed.

import { ok, strictEqual } from 'node:assert/strict'
import { Kafka, logLevel, type Admin } from 'kafkajs'

import type { RunningBroker } from '../harness/broker.ts'
import { uniqueName, type Check } from '../harness/check.ts'
import { until } from '../harness/process.ts'
import { startEventTool, type EventTool, type ToolEvent } from './events.ts'
import type { Protocol } from './groups.ts'

const PARTITION_COUNT = 4
const RECORD_COUNT = 4000
const RECORDS_PER_S = 400

interface Scene {
  readonly broker: RunningBroker
  readonly producer: EventTool
  /** Of consumers, those that were killed among them. */
  readonly consumers: EventTool[]
  startConsumer(): Promise<EventTool>
}

async function readUnderKills(broker: RunningBroker, protocol: Protocol): Promise<void> {
  const { address } = broker
  const [topic, group] = [uniqueName('verifiable'), uniqueName('verifiers')]
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITION_COUNT }] })
  const common = ['--bootstrap-server', address, '--topic', topic]
  const consumers: EventTool[] = []
  const startConsumer = async (): Promise<EventTool> => {
    const consumer = await startEventTool('kafka-verifiable-consumer', [
      ...common, '--group-id', group, '--group-protocol', protocol, '--verbose',
      ...protocol === 'classic' ? ['--session-timeout', '6000'] : []])
    consumers.push(consumer)
    return consumer
  }
  let producer: EventTool | undefined
  try {
    for (const consumer of [await startConsumer(), await startConsumer()]) {
      await consumer.next('partitions_assigned')
    }
    producer = await startEventTool('kafka-verifiable-producer', [
      ...common, '--max-messages', String(RECORD_COUNT), '--throughput', String(RECORDS_PER_S),
      '--repeating-keys', '40'])
    await killInBetween({ broker, producer, consumers, startConsumer })
    await producer.next('shutdown_complete', 120_000)
    await isAllRead(admin, topic, producer, consumers)
    await isCommitted(admin, topic, group)
    for (const consumer of consumers) goesOnWhereCommitted(consumer, consumers)
  } finally {
    await producer?.end('SIGKILL')
    for (const consumer of consumers) await consumer.end('SIGKILL')
    await admin.disconnect()
  }
}

async function killInBetween(scene: Scene): Promise<void> {
  const { broker, producer, consumers, startConsumer } = scene
  const restart = async () => {
    await broker.stop('SIGKILL')
    await broker.start()
  }
  await hasRead(scene, 0.2)
  await restart()
  await hasRead(scene, 0.4)
  await consumers[0]!.end('SIGKILL')
  const third = await startConsumer()
  await third.next('partitions_assigned')
  ok(producer.isRunning || named(producer, 'shutdown_complete').length > 0)
  await hasRead(scene, 0.7)
  await restart()
}

const named = ({ events }: EventTool, name: string): ToolEvent[] => (
  events.filter((event) => event.name === name))

async function hasRead({ consumers }: Scene, part: number): Promise<void> {
  await until(`${part} of the records read`, 120_000, () => (
    consumers.flatMap((consumer) => named(consumer, 'record_data')).length
      >= RECORD_COUNT * part || undefined), 20)
}

const placeOf = ({ partition, offset }: ToolEvent): string => `${partition}@${offset}`

/**
 * The producer does not try again, so some records are not acknowledged, and may be there all the
 * same.
 */
async function isAllRead(
  admin: Admin, topic: string, producer: EventTool, consumers: readonly EventTool[],
): Promise<void> {
  const acknowledged = named(producer, 'producer_send_success')
  ok(acknowledged.length > RECORD_COUNT / 2, `${acknowledged.length} records acknowledged`)
  const read = () => new Map(consumers.flatMap((consumer) => (
    named(consumer, 'record_data').map((event) => [placeOf(event), event.value]))))
  const ends = (await admin.fetchTopicOffsets(topic)).map(({ high }) => Number(high))
  const total = ends.reduce((sum, end) => sum + end, 0)
  await until('all records read', 120_000, () => read().size >= total || undefined)
  const values = read()
  strictEqual(values.size, total)
  for (const event of acknowledged) {
    strictEqual(values.get(placeOf(event)), event.value, placeOf(event))
  }
}

/** The group stands at the end of every partition. */
async function isCommitted(admin: Admin, topic: string, group: string): Promise<void> {
  let state = ''
  await until('all offsets committed', 60_000, async () => {
    const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
    const ends = await admin.fetchTopicOffsets(topic)
    const offsetOf = (partition: number) => (
      committed!.partitions.find((own) => own.partition === partition)?.offset)
    state = ends.map(({ partition, high }) => `${offsetOf(partition)} of ${high}`).join(', ')
    return ends.every(({ partition, high }) => offsetOf(partition) === high) || undefined
  }).catch((error: unknown) => { throw new Error(`${String(error)}: ${state}`) })
}

/** What was committed before a partition was given to a member is not given to it again. */
function goesOnWhereCommitted(consumer: EventTool, all: readonly EventTool[]): void {
  const commits = all.flatMap((other) => named(other, 'offsets_committed'))
    .filter(({ success }) => success === true)
  const begins = new Map<number, number>()
  for (const event of consumer.events) {
    if (event.name === 'partitions_assigned') {
      for (const { partition } of event.partitions!) {
        const before = commits.filter(({ timestamp }) => timestamp < event.timestamp)
          .flatMap(({ offsets }) => offsets!.filter((one) => one.partition === partition))
        begins.set(partition, Math.max(0, ...before.map(({ offset }) => offset)))
      }
    }
    if (event.name !== 'record_data') continue
    const from = begins.get(event.partition!)
    ok(from !== undefined, `partition ${event.partition} was read before it was assigned`)
    ok(event.offset! >= from, `${placeOf(event)} was read after ${from} had been committed`)
  }
}

export const verifiableChecks: readonly Check[] = (['classic', 'consumer'] as const)
  .map((protocol) => ({
    name: `verifiable producer and consumers, broker and a member killed, ${protocol} protocol`,
    timeoutMs: 400_000,
    run: (broker) => readUnderKills(broker, protocol),
  }))
