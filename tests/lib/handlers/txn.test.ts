// Transactions as their clients see them: every refusal with Kafka 4.4's code for the version, what
// readers get, and what becomes of offsets. The codes were recorded from a broker of Apache Kafka.

import { describe, expect, test } from '@jest/globals'

import { TransactionalNode } from './txn-harness.ts'

const P = '1000/0'

describe('InitProducerId', () => {
  test('refuses bad ids and time-outs', async () => {
    const node = await TransactionalNode.start()
    for (const version of [0, 5]) {
      expect(await node.init({ id: '', version })).toBe('INVALID_REQUEST')
      for (const timeoutMs of [0, -1, 900_001]) {
        expect(await node.init({ timeoutMs, version })).toBe('INVALID_TRANSACTION_TIMEOUT')
      }
    }
    expect(await node.init({ expected: '5/-1' })).toBe('INVALID_REQUEST')
    expect(await node.init({ expected: '-1/5' })).toBe('INVALID_REQUEST')
    expect(await node.init({ id: null, expected: '5/-1' })).toBe('INVALID_REQUEST')
    expect(await node.init({ timeoutMs: 900_000 })).toBe(P)
  })

  test('without a transactional id gives fresh ids, whatever else is asked', async () => {
    const node = await TransactionalNode.start()
    expect(await node.init({ id: null, timeoutMs: -5, version: 0 })).toBe('1000/0')
    expect(await node.init({ id: null, expected: '3/4' })).toBe('1001/0')
  })

  test('tells old clients of fencing in their words', async () => {
    const node = await TransactionalNode.start()
    await node.init()
    expect(await node.init({ expected: '1000/7', version: 3 })).toBe('INVALID_PRODUCER_EPOCH')
    expect(await node.init({ expected: '1000/7', version: 4 })).toBe('PRODUCER_FENCED')
  })

  test('ends what is open, and has the producer ask again', async () => {
    const node = await TransactionalNode.start()
    await node.init()
    await node.add(P, { a: [0] })
    await node.write(P, 0, { a: [0] })
    expect(await node.init()).toBe('CONCURRENT_TRANSACTIONS')
    expect(await node.init()).toBe('1000/2')
    expect(await node.read()).toBe(`${P}.0 abort@1 | 2 | 1000@0`)
    expect(await node.write(P, 1, { a: [0] })).toBe('INVALID_PRODUCER_EPOCH')
    expect(await node.end(P, true, { version: 1 })).toBe('INVALID_PRODUCER_EPOCH')
    expect(await node.end(P, true, { version: 2 })).toBe('PRODUCER_FENCED')
    expect(await node.end(P, true, { version: 5 })).toBe('PRODUCER_FENCED')
  })
})

describe('AddPartitionsToTxn', () => {
  test('adds all or nothing', async () => {
    const node = await TransactionalNode.start()
    await node.init()
    expect(await node.add(P, { a: [2, 9], nope: [0] })).toBe('a-2: OPERATION_NOT_ATTEMPTED, ' +
      'a-9: UNKNOWN_TOPIC_OR_PARTITION, nope-0: UNKNOWN_TOPIC_OR_PARTITION')
    expect(await node.add(P, { a: [2], __consumer_offsets: [0] })).toBe(
      'a-2: OPERATION_NOT_ATTEMPTED, __consumer_offsets-0: TOPIC_AUTHORIZATION_FAILED')
    expect(await node.add(P, { __consumer_offsets: [0] }, { version: 4 }))
      .toBe('__consumer_offsets-0: NONE')
    expect(await node.write(P, 0, { a: [2] })).toBe('TRANSACTION_ABORTABLE')
  })

  test('refuses whoever is not the producer', async () => {
    const node = await TransactionalNode.start()
    await node.init()
    expect(await node.add(P, { a: [0] }, { id: '' })).toBe('a-0: INVALID_REQUEST')
    expect(await node.add(P, { a: [0] }, { id: 'nobody' })).toBe('a-0: INVALID_PRODUCER_ID_MAPPING')
    expect(await node.add('1099/0', { a: [0] })).toBe('a-0: INVALID_PRODUCER_ID_MAPPING')
    expect(await node.add('1000/5', { a: [0] }, { version: 1 })).toBe('a-0: INVALID_PRODUCER_EPOCH')
    expect(await node.add('1000/5', { a: [0] }, { version: 2 })).toBe('a-0: PRODUCER_FENCED')
  })

  test('verifies for other brokers', async () => {
    const node = await TransactionalNode.start()
    await node.init()
    await node.add(P, { a: [0] })
    const verify = (who: string, id = 'id') =>
      node.add(who, { a: [0, 2] }, { id, version: 5, verifyOnly: true })
    expect(await verify(P)).toBe('a-0: NONE, a-2: TRANSACTION_ABORTABLE')
    expect(await verify('1000/3')).toBe('a-0: PRODUCER_FENCED, a-2: PRODUCER_FENCED')
    expect(await verify(P, 'nobody'))
      .toBe('a-0: INVALID_PRODUCER_ID_MAPPING, a-2: INVALID_PRODUCER_ID_MAPPING')
  })
})

