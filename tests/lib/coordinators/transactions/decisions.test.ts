// What the transaction coordinator answers, case by case, as Kafka 4.4 does.

import { describe, expect, test } from '@jest/globals'

import { addPartitions, verifyPartitions }
  from '../../../../lib/coordinators/transactions/add-partitions.ts'
import { endTransaction } from '../../../../lib/coordinators/transactions/end.ts'
import { initProducerId } from '../../../../lib/coordinators/transactions/init.ts'
import type { PartitionSet } from '../../../../lib/coordinators/transactions/partition-set.ts'
import { NoProducerIdError } from '../../../../lib/coordinators/transactions/state.ts'
import type { ProducerIdAndEpoch, Transaction }
  from '../../../../lib/coordinators/transactions/transaction.ts'
import { ApiError, errorName, Errors } from '../../../../protocol/errors.ts'
import { outcomeOf } from '../harness.ts'
import { A, AB, Leaders, type On, SETTINGS, transactionsShard } from './harness.ts'

const ID = 'id'
const LAST_EPOCH = 32_766

/** Requests to one transactional id; answers are as text, `pid/epoch` or the name of the error. */
function coordinator(on: On = {}) {
  const fixture = transactionsShard(on)
  const { shard, clock, state } = fixture
  const told = <A>(later: ReturnType<typeof shard.run<A>>, show: (answer: A) => string): string => {
    clock.endTurn()
    const { value, error } = outcomeOf(later)
    if (error === undefined) return show(value as A)
    if (!(error instanceof ApiError)) throw error
    return errorName(error.code)
  }
  const shown = (given: ProducerIdAndEpoch | undefined): string =>
    given === undefined ? 'again' : `${given.producerId}/${given.producerEpoch}`
  return {
    ...fixture,
    init: (expected?: string) => told(shard.run((of) => initProducerId(of, {
      transactionalId: ID, timeoutMs: 60_000,
      expected: expected === undefined ? undefined : parsed(expected),
    })), shown),
    add: (who: string, partitions: PartitionSet = A, clientVersion = 0) => told(
      shard.run((of) => addPartitions(
        of, { transactionalId: ID, ...parsed(who), partitions }, clientVersion)), () => 'ok'),
    verify: (who: string, topic: string, partition: number) => told(
      shard.run((of) => ({
        records: [],
        answer: verifyPartitions(of, { transactionalId: ID, ...parsed(who), partitions: A }),
      })), (errorOf) => errorName(errorOf(topic, partition))),
    end: (who: string, isCommitted: boolean, clientVersion = 0) => told(
      shard.run((of) => endTransaction(
        of, { transactionalId: ID, ...parsed(who), isCommitted, clientVersion })), shown),
    set: (transaction: Partial<Transaction>) => {
      state.transactions.set(ID, { ...state.transactions.get(ID)!, ...transaction })
    },
    now: () => {
      const { state: name, producerId, producerEpoch } = state.transactions.get(ID)!
      return `${name} ${producerId}/${producerEpoch}`
    },
  }
}

function parsed(who: string): ProducerIdAndEpoch {
  const [producerId, producerEpoch] = who.split('/').map(Number)
  return { producerId: producerId!, producerEpoch: producerEpoch! }
}

