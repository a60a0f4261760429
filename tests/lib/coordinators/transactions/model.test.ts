// Transactions as a state machine: random requests, time-outs, failing writes, leaders that answer
// late or not at all, and crashes at any record. What the log says is what the coordinator knew.

import { describe, expect, test } from '@jest/globals'

import { randomFrom } from '../../../../compat/harness/random.ts'
import { addPartitions } from '../../../../lib/coordinators/transactions/add-partitions.ts'
import { endTransaction } from '../../../../lib/coordinators/transactions/end.ts'
import { initProducerId } from '../../../../lib/coordinators/transactions/init.ts'
import { partitionSet } from '../../../../lib/coordinators/transactions/partition-set.ts'
import { transactionsCodec } from '../../../../lib/coordinators/transactions/records.ts'
import type { Transaction, TransactionState }
  from '../../../../lib/coordinators/transactions/transaction.ts'
import { ApiError, Errors } from '../../../../protocol/errors.ts'
import { MemoryLog, outcomeOf } from '../harness.ts'
import { Leaders, type TransactionsFixture, transactionsShard, written } from './harness.ts'

const SEEDS = 60
const STEPS = 80
const IDS = ['x', 'y', 'z']

/** What may follow what, as Kafka has it. */
const PREVIOUS: Readonly<Record<TransactionState, readonly TransactionState[]>> = {
  Empty: ['Empty', 'CompleteCommit', 'CompleteAbort'],
  Ongoing: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'],
  PrepareCommit: ['Ongoing'],
  PrepareAbort: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'],
  CompleteCommit: ['PrepareCommit'],
  CompleteAbort: ['PrepareAbort'],
  Dead: [], PrepareEpochFence: [],
}

function randomOf(seed: number): (limit: number) => number {
  const random = randomFrom(seed)
  return (limit) => random() * 2 ** 32 % limit
}

/** A producer and what it believes to have. */
interface Producer {
  readonly transactionalId: string
  producerId: number
  producerEpoch: number
}

class Run {
  readonly random: (limit: number) => number
  readonly producers: Producer[]
  readonly leaders = new Leaders()
  fixture: TransactionsFixture

  constructor(seed: number) {
    this.random = randomOf(seed)
    this.producers = [...IDS, ...IDS].map((transactionalId) =>
      ({ transactionalId, producerId: -1, producerEpoch: -1 }))
    this.fixture = transactionsShard({ leaders: this.leaders })
  }

  step(): void {
    const { clock } = this.fixture
    const producer = this.producers[this.random(this.producers.length)]!
    const steps: (() => void)[] = [
      () => this.init(producer), () => this.init(producer),
      () => this.add(producer), () => this.add(producer), () => this.add(producer),
      () => this.end(producer), () => this.end(producer), () => this.end(producer),
      () => clock.advance(this.random(70_000)),
      () => { this.leaders.isHolding = !this.leaders.isHolding },
      () => this.leaders.answer(),
      () => { this.leaders.codes = [Errors.NOT_LEADER_OR_FOLLOWER] },
      () => { this.fixture.log.appendError = new ApiError(Errors.NOT_ENOUGH_REPLICAS) },
      () => this.crash(),
    ]
    steps[this.random(steps.length)]!()
    clock.endTurn()
  }

  init(producer: Producer): void {
    const { transactionalId, producerId, producerEpoch } = producer
    const expected = producerId >= 0 && this.random(2) === 0
      ? { producerId, producerEpoch } : undefined
    this.fixture.shard.run((state) => initProducerId(state, {
      transactionalId, timeoutMs: 60_000, expected,
    })).settle((given) => { if (given !== undefined) Object.assign(producer, given) }, () => {})
  }

  add({ transactionalId, producerId, producerEpoch }: Producer): void {
    const partitions = partitionSet([{ topic: 't', partitions: [this.random(3)] }])
    outcomeOf(this.fixture.shard.run((state) => addPartitions(state, {
      transactionalId, producerId, producerEpoch, partitions,
    }, this.random(2) * 2)))
  }

  end(producer: Producer): void {
    const { transactionalId, producerId, producerEpoch } = producer
    const clientVersion = this.random(2) * 2
    this.fixture.shard.run((state) => endTransaction(state, {
      transactionalId, producerId, producerEpoch, clientVersion,
      isCommitted: this.random(2) === 0,
    })).settle((next) => { if (clientVersion === 2) Object.assign(producer, next) }, () => {})
  }

  /** The next coordinator finds the log, and nothing else. */
  crash(): void {
    const { log, clock, ids } = this.fixture
    this.fixture.shard.close()
    log.appendError = undefined
    this.leaders.answer()
    this.fixture = transactionsShard({ log, clock, ids, leaders: this.leaders })
  }
}

