// kafka-transactions: what is open, whose it is, and the end of a transaction that nobody ends.
// What is expected is what Kafka 4.4.0 says.

import { deepStrictEqual } from 'node:assert/strict'
import { Kafka, logLevel } from 'kafkajs'

import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { uniqueName, type Check } from '../harness/check.ts'
import { until } from '../harness/process.ts'
import { ask } from '../harness/wire.ts'
import { Transcript } from './transcript.ts'
import { withTools, type ToolSession } from './tools.ts'

const TOOL = 'kafka-transactions'

const clientOf = (address: string): Kafka => new Kafka({
  brokers: [address], logLevel: logLevel.NOTHING,
})

async function makeTopic(kafka: Kafka, numPartitions: number): Promise<string> {
  const topic = uniqueName('transacted')
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions }] })
  await admin.disconnect()
  return topic
}

const transcriptOf = (session: ToolSession, address: string, topic: string, id: string) => (
  new Transcript(session, address, [
    [topic, 'T'], [id, 'ID'],
    [/^1 ID \d+/g, '1 ID PID'], [/^ID 1 \d+/g, 'ID 1 PID'],
    [/^\d+ (\d+ -?\d+ -?\d+) \d{13}/g, 'PID $1 TIME'],
    [/^(T \d) \d+ (\d+ -?\d+ \d+) \d{13} \d+/g, '$1 PID $2 TIME MINUTES'],
    [/\b\d{13} \d+(?=$| T-)/g, 'START DURATION'],
  ]))

async function lookAtTransaction(address: string): Promise<void> {
  const kafka = clientOf(address)
  const [topic, id] = [await makeTopic(kafka, 1), uniqueName('transactor')]
  const producer = kafka.producer({
    transactionalId: id, maxInFlightRequests: 1, idempotent: true, transactionTimeout: 300_000,
  })
  await producer.connect()
  await withTools(async (session) => {
    const transcript = transcriptOf(session, address, topic, id)
    const says = (command: string, expected: readonly string[]) => (
      transcript.shows(TOOL, command.split(' '), expected, /ID/))
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ value: 'a' }, { value: 'b' }] })
    await says(`list --transactional-id-pattern ${id}`, ['ID 1 PID Ongoing'])
    await transcript.reaches(TOOL, ['list', '--duration-filter', '1'], /^ID 1 PID Ongoing$/)
    await says('list --duration-filter 3600000', [])
    await says(`describe --transactional-id ${id}`,
      ['1 ID PID 0 Ongoing 300000 START DURATION T-0'])
    await says(`describe-producers --topic ${topic} --partition 0`, ['PID 0 -1 1 TIME 0'])
    await transaction.commit()
    await transcript.reaches(TOOL, ['list'], /^ID 1 PID CompleteCommit$/)
    await says(`describe --transactional-id ${id}`,
      ['1 ID PID 0 CompleteCommit 300000 START DURATION'])
    await says(`describe-producers --topic ${topic} --partition 0`, ['PID 0 0 1 TIME None'])
    await transcript.reaches(TOOL, ['describe', '--transactional-id', 'nowhere'],
      /^Failed .*`nowhere` failed because the ID could not be found/)
  }).finally(() => producer.disconnect())
}

/**
 * Writes a record in a transaction that its coordinator never hears of, as clients from before
 * KIP-890 may when requests overtake each other and brokers do not look.
 */
async function hang(address: string, topic: string, partition: number): Promise<void> {
  const { producerId, producerEpoch } = await ask(address, initProducerId, 4,
    { transactionalId: null, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 })
  const anHourAgoMs = Date.now() - 3_600_000
  const records = buildBatch({
    producerId, producerEpoch, baseSequence: 0, isTransactional: true,
    records: [{ key: null, value: Buffer.from('hung'), headers: [], timestamp: anHourAgoMs }],
  })
  await until('the record of a hanging transaction', 30_000, async () => {
    const { responses } = await ask(address, produce, 11, {
      transactionalId: 'unheard-of', acks: -1, timeoutMs: 10_000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
    })
    const code = responses[0]!.partitionResponses[0]!.errorCode
    return code === 0 || undefined
  })
}

async function endHanging(address: string): Promise<void> {
  const kafka = clientOf(address)
  const topic = await makeTopic(kafka, 2)
  await withTools(async (session) => {
    const transcript = transcriptOf(session, address, topic, 'unheard-of')
    const says = (command: string, expected: readonly string[]) => (
      transcript.shows(TOOL, command.split(' '), expected))
    const verification = ['--entity-type', 'brokers', '--entity-default', '--alter']
    const setting = 'transaction.partition.verification.enable'
    await transcript.says('kafka-configs', [...verification, '--add-config', `${setting}=false`])
    await hang(address, topic, 1)
    await transcript.says('kafka-configs', [...verification, '--delete-config', setting])
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic, messages: [{ value: 'after', partition: 1 }] })
    await producer.disconnect()

    await says(`describe-producers --topic ${topic} --partition 1`, ['PID 0 -1 0 TIME 0'])
    const hanging = ['T 1 PID 0 -1 0 TIME MINUTES']
    await says(`find-hanging --topic ${topic}`, hanging)
    await says('find-hanging --broker-id 1', hanging)
    await says(`find-hanging --topic ${topic} --max-transaction-timeout 600`, [])
    await says(`find-hanging --topic ${topic} --partition 0`, [])
    const abort = `abort --topic ${topic} --partition 1 --start-offset`
    await says(`${abort} 1`,
      ['Could not find any open transactions starting at offset 1 on partition T-1'])
    await says(`${abort} 0`, [])
    await says(`find-hanging --topic ${topic}`, [])
    await says(`describe-producers --topic ${topic} --partition 1`, ['PID 0 0 0 TIME None'])
    const read = await session.run('kafka-get-offsets',
      ['--bootstrap-server', address, '--topic', topic, '--time', 'latest'])
    deepStrictEqual(read.output.trim().split('\n').sort(), [`${topic}:0:0`, `${topic}:1:3`])
  })
  deepStrictEqual(await firstCommitted(kafka, topic), 'after')
}

/** Of all that readers of committed records get. */
async function firstCommitted(kafka: Kafka, topic: string): Promise<string> {
  const consumer = kafka.consumer({ groupId: uniqueName('read') })
  await consumer.connect()
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    let first: string | undefined
    await consumer.run({
      eachMessage: async ({ message }) => { first ??= String(message.value) },
    })
    return await until('a committed record', 60_000, () => first)
  } finally {
    await consumer.disconnect()
  }
}

export const transactionToolChecks: readonly Check[] = [
  {
    name: 'kafka-transactions lists and describes transactions and producers',
    timeoutMs: 200_000,
    run: ({ address }) => lookAtTransaction(address),
  },
  {
    name: 'kafka-transactions finds a hanging transaction and aborts it',
    timeoutMs: 200_000,
    run: ({ address }) => endHanging(address),
  },
]