describe('a producer that begins', () => {
  test('gets an id, and then an epoch more each time', () => {
    const { init, now } = coordinator()
    expect([init(), init(), now()]).toEqual(['1000/0', '1000/1', 'Empty 1000/1'])
  })

  test('with an id that nobody knows gets a new one', () => {
    const { init } = coordinator()
    expect([init('4711/3'), init('4711/3')]).toEqual(['1000/0', 'PRODUCER_FENCED'])
  })

  test('goes on from its own epoch, and gets it again when it did not hear', () => {
    const { init } = coordinator()
    init()
    expect([init('1000/0'), init('1000/0'), init('1000/1'), init('1000/0')])
      .toEqual(['1000/1', '1000/1', '1000/2', 'PRODUCER_FENCED'])
    expect([init('1000/9'), init('1077/2')]).toEqual(['PRODUCER_FENCED', 'PRODUCER_FENCED'])
  })

  test('has what it left open aborted first, and asks again', () => {
    const { init, add, end, now } = coordinator()
    init()
    add('1000/0')
    expect([init(), now(), init()]).toEqual(['again', 'CompleteAbort 1000/1', '1000/2'])
    expect([add('1000/0'), end('1000/0', true), end('1000/0', true, 2)])
      .toEqual(['PRODUCER_FENCED', 'PRODUCER_FENCED', 'PRODUCER_FENCED'])
  })

  test('of an epoch that was kept out may take the next one', () => {
    const { init, add } = coordinator()
    init()
    add('1000/0')
    expect([init('1000/0'), init('1000/0')]).toEqual(['again', '1000/1'])
  })

  test('waits while the outcome is on its way', () => {
    const { init, add, end, leaders } = coordinator()
    init()
    add('1000/0')
    leaders.isHolding = true
    end('1000/0', true)
    expect([init(), init('1000/0'), init('77/0')])
      .toEqual(['CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS'])
  })

  test('gets a new id when the epochs are used up', () => {
    const { init, set } = coordinator()
    init()
    set({ producerEpoch: LAST_EPOCH })
    expect(init('1000/5')).toBe('UNKNOWN_SERVER_ERROR')
    expect([init(`1000/${LAST_EPOCH}`), init(`1000/${LAST_EPOCH}`)]).toEqual(['1001/0', '1001/0'])
    expect([init(`1000/${LAST_EPOCH - 1}`)]).toEqual(['PRODUCER_FENCED'])
  })

  test('is decided again when there is an id for it', () => {
    const { init, ids } = coordinator({ ids: [] })
    expect(() => init()).toThrow(NoProducerIdError)
    ids.push(7)
    expect(init()).toBe('7/0')
  })
})

describe('partitions', () => {
  test('are added by their producer alone', () => {
    const { init, add } = coordinator()
    expect(add('1000/0')).toBe('INVALID_PRODUCER_ID_MAPPING')
    init()
    expect([add('1000/0'), add('1000/0', AB), add('1099/0'), add('1000/5'), add('1000/-1')])
      .toEqual([
        'ok', 'ok', 'INVALID_PRODUCER_ID_MAPPING', 'PRODUCER_FENCED', 'PRODUCER_FENCED'])
  })

  test('that are there already are not written again', () => {
    const { init, add, log } = coordinator()
    init()
    add('1000/0', AB)
    const { endOffset } = log
    add('1000/0')
    expect(log.endOffset).toBe(endOffset)
  })

  test('are verified', () => {
    const { init, add, verify, end, leaders } = coordinator()
    expect(verify('1000/0', 'a', 0)).toBe('INVALID_PRODUCER_ID_MAPPING')
    init()
    add('1000/0')
    expect([verify('1000/0', 'a', 0), verify('1000/0', 'a', 2), verify('1000/3', 'a', 0),
      verify('1099/0', 'a', 0)]).toEqual(['NONE', 'TRANSACTION_ABORTABLE', 'PRODUCER_FENCED',
      'INVALID_PRODUCER_ID_MAPPING'])
    leaders.isHolding = true
    end('1000/0', true)
    expect([verify('1000/0', 'a', 0), add('1000/0'), add('1099/0')]).toEqual(
      ['CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS'])
  })
})