describe('Produce', () => {
  test('up to version 11 needs what was added', async () => {
    const node = await TransactionalNode.start()
    await node.init()
    await node.add(P, { a: [0, 1] })
    expect(await node.write(P, 0, { a: [0, 1] }, { version: 9 })).toBe('0, 0')
    expect(await node.write(P, 0, { a: [2] }, { version: 10 })).toBe('INVALID_TXN_STATE')
    expect(await node.write(P, 0, { a: [2] }, { version: 11 })).toBe('TRANSACTION_ABORTABLE')
    expect(await node.write(P, 1, { a: [0] }, { isTransactional: false }))
      .toBe('INVALID_TXN_STATE')
    expect(await node.write('1000/1', 0, { a: [0] })).toBe('INVALID_PRODUCER_EPOCH')
  })

  test('from version 12 adds on the way', async () => {
    const node = await TransactionalNode.start()
    await node.init()
    const v12 = { version: 12 }
    expect(await node.write(P, 0, { a: [0, 1] }, v12)).toBe('0, 0')
    expect(await node.write(P, 1, { a: [0] }, { version: 13 })).toBe('1')
    expect(await node.write(P, 1, { a: [0] }, v12)).toBe('1')
    expect(await node.write(P, 5, { a: [0] }, v12)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(await node.write(P, 3, { a: [2] }, v12)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(await node.write(P, 0, { a: [2] }, v12)).toBe('0')
    expect(await node.end(P, true, { version: 5 })).toBe('1000/1')
    expect(await node.write(P, 2, { a: [0] }, v12)).toBe('INVALID_PRODUCER_EPOCH')
    expect(await node.write('1000/1', 2, { a: [0] }, v12)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(await node.write('1000/1', 0, { a: [0] }, v12)).toBe('3')
  })

  test('refuses whoever is not the producer', async () => {
    const node = await TransactionalNode.start()
    await node.init()
    const write = (who: string, id: string | null) =>
      node.write(who, 0, { a: [0] }, { version: 12, id })
    expect(await write(P, null)).toBe('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    expect(await write(P, '')).toBe('INVALID_REQUEST')
    expect(await write(P, 'nobody')).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(await write('1099/0', 'id')).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(await write('1000/9', 'id')).toBe('INVALID_PRODUCER_EPOCH')
    expect(await node.read()).toBe(' | 0 | ')
  })

  test('takes what the settings let pass without verification', async () => {
    const node = await TransactionalNode.start({
      'transaction.partition.verification.enable': 'false',
    })
    await node.init()
    expect(await node.write(P, 0, { a: [0] })).toBe('0')
    expect(await node.write('1077/0', 0, { a: [1] }, { version: 12 }))
      .toBe('INVALID_PRODUCER_ID_MAPPING')
  })
})

describe('EndTxn', () => {
  test('commits or aborts, and readers see it', async () => {
    const node = await TransactionalNode.start()
    await node.init()
    await node.add(P, { a: [0] })
    await node.write(P, 0, { a: [0] })
    expect(await node.read()).toBe(' | 0 | ')
    expect(await node.read('a', { isolationLevel: 0 })).toBe(`${P}.0 | 0 | `)
    expect(await node.end(P, true)).toBe(P)
    expect(await node.read()).toBe(`${P}.0 commit@0 | 2 | `)
    await node.add(P, { a: [0] })
    await node.write(P, 1, { a: [0] })
    expect(await node.end(P, false)).toBe(P)
    expect(await node.read()).toBe(`${P}.0 commit@0 ${P}.1 abort@0 | 4 | 1000@2`)
    expect(await node.read('a', { from: 3 })).toBe('abort@0 | 4 | 1000@2')
  })

  test('of another producer\'s transaction leaves the stable offset where it is', async () => {
    const node = await TransactionalNode.start()
    await node.init()
    await node.init({ id: 'other' })
    const v12 = { version: 12 }
    await node.write(P, 0, { a: [0] }, v12)
    await node.write('1001/0', 0, { a: [0] }, { ...v12, id: 'other' })
    await node.end('1001/0', true, { id: 'other', version: 5 })
    expect(await node.read()).toBe(' | 0 | ')
    await node.end(P, false, { version: 5 })
    expect(await node.read()).toBe(`${P}.0 1001/0.0 commit@1 abort@1 | 4 | 1000@0`)
  })
})

describe('offsets of a transaction', () => {
  test('need to be added, or are from version 5 on', async () => {
    const node = await TransactionalNode.start()
    await node.init()
    expect(await node.commitOffset(P, 11, { version: 3 })).toBe('INVALID_TXN_STATE')
    expect(await node.commitOffset(P, 11, { version: 4 })).toBe('TRANSACTION_ABORTABLE')
    expect(await node.commitOffset(P, 11, { version: 5 })).toBe('NONE')
    expect(await node.commitOffset(P, 12, { version: 3 })).toBe('NONE')
  })

  test('count when it is committed', async () => {
    const node = await TransactionalNode.start()
    await node.init()
    expect(await node.addOffsets(P)).toBe('NONE')
    await node.commitOffset(P, 11)
    expect(await node.offset()).toBe('UNSTABLE_OFFSET_COMMIT')
    expect(await node.offset({ requireStable: false })).toBe('-1')
    await node.end(P, true)
    expect(await node.offset()).toBe('11')
    await node.commitOffset(P, 50, { version: 5 })
    expect(await node.offset({ requireStable: false })).toBe('11')
    await node.end(P, false, { version: 5 })
    expect(await node.offset()).toBe('11')
  })

  test('are refused to others', async () => {
    const node = await TransactionalNode.start()
    await node.init()
    expect(await node.addOffsets('1000/3', { version: 1 })).toBe('INVALID_PRODUCER_EPOCH')
    expect(await node.addOffsets('1000/3', { version: 2 })).toBe('PRODUCER_FENCED')
    expect(await node.addOffsets('1004/0')).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(await node.addOffsets(P, { id: 'nobody' })).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(await node.addOffsets(P, { id: '' })).toBe('INVALID_REQUEST')
    await node.addOffsets(P)
    expect(await node.commitOffset('1000/4', 1)).toBe('INVALID_PRODUCER_EPOCH')
    expect(await node.commitOffset(P, 1, { groupId: '' })).toBe('INVALID_GROUP_ID')
    expect(await node.commitOffset(P, 1, { topic: 'nope' })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await node.commitOffset(P, 1, { partition: 9 })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await node.commitOffset(P, 1, { metadata: 'x'.repeat(5000) }))
      .toBe('OFFSET_METADATA_TOO_LARGE')
    expect(await node.commitOffset(P, 1, { generation: 3, memberId: 'm' }))
      .toBe('ILLEGAL_GENERATION')
    expect(await node.commitOffset(P, 1, { memberId: 'm' })).toBe('NONE')
    expect(await node.commitOffset(P, 1, { generation: 3, memberId: 'm' }))
      .toBe('UNKNOWN_MEMBER_ID')
    const other = { groupId: 'third', generation: 4, memberId: 'm' }
    expect(await node.commitOffset(P, 1, { version: 6, ...other })).toBe('GROUP_ID_NOT_FOUND')
    expect(await node.commitOffset(P, 1, { version: 6, topic: 'nope' })).toBe('UNKNOWN_TOPIC_ID')
  })
})

describe('WriteTxnMarkers', () => {
  test('ends what hangs, by the rules of the log', async () => {
    const node = await TransactionalNode.start()
    await node.init()
    await node.write(P, 0, { a: [0] }, { version: 12 })
    const tv2 = { transactionVersion: 2 }
    expect(await node.mark(P, false, { a: [0] }, tv2)).toBe('a-0: INVALID_PRODUCER_EPOCH')
    expect(await node.mark(P, false, { a: [0, 7], nope: [0] }, { coordinatorEpoch: 3 })).toBe(
      'a-0: NONE, a-7: UNKNOWN_TOPIC_OR_PARTITION, nope-0: UNKNOWN_TOPIC_OR_PARTITION')
    expect(await node.read()).toBe(`${P}.0 abort@0 | 2 | 1000@0`)
    expect(await node.mark(P, false, { a: [0] }, { coordinatorEpoch: 3 })).toBe('a-0: NONE')
    expect(await node.mark(P, false, { a: [0] }, { coordinatorEpoch: 2 }))
      .toBe('a-0: TRANSACTION_COORDINATOR_FENCED')
    expect(await node.mark('1000/-1', false, { a: [0] })).toBe('a-0: UNKNOWN_SERVER_ERROR')
  })
})
