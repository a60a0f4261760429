// What a log remembers of its producers: sequences, epochs, the last five batches, transactions.

import { describe, expect, test } from '@jest/globals'

import { Errors } from '../../protocol/errors.ts'
import { Batch, type BatchToBuild } from '../../protocol/records/batch.ts'
import { endMarkerBatch } from '../../protocol/records/control.ts'
import { decodeSnapshot, encodeSnapshot } from '../../storage/producer-snapshots.ts'
import { ProducerState } from '../../storage/producers.ts'
import { batchOf } from './harness.ts'

const MAX_SEQUENCE = 0x7fffffff
const CLIENT = { origin: 'client', isVerified: false, transactionVersion: 0 } as const
const VERIFIED = { ...CLIENT, isVerified: true }

interface Sent extends Partial<BatchToBuild> {
  readonly count?: number
}

function sent(baseSequence: number, { count = 1, ...batch }: Sent = {}): Batch {
  const values = Array.from({ length: count }, () => 'x')
  return new Batch(batchOf(values, {
    producerId: 7, producerEpoch: 0, baseSequence, ...batch,
  }))
}

function stateOf(...batches: Batch[]): ProducerState {
  const state = new ProducerState('topic-0')
  for (const batch of batches) state.add(batch)
  return state
}

function check(state: ProducerState, batch: Batch, options = CLIENT): () => void {
  return () => state.check(batch, 100, options)
}

const code = (name: keyof typeof Errors) => expect.objectContaining({ code: Errors[name] })

function marker(isAborted: boolean, baseOffset: number, marks: {
  producerEpoch?: number, coordinatorEpoch?: number,
} = {}) {
  const { producerEpoch = 0, coordinatorEpoch = 3 } = marks
  const batch = new Batch(endMarkerBatch({
    type: isAborted ? 'ABORT' : 'COMMIT', baseOffset, timestampMs: 50, producerId: 7,
    producerEpoch, coordinatorEpoch, leaderEpoch: 0,
  }))
  return { batch, mark: { isAborted, coordinatorEpoch, timestamp: 50 } }
}