/** What the first records of the log say. */
function folded(log: MemoryLog, count = log.entries.length): Map<string, Transaction> {
  const codec = transactionsCodec(() => 2)
  const transactions = new Map<string, Transaction>()
  for (const { key, value } of log.stored.slice(0, count)) {
    const record = codec.decode(key!, value)!
    if (record.value === null) transactions.delete(record.transactionalId)
    else transactions.set(record.transactionalId, record.value)
  }
  return transactions
}

function comparable(transactions: ReadonlyMap<string, Transaction>): unknown {
  return IDS.map((id) => transactions.get(id)).map((one) => one && written(one))
}

const seeds = Array.from({ length: SEEDS }, (_, seed) => seed)

describe('random histories', () => {
  test('leave in the log what the coordinator knows, after every step', () => {
    for (const seed of seeds) {
      const run = new Run(seed)
      for (let step = 0; step < STEPS; step++) {
        run.step()
        expect([seed, step, comparable(run.fixture.state.transactions)])
          .toEqual([seed, step, comparable(folded(run.fixture.log))])
      }
    }
  })

  test('are at every record what the log says up to there', () => {
    for (const seed of seeds.slice(0, 10)) {
      const run = new Run(seed)
      for (let step = 0; step < STEPS; step++) run.step()
      for (let count = 0; count <= run.fixture.log.entries.length; count++) {
        const log = new MemoryLog()
        log.entries.push(...run.fixture.log.entries.slice(0, count))
        const leaders = new Leaders()
        leaders.isHolding = true
        const { shard, state } = transactionsShard({ log, leaders })
        const known = new Map(state.transactions)
        const said = folded(log)
        for (const [id, { state: decided, partitions }] of said) {
          // Without partitions there is nothing to wait for: it is complete already.
          if (partitions.size > 0 || !decided.startsWith('Prepare')) continue
          expect(known.get(id)?.state).toBe(decided.replace('Prepare', 'Complete'))
          known.delete(id)
          said.delete(id)
        }
        expect([seed, count, comparable(known)]).toEqual([seed, count, comparable(said)])
        shard.close()
      }
    }
  })

  test('go through states as Kafka has them, and never back to an epoch', () => {
    const seen = new Set<TransactionState>()
    for (const seed of seeds) {
      const run = new Run(seed)
      for (let step = 0; step < STEPS; step++) run.step()
      const last = new Map<string, Transaction>()
      for (let count = 1; count <= run.fixture.log.entries.length; count++) {
        for (const [id, transaction] of folded(run.fixture.log, count)) {
          const before = last.get(id)
          last.set(id, transaction)
          seen.add(transaction.state)
          if (before === undefined) continue
          const isSame = JSON.stringify(written(before)) === JSON.stringify(written(transaction))
          if (!isSame) expect(PREVIOUS[transaction.state]).toContain(before.state)
          expect(transaction.producerEpoch).toBeGreaterThanOrEqual(before.producerEpoch)
        }
      }
    }
    expect([...seen].sort()).toEqual([
      'CompleteAbort', 'CompleteCommit', 'Empty', 'Ongoing', 'PrepareAbort', 'PrepareCommit'])
  })

  test('end as they were decided, wherever the coordinator is lost', () => {
    for (const seed of seeds.slice(0, 15)) {
      const run = new Run(seed)
      for (let step = 0; step < STEPS; step++) run.step()
      for (let count = 0; count <= run.fixture.log.entries.length; count++) {
        const log = new MemoryLog()
        log.entries.push(...run.fixture.log.entries.slice(0, count))
        const before = folded(log)
        const leaders = new Leaders()
        const { clock, state } = transactionsShard({ log, leaders })
        clock.endTurn()
        for (const [id, { state: decided }] of before) {
          const outcome = decided.replace('Prepare', 'Complete')
          expect([seed, count, id, state.transactions.get(id)?.state])
            .toEqual([seed, count, id, outcome])
        }
        for (const { isCommitted, producerId } of leaders.sent) {
          const [transaction] = [...before.values()].filter((one) => one.producerId === producerId)
          expect(transaction?.state).toBe(isCommitted ? 'PrepareCommit' : 'PrepareAbort')
        }
      }
    }
  })

  test('tell partitions one outcome of a transaction only', () => {
    for (const seed of seeds) {
      const run = new Run(seed)
      for (let step = 0; step < STEPS; step++) run.step()
      const outcomes = new Map<string, boolean>()
      for (const mark of run.leaders.sent) {
        // With version 2 an epoch has one transaction.
        if (mark.transactionVersion < 2) continue
        const key = `${mark.producerId}/${mark.producerEpoch}`
        expect([seed, key, outcomes.get(key) ?? mark.isCommitted])
          .toEqual([seed, key, mark.isCommitted])
        outcomes.set(key, mark.isCommitted)
      }
    }
  })
})
