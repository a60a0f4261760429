// Short transactions, one after the other: ten records to one partition, and a commit (KIP-890: the
// first Produce makes the partition part of the transaction, every end gives a new epoch).

import { type Wire, wiresTo } from '../../compat/harness/wire.ts'
import { Errors } from '../../protocol/errors.ts'
import { endTxn } from '../../protocol/messages/end-txn.ts'
import { initProducerId } from '../../protocol/messages/init-producer-id.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { type Contender, setUp } from '../contender.ts'
import { loopFor } from './loop.ts'
import { sideBySide } from '../side-by-side.ts'
import { table } from './table.ts'

const TOPIC = 'written'
const PRODUCERS = 20
const RECORDS = 10
const RECORD_SIZE_BYTES = 100
const TURNS = 10
const WARM_UP_TURNS = 4
const SLICE_MS = 1500
const VALUE = Buffer.alloc(RECORD_SIZE_BYTES, 'x')
const TIMEOUT_MS = 60_000

interface Transactions {
  readonly oneProducer: number[]
  readonly oneProducerCpuMicros: number[]
  readonly manyProducers: number[]
  readonly manyProducersCpuMicros: number[]
}

const NONE = (): Transactions => ({
  oneProducer: [], oneProducerCpuMicros: [], manyProducers: [], manyProducersCpuMicros: [],
})

interface Producer {
  readonly client: Wire
  readonly transactionalId: string
  readonly partition: number
  producerId: number
  producerEpoch: number
}

export async function benchTransactions(turns = TURNS): Promise<void> {
  const results = await sideBySide<readonly Producer[], Transactions>({
    turns, warmUpTurns: WARM_UP_TURNS, emptyResults: NONE,
    prepare: prepareTransactions, turn: transactForAWhile,
  })
  table(`transactions of ${RECORDS} records of one producer and of ${PRODUCERS}, and processor `
    + 'time of the broker for one', 'a second; CPU: µs', results, 'higher')
}

export async function prepareTransactions(broker: Contender): Promise<readonly Producer[]> {
  await setUp(broker, TOPIC, PRODUCERS, 'transaction')
  const clients = await wiresTo(broker.address, PRODUCERS)
  return Promise.all(clients.map(initialized))
}

export async function transactForAWhile(
  broker: Contender, producers: readonly Producer[], results: Transactions,
): Promise<void> {
  for (const [workers, rates, cpuMicros] of [
    [1, results.oneProducer, results.oneProducerCpuMicros],
    [PRODUCERS, results.manyProducers, results.manyProducersCpuMicros],
  ] as const) {
    const cpuMs = broker.cpuMs()
    const { count, elapsedMs } = await loopFor(SLICE_MS, workers,
      (index) => transact(producers[index]!))
    rates.push(count * 1000 / elapsedMs)
    cpuMicros.push((broker.cpuMs() - cpuMs) * 1000 / count)
  }
}

async function initialized(client: Wire, index: number): Promise<Producer> {
  const transactionalId = `bench-${index}`
  for (;;) {
    const { errorCode, producerId, producerEpoch } = await client.ask(initProducerId, 5,
      { transactionalId, transactionTimeoutMs: TIMEOUT_MS })
    if (errorCode === Errors.NONE) {
      return { client, transactionalId, partition: index, producerId, producerEpoch }
    }
  }
}

async function transact(producer: Producer): Promise<void> {
  while (!await write(producer)); // the one before may not be over
  const { client, transactionalId, producerId, producerEpoch } = producer
  const ended = await client.ask(endTxn, 5,
    { transactionalId, producerId, producerEpoch, committed: true })
  if (ended.errorCode !== Errors.NONE) throw new Error(`EndTxn: error ${ended.errorCode}`)
  producer.producerId = ended.producerId
  producer.producerEpoch = ended.producerEpoch
}

/** Gives false where the last transaction is still ending. */
async function write(producer: Producer): Promise<boolean> {
  const { client, transactionalId, partition, producerId, producerEpoch } = producer
  const records = buildBatch({
    records: Array.from({ length: RECORDS }, () => ({ value: VALUE })),
    timestampMs: Date.now(), producerId, producerEpoch, baseSequence: 0, isTransactional: true,
  })
  const { responses } = await client.ask(produce, 12, {
    transactionalId, acks: -1, timeoutMs: TIMEOUT_MS,
    topicData: [{ name: TOPIC, partitionData: [{ index: partition, records }] }],
  })
  const { errorCode } = responses[0]!.partitionResponses[0]!
  if (errorCode === Errors.CONCURRENT_TRANSACTIONS) return false
  if (errorCode !== Errors.NONE) throw new Error(`Produce: error ${errorCode}`)
  return true
}