describe('sequences', () => {
  test('follow one another', () => {
    const state = stateOf(sent(0, { count: 3 }))
    expect(check(state, sent(3))).not.toThrow()
    for (const sequence of [0, 2, 4, MAX_SEQUENCE]) {
      expect(check(state, sent(sequence))).toThrow(code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    }
  })

  test('may start anywhere when nothing is known', () => {
    expect(check(stateOf(), sent(41))).not.toThrow()
  })

  test('go on at 0 behind the largest, within a batch too', () => {
    expect(check(stateOf(sent(MAX_SEQUENCE)), sent(0))).not.toThrow()
    const wrapped = sent(MAX_SEQUENCE - 1, { count: 4 })
    expect(wrapped.lastSequence).toBe(1)
    const state = stateOf(wrapped)
    expect(check(state, sent(2))).not.toThrow()
    expect(state.findDuplicate(wrapped)).toMatchObject({ lastSequence: 1, offsetDelta: 3 })
  })

  test('begin at 0 in a new epoch', () => {
    const state = stateOf(sent(0), sent(1))
    expect(check(state, sent(0, { producerEpoch: 1 }))).not.toThrow()
    expect(check(state, sent(2, { producerEpoch: 1 })))
      .toThrow(code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
  })

  test('begin at 0 in the epoch of a mark that had no records', () => {
    const state = stateOf()
    const { batch, mark } = marker(false, 5, { producerEpoch: 2 })
    state.addMark(batch, mark)
    expect(check(state, sent(1, { producerEpoch: 2 })))
      .toThrow(code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    expect(check(state, sent(0, { producerEpoch: 2 }))).not.toThrow()
  })

  test('of an older epoch are refused', () => {
    const state = stateOf(sent(0, { producerEpoch: 4 }))
    expect(check(state, sent(1, { producerEpoch: 3 }))).toThrow(code('INVALID_PRODUCER_EPOCH'))
  })

  test('are not checked for coordinators', () => {
    const state = stateOf(sent(0))
    expect(() => state.check(sent(9), 1, { ...CLIENT, origin: 'coordinator' })).not.toThrow()
  })
})

describe('batches that come again', () => {
  test('are known while they are among the last five', () => {
    const batches = [0, 1, 2, 3, 4, 5].map((i) => sent(i, { baseOffset: 10 + i }))
    const state = stateOf(...batches)
    expect(state.findDuplicate(batches[0]!)).toBeUndefined()
    for (const batch of batches.slice(1)) {
      expect(state.findDuplicate(batch)).toMatchObject({ lastOffset: batch.baseOffset })
    }
    expect(check(state, batches[0]!)).toThrow(code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
  })

  test('are others with another epoch, or other ends', () => {
    const state = stateOf(sent(0, { count: 3 }))
    expect(state.findDuplicate(sent(0, { count: 2 }))).toBeUndefined()
    expect(state.findDuplicate(sent(1, { count: 2 }))).toBeUndefined()
    expect(state.findDuplicate(sent(0, { count: 3, producerEpoch: 1 }))).toBeUndefined()
    expect(state.findDuplicate(sent(0, { count: 3, producerId: 8 }))).toBeUndefined()
  })

  test('are forgotten with their epoch', () => {
    const first = sent(0)
    const state = stateOf(first, sent(0, { producerEpoch: 1 }))
    expect(state.findDuplicate(first)).toBeUndefined()
    expect(state.get(7)?.batches.length).toBe(1)
  })
})

describe('transactions', () => {
  const begun = (baseOffset: number, batch: Sent = {}) =>
    sent(0, { isTransactional: true, baseOffset, ...batch })

  test('are unstable from their first record until their mark is committed', () => {
    const state = stateOf(begun(4))
    state.add(sent(1, { isTransactional: true, baseOffset: 6 }))
    expect(state.firstUnstableOffset).toBe(4)
    const { batch, mark } = marker(true, 8)
    expect(state.addMark(batch, mark)).toEqual({
      producerId: 7, firstOffset: 4, lastOffset: 8, isAborted: true, lastStableOffset: 9,
    })
    expect([state.firstUndecidedOffset, state.firstUnstableOffset]).toEqual([undefined, 4])
    state.forgetTransactionsBefore(8)
    expect(state.firstUnstableOffset).toBe(4)
    state.forgetTransactionsBefore(9)
    expect(state.firstUnstableOffset).toBeUndefined()
  })

  test('that are open bound the stable offset of one that ends', () => {
    const state = stateOf(begun(4), begun(5, { producerId: 8 }))
    const { batch, mark } = marker(false, 6)
    expect(state.addMark(batch, mark)?.lastStableOffset).toBe(5)
  })

  test('need the coordinator\'s word, and then go on without it', () => {
    const state = stateOf()
    expect(check(state, begun(0))).toThrow(code('INVALID_TXN_STATE'))
    expect(() => state.check(begun(0), 0, VERIFIED)).not.toThrow()
    state.add(begun(0))
    expect(check(state, sent(1, { isTransactional: true }))).not.toThrow()
    expect(check(state, sent(1))).toThrow(code('INVALID_TXN_STATE'))
  })

  test('tell an old epoch before they ask for the coordinator', () => {
    const state = stateOf(sent(0, { producerEpoch: 5 }))
    expect(check(state, begun(0, { producerEpoch: 4 }))).toThrow(code('INVALID_PRODUCER_EPOCH'))
  })

  test('end by marks of the present coordinator and epoch only', () => {
    const state = stateOf(begun(0, { producerEpoch: 2 }))
    const verdict = (producerEpoch: number, coordinatorEpoch: number, transactionVersion = 0) => {
      const { batch, mark } = marker(false, 9, { producerEpoch, coordinatorEpoch })
      return () => state.checkMark(batch, mark, 9, { ...CLIENT, transactionVersion })
    }
    expect(verdict(2, 3)).not.toThrow()
    expect(verdict(1, 3)).toThrow(code('INVALID_PRODUCER_EPOCH'))
    expect(verdict(2, 3, 2)).toThrow(code('INVALID_PRODUCER_EPOCH'))
    expect(verdict(3, 3, 2)).not.toThrow()
    const { batch, mark } = marker(false, 9, { producerEpoch: 3 })
    state.addMark(batch, mark)
    expect(verdict(3, 2)).toThrow(code('TRANSACTION_COORDINATOR_FENCED'))
    // Sent again, after the transaction has ended.
    expect(verdict(3, 3, 2)).not.toThrow()
  })
})

describe('a question to the coordinator', () => {
  const start = (producerEpoch: number, sequence: number, hasEpochBump = false) =>
    ({ producerId: 7, producerEpoch, sequence, hasEpochBump })
  const begun = (sequence: number, batch: Sent = {}) =>
    sent(sequence, { isTransactional: true, baseOffset: 10, ...batch })
  const first = (state: ProducerState, batch: Batch) => () => state.check(batch, 10, VERIFIED)

  test('is asked once for a transaction, and not within one', () => {
    const state = stateOf()
    const asked = state.beginVerification(start(0, 0), 1)
    expect(state.beginVerification(start(0, 1), 2)).toBe(asked)
    expect(state.verifications.isOpen(7, asked)).toBe(true)
    state.add(begun(0))
    expect(state.verifications.isOpen(7, asked)).toBe(false)
    expect(state.beginVerification(start(0, 1), 3)).toBeUndefined()
  })

  test('is another one for the next transaction, and for an old epoch none at all', () => {
    const state = stateOf()
    const asked = state.beginVerification(start(1, 0), 1)
    const { batch, mark } = marker(true, 4, { producerEpoch: 1 })
    state.addMark(batch, mark)
    expect(state.verifications.isOpen(7, asked)).toBe(false)
    expect(state.beginVerification(start(1, 0), 2)).not.toBe(asked)
    expect(() => state.beginVerification(start(0, 0), 3)).toThrow(code('INVALID_PRODUCER_EPOCH'))
  })

  test('outlives the mark of the transaction before, if that raised the epoch', () => {
    const state = stateOf(begun(0))
    const asked = state.beginVerification(start(1, 0, true), 1)
    const { batch, mark } = marker(false, 11, { producerEpoch: 1 })
    state.addMark(batch, mark)
    expect(state.verifications.isOpen(7, asked)).toBe(true)
  })

  test('lets no batch pass before an earlier one that asked', () => {
    const state = stateOf()
    state.beginVerification(start(0, 3), 1)
    state.beginVerification(start(0, 1), 1)
    expect(first(state, begun(3))).toThrow(code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    expect(first(state, begun(1))).not.toThrow()
    state.beginVerification(start(1, 5), 1)
    expect(first(state, begun(5, { producerEpoch: 1 }))).not.toThrow()
  })

  test('with a raised epoch needs sequence 0', () => {
    const state = stateOf()
    state.beginVerification(start(0, 2, true), 1)
    expect(first(state, begun(2))).toThrow(code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    state.beginVerification(start(0, 0, true), 1)
    expect(first(state, begun(0))).not.toThrow()
  })

  test('that nobody answered is forgotten with the producers', () => {
    const state = stateOf()
    const asked = state.beginVerification(start(0, 0), 100)
    state.expire(1099, 1000)
    expect(state.verifications.isOpen(7, asked)).toBe(true)
    state.expire(1100, 1000)
    expect(state.verifications.isOpen(7, asked)).toBe(false)
  })
})

describe('time', () => {
  test('takes producers away, but none that is in a transaction', () => {
    const state = stateOf(
      sent(0, { timestampMs: 100 }),
      sent(0, { timestampMs: 100, producerId: 8, isTransactional: true }),
      sent(0, { timestampMs: 300, producerId: 9 }),
    )
    state.expire(1099, 1000)
    expect(state.count).toBe(3)
    state.expire(1100, 1000)
    expect([...state.all()].map(({ producerId }) => producerId)).toEqual([8, 9])
  })

  test('counts from a mark too', () => {
    const state = stateOf(sent(0, { timestampMs: 1, isTransactional: true }))
    const { batch, mark } = marker(false, 1)
    state.addMark(batch, mark)
    state.expire(1001, 1000)
    expect(state.count).toBe(1)
    state.expire(1050, 1000)
    expect(state.count).toBe(0)
  })
})

describe('a snapshot', () => {
  function snapshot(): { state: ProducerState, bytes: Buffer } {
    const state = stateOf(
      sent(0, { baseOffset: 3, count: 2, timestampMs: 50 }),
      sent(5, { baseOffset: 7, producerId: 2 ** 40, producerEpoch: 9, isTransactional: true }),
    )
    const { batch, mark } = marker(true, 8, { producerEpoch: 0, coordinatorEpoch: 12 })
    state.addMark(batch, mark)
    return { state, bytes: encodeSnapshot(state.all(), state.count) }
  }

  test('brings back what the next batches need', () => {
    const { state, bytes } = snapshot()
    const loaded = new ProducerState('topic-0')
    loaded.load(decodeSnapshot(bytes)!)
    expect([...loaded.all()]).toEqual([...state.all()])
    expect(loaded.get(7)).toMatchObject({ coordinatorEpoch: 12, lastTimestamp: 50 })
    expect(loaded.firstUnstableOffset).toBe(7)
    expect(loaded.findDuplicate(sent(0, { count: 2 }))).toMatchObject({ lastOffset: 4 })
    expect(check(loaded, sent(2))).not.toThrow()
  })

  test('is not believed when a bit is wrong, or bytes are missing', () => {
    const { bytes } = snapshot()
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= 0x10
      expect(decodeSnapshot(damaged)).toBeUndefined()
      expect(decodeSnapshot(bytes.subarray(0, at))).toBeUndefined()
    }
    expect(decodeSnapshot(Buffer.alloc(bytes.length))).toBeUndefined()
  })
})