describe('an end of version 0 or 1', () => {
  test('keeps the epoch, and is the same when it is sent again', () => {
    const { init, add, end, now } = coordinator()
    init()
    add('1000/0')
    expect([end('1000/0', true), now(), end('1000/0', true), end('1000/0', false)])
      .toEqual(['1000/0', 'CompleteCommit 1000/0', '1000/0', 'INVALID_TXN_STATE'])
    add('1000/0')
    expect([end('1000/0', false), now(), end('1000/0', false), end('1000/0', true)])
      .toEqual(['1000/0', 'CompleteAbort 1000/0', '1000/0', 'INVALID_TXN_STATE'])
  })

  test('needs a transaction, and its producer', () => {
    const { init, add, end, leaders } = coordinator()
    expect(end('1000/0', true)).toBe('INVALID_PRODUCER_ID_MAPPING')
    init()
    expect([end('1000/0', true), end('1000/0', false)])
      .toEqual(['INVALID_TXN_STATE', 'INVALID_TXN_STATE'])
    add('1000/0')
    leaders.isHolding = true
    expect([end('1009/0', true), end('1000/4', true), end('1000/0', true), end('1000/0', true),
      end('1000/0', false), end('1000/4', true), end('1009/0', true)]).toEqual([
      'INVALID_PRODUCER_ID_MAPPING', 'PRODUCER_FENCED', '1000/0', 'CONCURRENT_TRANSACTIONS',
      'CONCURRENT_TRANSACTIONS', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING'])
  })
})

describe('an end of version 2', () => {
  test('raises the epoch, and is known again by the one before', () => {
    const { init, add, end, now } = coordinator()
    init()
    add('1000/0', A, 2)
    expect([end('1000/0', true, 2), now()]).toEqual(['1000/1', 'CompleteCommit 1000/1'])
    expect([end('1000/0', true, 2), end('1000/0', false, 2), end('1000/1', true, 2)])
      .toEqual(['1000/1', 'INVALID_TXN_STATE', 'INVALID_TXN_STATE'])
  })

  test('aborts nothing too, for what may still arrive', () => {
    const { init, end, now, leaders } = coordinator()
    init()
    expect([end('1000/0', true, 2), end('1000/0', false, 2), now()])
      .toEqual(['INVALID_TXN_STATE', '1000/1', 'CompleteAbort 1000/1'])
    expect([end('1000/0', false, 2), end('1000/0', true, 2), end('1000/1', false, 2)])
      .toEqual(['1000/1', 'INVALID_TXN_STATE', '1000/2'])
    expect([end('1000/0', false, 2), end('1000/7', false, 2), end('1005/2', false, 2)])
      .toEqual(['PRODUCER_FENCED', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING'])
    expect(leaders.sent).toEqual([])
  })

  test('is not looked at while the one before is on its way', () => {
    const { init, add, end, leaders } = coordinator()
    init()
    add('1000/0', A, 2)
    leaders.isHolding = true
    expect([end('1000/0', true, 2), end('1000/0', true, 2), end('1009/7', true, 2)])
      .toEqual(['1000/1', 'CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS'])
  })

  test('takes a new id where the epochs are used up, and its mark the last epoch', () => {
    const { init, add, end, set, leaders, now } = coordinator()
    init()
    set({ producerEpoch: LAST_EPOCH })
    const last = `1000/${LAST_EPOCH}`
    add(last, A, 2)
    expect([end(last, true, 2), now()]).toEqual(['1001/0', 'CompleteCommit 1001/0'])
    expect(leaders.sent[0]).toMatchObject({ producerId: 1000, producerEpoch: LAST_EPOCH + 1 })
    expect([end(last, true, 2), end(last, false, 2), end(`1000/${LAST_EPOCH - 1}`, true, 2)])
      .toEqual(['1001/0', 'INVALID_TXN_STATE', 'INVALID_PRODUCER_ID_MAPPING'])
    expect([init(last), init(last)]).toEqual(['1001/0', 'PRODUCER_FENCED'])
  })

  test('may follow one of version 0', () => {
    const { init, add, end, leaders } = coordinator()
    init()
    add('1000/0')
    expect(end('1000/0', true, 2)).toBe('1000/1')
    add('1000/1')
    expect(end('1000/1', true)).toBe('1000/1')
    expect(leaders.sent.map(({ producerEpoch, transactionVersion }) =>
      [producerEpoch, transactionVersion])).toEqual([[1, 2], [1, 0]])
  })
})

describe('marks', () => {
  test('go to every partition, with the outcome and the coordinator\'s epoch', () => {
    const { init, add, end, leaders } = coordinator()
    init()
    add('1000/0', AB)
    end('1000/0', true)
    expect(leaders.sent).toEqual([{
      producerId: 1000, producerEpoch: 0, coordinatorEpoch: 5, isCommitted: true,
      transactionVersion: 0, partitions: AB,
    }])
  })

  test('are not sent before the decision is written', () => {
    const { init, add, end, leaders, log, now } = coordinator()
    init()
    add('1000/0')
    log.appendError = new ApiError(Errors.NOT_ENOUGH_REPLICAS)
    expect(end('1000/0', true)).toBe('COORDINATOR_NOT_AVAILABLE')
    expect([leaders.sent, now()]).toEqual([[], 'Ongoing 1000/0'])
    expect(end('1000/0', false)).toBe('1000/0')
    expect(now()).toBe('CompleteAbort 1000/0')
  })

  test('are sent again to those who could not take them', () => {
    const { init, add, end, leaders, clock, now } = coordinator()
    init()
    add('1000/0', AB)
    leaders.codes = [Errors.NOT_LEADER_OR_FOLLOWER, Errors.UNKNOWN_TOPIC_OR_PARTITION]
    end('1000/0', true)
    expect(now()).toBe('PrepareCommit 1000/0')
    clock.advance(1000)
    expect([leaders.sent.length, now()]).toEqual([3, 'CompleteCommit 1000/0'])
  })

  test('wait for a leader, and not for a topic that is gone', () => {
    const { init, add, end, leaders, clock, now } = coordinator()
    init()
    add('1000/0', AB)
    leaders.gone.add('b')
    leaders.leaderless.add('a-1')
    end('1000/0', true)
    expect(now()).toBe('PrepareCommit 1000/0')
    leaders.leaderless.clear()
    clock.advance(1000)
    expect(now()).toBe('CompleteCommit 1000/0')
    const topics = leaders.sent.map(({ partitions }) =>
      [...partitions].map(([topic, indexes]) => [topic, ...indexes]))
    expect(topics).toEqual([[['a', 0]], [['a', 1]]])
  })

  test('that are refused for good leave the transaction as it is', () => {
    const { init, add, end, leaders, clock, now } = coordinator()
    init()
    add('1000/0')
    leaders.codes = [Errors.INVALID_PRODUCER_EPOCH]
    end('1000/0', true)
    clock.advance(60_000)
    expect([leaders.sent.length, now()]).toEqual([1, 'PrepareCommit 1000/0'])
  })

  test('are sent by the next coordinator, if this one is lost', () => {
    const { init, add, end, leaders, shard, log, clock } = coordinator()
    init()
    add('1000/0')
    leaders.isHolding = true
    end('1000/0', true)
    shard.close()
    leaders.answer()
    const next = new Leaders()
    const { state } = transactionsShard({ log, clock, leaders: next })
    clock.endTurn()
    expect(next.sent.map(({ isCommitted }) => isCommitted)).toEqual([true])
    expect(state.transactions.get(ID)?.state).toBe('CompleteCommit')
  })

  test('are followed by the completion, even if that cannot be written at once', () => {
    const { init, add, end, leaders, log, clock, now } = coordinator()
    init()
    add('1000/0')
    leaders.isHolding = true
    end('1000/0', true)
    log.appendError = new ApiError(Errors.NOT_ENOUGH_REPLICAS)
    leaders.answer()
    clock.endTurn()
    expect(now()).toBe('PrepareCommit 1000/0')
    clock.advance(1000)
    expect([leaders.sent.length, now()]).toEqual([1, 'CompleteCommit 1000/0'])
  })
})

describe('time', () => {
  test('aborts what lasts too long, and keeps its producer out', () => {
    const { init, add, clock, now, end } = coordinator()
    init()
    clock.advance(5000)
    add('1000/0')
    clock.advance(59_000)
    expect(now()).toBe('Ongoing 1000/0')
    clock.advance(11_000)
    expect(now()).toBe('CompleteAbort 1000/1')
    expect([end('1000/0', true), end('1000/0', true, 2), end('1000/0', false, 2)])
      .toEqual(['PRODUCER_FENCED', 'INVALID_TXN_STATE', '1000/1'])
  })

  test('before version 2 raises the epoch for fencing alone', () => {
    const { init, add, clock, leaders, end } = coordinator({ transactionVersion: 0 })
    init()
    add('1000/0')
    clock.advance(80_000)
    expect(leaders.sent[0]).toMatchObject({ producerEpoch: 1, transactionVersion: 0 })
    expect([end('1000/0', false), init('1000/0'), init()])
      .toEqual(['PRODUCER_FENCED', 'PRODUCER_FENCED', '1000/2'])
  })

  test('forgets ids that nobody uses, and none that is in use', () => {
    const { init, add, clock, state, log } = coordinator()
    init()
    clock.advance(SETTINGS.expirationMs - 2 * SETTINGS.expirationCheckIntervalMs)
    expect(state.transactions.size).toBe(1)
    clock.advance(3 * SETTINGS.expirationCheckIntervalMs)
    expect([state.transactions.size, log.stored.at(-1)!.value]).toEqual([0, null])
    expect(init()).toBe('1001/0')
    add('1001/0')
    const { transactions } = state
    transactions.set(ID, { ...transactions.get(ID)!, timeoutMs: 0x7fffffff })
    clock.advance(2 * SETTINGS.expirationMs)
    expect(transactions.get(ID)?.state).toBe('Ongoing')
  })
})
