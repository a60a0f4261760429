// A worker of the history checker on kafkajs, one role per process. It writes what it does into its
// history (event.ts), ends well at SIGTERM, and ends with an error at anything that it cannot go on
// from: another one takes its place.

import { openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EachBatchPayload, Kafka, logLevel, type Producer } from 'kafkajs'
import { Dice } from '../storage/dice.ts'
import { type Place, type PlaceOffset, TRANSACTION_TIMEOUT_MS } from './event.ts'

export interface WorkerOptions {
  readonly seed: number
  /** Where a producer writes, and how many partitions there are. */
  readonly topic?: string
  readonly partitions?: number
  readonly tid?: string
  /** What a consumer reads. */
  readonly topics?: readonly string[]
  readonly group?: string
  readonly sessionMs?: number
}

class Worker {
  readonly #options: WorkerOptions
  readonly #name: string
  readonly #history: number
  readonly #dice: Dice
  readonly #kafka: Kafka
  #isStopped = false
  #count = 0

  constructor(name: string, address: string, history: string, options: WorkerOptions) {
    this.#options = options
    this.#name = name
    this.#history = openSync(history, 'a')
    this.#dice = new Dice(options.seed, ...Buffer.from(name))
    this.#kafka = new Kafka({
      clientId: name, brokers: [address], logLevel: logLevel.NOTHING,
      requestTimeout: 1500, enforceRequestTimeout: true, connectionTimeout: 1500,
      retry: { retries: 12, initialRetryTime: 50, maxRetryTime: 1000 },
    })
    process.on('SIGTERM', () => { this.#isStopped = true })
  }

  async run(role: string): Promise<void> {
    const { group } = this.#options
    this.#log('start', { role, ...group === undefined ? {} : { group, isUncommitted: true } })
    if (role === 'produce') await this.#produce()
    else if (role === 'transact') await this.#transact()
    else if (role === 'consume') await this.#consume()
    else throw new Error(`there is no role ${role}`)
  }

  #log(e: string, fields: object): void {
    const t = Number(process.hrtime.bigint() / 1000n)
    writeSync(this.#history, `${JSON.stringify({ t, e, ...fields })}\n`)
  }

  async #produce(): Promise<void> {
    const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    while (!this.#isStopped) {
      await this.#send(producer, 1 + this.#dice.below(4))
      await sleep(this.#dice.below(60))
    }
  }

  /** Some records into one partition. */
  async #send(to: Pick<Producer, 'send'>, count: number, txn?: string): Promise<void> {
    const { topic = '', partitions = 1 } = this.#options
    const partition = this.#dice.below(partitions)
    const values = Array.from({ length: count }, () => `${this.#name}:${++this.#count}`)
    for (const v of values) {
      this.#log('send', { v, topic, p: partition, ...txn === undefined ? {} : { txn } })
    }
    try {
      const [sent] = await to.send({
        topic, acks: -1, messages: values.map((value) => ({ value, partition })),
      })
      for (const [index, v] of values.entries()) {
        this.#log('sent', { v, offset: Number(sent!.baseOffset) + index })
      }
    } catch (error) {
      // A further send would take the sequence numbers of this one for other records.
      for (const v of values) this.#log('unsent', { v, why: String(error) })
      throw error
    }
  }

  async #transact(): Promise<void> {
    const tid = this.#options.tid!
    const producer = this.#kafka.producer({
      transactionalId: tid, idempotent: true, maxInFlightRequests: 1,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
    })
    await producer.connect()
    // The first transaction takes the id over, not the connection.
    this.#log('init', { tid })
    let transaction = await producer.transaction()
    this.#log('inited', { tid })
    for (let number = 1; !this.#isStopped; number++) {
      const txn = `${this.#name}/${number}`
      if (number > 1) transaction = await producer.transaction()
      this.#log('begin', { txn, tid })
      const sends = 1 + this.#dice.below(4)
      for (let i = 0; i < sends; i++) {
        await this.#send(transaction, 1 + this.#dice.below(3), txn)
        if (this.#dice.chance(0.3)) await sleep(this.#dice.below(100))
      }
      const commit = this.#dice.chance(0.7)
      this.#log('end', { txn, commit })
      try {
        await (commit ? transaction.commit() : transaction.abort())
      } catch (error) {
        this.#log('unended', { txn, why: String(error) })
        throw error
      }
      this.#log('ended', { txn })
      await sleep(this.#dice.below(150))
    }
  }

  async #consume(): Promise<void> {
    const { group = '', topics = [], sessionMs = 10_000 } = this.#options
    const consumer = this.#kafka.consumer({
      groupId: group, sessionTimeout: sessionMs, heartbeatInterval: 300, rebalanceTimeout: 8000,
      // Its filter lets aborted records through (compat/kafkajs/FINDINGS.md).
      readUncommitted: true,
      maxWaitTimeInMs: 100, retry: { retries: 12, initialRetryTime: 50, maxRetryTime: 1000 },
    })
    let held: Place[] = []
    let generation = -1
    let commitCount = 0
    const { GROUP_JOIN, REBALANCING, HEARTBEAT, CRASH } = consumer.events
    const drop = (e: 'revoked' | 'lost') => {
      if (held.length > 0) this.#log(e, { ps: held })
      held = []
    }
    consumer.on(REBALANCING, () => {
      drop('revoked')
      this.#log('joining', {})
    })
    consumer.on(GROUP_JOIN, ({ payload }) => {
      drop('lost')
      held = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) => (
        (partitions as unknown as number[]).map((partition): Place => [topic, partition])))
      this.#log('assigned', { ps: held })
    })
    consumer.on(HEARTBEAT, ({ payload }) => {
      const { groupGenerationId } = payload as unknown as { groupGenerationId: number }
      if (groupGenerationId === generation) return
      generation = groupGenerationId
      this.#log('joined', { generation })
    })
    consumer.on(CRASH, ({ payload }) => giveUp(this.#name, payload.error))
    const commit = async (offsets: PlaceOffset[]) => {
      const n = ++commitCount
      this.#log('commit', { n, offsets })
      try {
        await consumer.commitOffsets(offsets.map(([topic, partition, offset]) => (
          { topic, partition, offset: String(offset) })))
        this.#log('committed', { n })
      } catch (error) {
        this.#log('uncommitted', { n, why: String(error) })
        throw error
      }
    }
    this.#log('joining', {})
    await consumer.connect()
    await consumer.subscribe({ topics: [...topics], fromBeginning: true })
    await consumer.run({
      autoCommit: false, eachBatchAutoResolve: true,
      eachBatch: async ({ batch, isStale, isRunning }: EachBatchPayload) => {
        if (isStale() || !isRunning() || batch.messages.length === 0) return
        const { topic, partition, messages } = batch
        const records = messages.map(({ offset, value }) => [Number(offset), String(value)])
        this.#log('polled', { topic, p: partition, records })
        await commit([[topic, partition, Number(messages.at(-1)!.offset) + 1]])
      },
    })
    while (!this.#isStopped) await sleep(50)
    drop('revoked')
    await consumer.disconnect()
  }
}

function giveUp(name: string, error: unknown): never {
  console.error(`${name}: ${String(error)}`)
  process.exit(3)
}

/** The process is a worker until it is told to stop. */
export async function work(args: readonly string[]): Promise<never> {
  // Whoever started this holds the other end of its standard input.
  process.stdin.on('end', () => process.exit(4)).resume()
  const [role = '', name = '', address = '', history = '', options = '{}'] = args
  try {
    await new Worker(name, address, history, JSON.parse(options) as WorkerOptions).run(role)
  } catch (error) {
    giveUp(name, error)
  }
  process.exit(0)
}
