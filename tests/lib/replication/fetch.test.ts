// Fetch on partitions: limits, waiting, epochs, and sessions.

import { describe, expect, jest, test } from '@jest/globals'

import { ApiError, Errors } from '../../../protocol/errors.ts'
import { BufferPool } from '../../../storage/buffer-pool.ts'
import { errorsIn, Replica, valuesIn } from './harness.ts'

function withRecords(topics: Record<string, string[]>): Replica {
  const replica = new Replica()
  for (const [topic, values] of Object.entries(topics)) {
    replica.create(topic)
    for (const value of values) replica.send(topic, [value])
  }
  replica.clock.endTurn()
  return replica
}

const WAITING = { maxWaitMs: 500 }

describe('fetch', () => {
  test('reads what is committed, from the offset on', () => {
    const replica = withRecords({ a: ['0', '1', '2'] })
    replica.send('a', ['not written'])
    const fetched = replica.fetch({}, [{ fetchOffset: 1 }])
    expect(valuesIn(fetched)).toEqual([['1', '2']])
    const [partition] = fetched.answer!.responses[0]!.partitions
    expect(partition).toMatchObject({
      highWatermark: 3, lastStableOffset: 3, logStartOffset: 0, abortedTransactions: null,
    })
  })

  test('gives the first batch whole, whatever the limits, and no more', () => {
    const replica = withRecords({ a: ['0', '1'], b: ['0', '1'] })
    const limits = { partitionMaxBytes: 1 }
    const asked = [{ topic: 'a', ...limits }, { topic: 'b', ...limits }]
    expect(valuesIn(replica.fetch({}, asked))).toEqual([['0'], []])
    expect(valuesIn(replica.fetch({ maxBytes: 1 }, [{ topic: 'a' }, { topic: 'b' }])))
      .toEqual([['0'], []])
  })

  test('answers with less where the node has little memory for answers, but with a batch', () => {
    const replica = withRecords({ a: ['0', '1', '2'] })
    replica.answerRoomBytes = 1
    expect(valuesIn(replica.fetch({}, [{}]))).toEqual([['0']])
    replica.answerRoomBytes = 160
    expect(valuesIn(replica.fetch({}, [{}]))).toEqual([['0', '1']])
  })

  test('answers with nothing where that memory was used up while it waited', () => {
    const replica = withRecords({ a: [] })
    const fetched = replica.fetch(WAITING, [{}])
    replica.answerRoomBytes = 0
    replica.send('a', ['0'])
    replica.clock.endTurn()
    expect(valuesIn(fetched)).toEqual([[]])
    replica.answerRoomBytes = 1000
    expect(valuesIn(replica.fetch({}, [{}]))).toEqual([['0']])
  })

  test('gives pooled buffers back when the answer has left', () => {
    const replica = withRecords({ a: ['0'] })
    replica.fetch({}, [{}])
    expect(replica.sent).toHaveLength(1)
    replica.fetch({}, [{ fetchOffset: 1 }])
    expect(replica.sent).toHaveLength(1)
  })

  test('gives back what it has read for a client that knows no zstd', () => {
    const { read } = BufferPool.prototype
    let lentCount = 0
    const spy = jest.spyOn(BufferPool.prototype, 'read')
    spy.mockImplementation(function (this: BufferPool, ...args) {
      const { bytes, release } = read.apply(this, args)
      lentCount++
      return { bytes, release: () => { lentCount--; release() } }
    })
    try {
      const replica = withRecords({ a: ['x'.repeat(10_000)] })
      replica.setTopicConfig('a', 'compression.type', 'zstd')
      const fetched = replica.fetch({}, [{}], 9)
      expect(errorsIn(fetched)).toEqual([Errors.UNSUPPORTED_COMPRESSION_TYPE])
      expect(spy).toHaveBeenCalled()
      expect(lentCount).toBe(0)
    } finally {
      spy.mockRestore()
    }
  })

  test('waits for records, and answers in the turn in which they are written', () => {
    const replica = withRecords({ a: [], b: [] })
    const fetched = replica.fetch(WAITING, [{ topic: 'a' }, { topic: 'b' }])
    expect(fetched.answer).toBeUndefined()
    replica.send('b', ['0'])
    expect(fetched.answer).toBeUndefined()
    replica.clock.endTurn()
    expect(valuesIn(fetched)).toEqual([[], ['0']])
  })

  test('waits for as many bytes as it is asked to, no longer than it is asked to', () => {
    const replica = withRecords({ a: [] })
    const fetched = replica.fetch({ ...WAITING, minBytes: 1000 }, [{}])
    replica.send('a', ['0'])
    replica.clock.endTurn()
    replica.clock.advance(499)
    expect(fetched.answer).toBeUndefined()
    replica.clock.advance(1)
    expect(valuesIn(fetched)).toEqual([['0']])
    const patient = replica.fetch({ ...WAITING, minBytes: 1000 }, [{}])
    replica.send('a', ['x'.repeat(2000)])
    replica.clock.endTurn()
    expect(valuesIn(patient)?.[0]).toHaveLength(2)
  })

  test('ends its waiting when the client goes, and reads nothing for it', () => {
    const replica = withRecords({ a: [] })
    const fetched = replica.fetch(WAITING, [{}])
    for (const close of replica.closed) close()
    expect(fetched.answer?.responses).toEqual([])
    replica.send('a', ['0'])
    replica.clock.endTurn()
    replica.clock.advance(500)
    expect(replica.sent).toEqual([])
    // One that was answered has nothing to end.
    const answered = replica.fetch(WAITING, [{}])
    for (const close of replica.closed) close()
    expect(valuesIn(answered)).toEqual([['0']])
  })

  test('ends its waiting when the topic goes', () => {
    const replica = withRecords({ a: [] })
    const fetched = replica.fetch(WAITING, [{}])
    replica.delete('a')
    expect(errorsIn(fetched)).toEqual([Errors.UNKNOWN_TOPIC_OR_PARTITION])
  })

  test('answers errors at once, but waits beside topics that do not exist', () => {
    const replica = withRecords({ a: [] })
    const far = replica.fetch(WAITING, [{ fetchOffset: 5 }])
    expect(errorsIn(far)).toEqual([Errors.OFFSET_OUT_OF_RANGE])
    const beside = replica.fetch(WAITING, [{ topic: 'x' }, { topic: 'a' }])
    expect(beside.answer).toBeUndefined()
    replica.clock.advance(500)
    expect(beside.answer!.responses.map(({ topic }) => topic)).toEqual(['a', 'x'])
    expect(errorsIn(beside)).toEqual([0, Errors.UNKNOWN_TOPIC_OR_PARTITION])
  })

  test('holds the epochs of the client against its own', () => {
    const replica = withRecords({ a: ['0'] })
    const epochs = (currentLeaderEpoch: number, lastFetchedEpoch = -1) =>
      replica.fetch({}, [{ currentLeaderEpoch, lastFetchedEpoch, fetchOffset: 1 }])
    expect(errorsIn(epochs(0, 0))).toEqual([0])
    expect(errorsIn(epochs(1))).toEqual([Errors.UNKNOWN_LEADER_EPOCH])
    expect(errorsIn(epochs(-2))).toEqual([0])
    expect(errorsIn(epochs(0, 3))).toEqual([Errors.OFFSET_OUT_OF_RANGE])
    const ahead = replica.fetch(WAITING, [{ lastFetchedEpoch: 0, fetchOffset: 2 }])
    expect(ahead.answer!.responses[0]!.partitions[0]!.divergingEpoch)
      .toEqual({ epoch: 0, endOffset: 1 })
  })

  test('refuses a follower that has no replica', () => {
    const replica = withRecords({ a: ['0'] })
    expect(errorsIn(replica.fetch({ replicaId: 9 }, [{}]))).toEqual([Errors.NOT_LEADER_OR_FOLLOWER])
  })

  test('shows a reader of committed records nothing of an open transaction', () => {
    const replica = withRecords({ a: ['0'] })
    const { log } = replica.partitions.get('a', 0)!
    const fetch = (isolationLevel: number) => replica.fetch({ isolationLevel }, [{}])
    expect(fetch(1).answer!.responses[0]!.partitions[0]!.abortedTransactions).toEqual([])
    expect(log.lastStableOffset).toBe(1)
    expect(fetch(2).error).toBeInstanceOf(ApiError)
  })
})

describe('a fetch session', () => {
  const FULL = { sessionId: 0, sessionEpoch: 0 }

  test('tells only what is new', () => {
    const replica = withRecords({ a: ['0'], b: [] })
    const first = replica.fetch(FULL, [{ topic: 'a' }, { topic: 'b' }]).answer!
    expect(first.sessionId).toBeGreaterThan(0)
    expect(first.responses).toHaveLength(2)
    const session = { sessionId: first.sessionId! }
    const second = replica.fetch({ ...session, sessionEpoch: 1 }, [{ fetchOffset: 1 }])
    expect(second.answer).toMatchObject({ ...session, errorCode: 0, responses: [] })
    replica.send('b', ['1'])
    replica.clock.endTurn()
    const third = replica.fetch({ ...session, sessionEpoch: 2 }, [])
    expect(third.answer!.responses.map(({ topic }) => topic)).toEqual(['b'])
    expect(valuesIn(third)).toEqual([['1']])
  })

  test('serves those first that had nothing the last time', () => {
    const replica = withRecords({ a: ['0', '1'], b: ['2'] })
    const { sessionId } = replica.fetch(FULL, [{ topic: 'a' }, { topic: 'b' }]).answer!
    const next = (sessionEpoch: number) =>
      valuesIn(replica.fetch({ sessionId: sessionId!, sessionEpoch, maxBytes: 1 }, []))
    expect([next(1), next(2), next(3)]).toEqual([[['0']], [['2']], [['0']]])
  })

  test('forgets what it is told to, and ends when nothing is left', () => {
    const replica = withRecords({ a: ['0'] })
    const { sessionId } = replica.fetch(FULL, [{}]).answer!
    const forgottenTopicsData = [{ topic: 'a', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitions: [0] }]
    const last = replica.fetch({ sessionId: sessionId!, sessionEpoch: 1, forgottenTopicsData }, [])
    expect(last.answer).toMatchObject({ sessionId: 0, responses: [] })
    expect(replica.services.fetchSessions.size).toBe(0)
  })

  test('is refused under an unknown id, at another epoch, and in versions of another sort', () => {
    const replica = withRecords({ a: ['0'] })
    const codeOf = (sessionId: number, sessionEpoch: number, version = 12) =>
      (replica.fetch({ sessionId, sessionEpoch }, [], version).error as ApiError).code
    const { sessionId } = replica.fetch(FULL, [{}]).answer!
    expect(codeOf(4711, 1)).toBe(Errors.FETCH_SESSION_ID_NOT_FOUND)
    expect(codeOf(sessionId!, 2)).toBe(Errors.INVALID_FETCH_SESSION_EPOCH)
    expect(codeOf(sessionId!, 1, 13)).toBe(Errors.FETCH_SESSION_TOPIC_ID_ERROR)
  })

  test('answers a request that another one overtook with an error', () => {
    const replica = withRecords({ a: [] })
    const { sessionId } = replica.fetch(FULL, [{}]).answer!
    const slow = replica.fetch({ ...WAITING, sessionId: sessionId!, sessionEpoch: 1 }, [])
    replica.fetch({ sessionId: sessionId!, sessionEpoch: 2 }, [])
    replica.clock.advance(500)
    expect(slow.answer!.errorCode).toBe(Errors.INVALID_FETCH_SESSION_EPOCH)
  })

  test('gives way to a larger one only when it has had its time', () => {
    const replica = withRecords({ a: [], b: [] })
    const full = (count: number) =>
      replica.fetch(FULL, [{ topic: 'a' }, { topic: 'b' }].slice(0, count)).answer!.sessionId!
    const first = full(1)
    full(1)
    expect(full(2)).toBe(0)
    replica.clock.advance(100_000)
    const use = (sessionEpoch: number) =>
      replica.fetch({ sessionId: first, sessionEpoch }, []).answer!.sessionId
    expect(use(1)).toBe(first)
    replica.clock.advance(20_001)
    // The second was not used for two minutes.
    expect(full(1)).toBeGreaterThan(0)
    expect(full(2)).toBe(0)
    expect(use(2)).toBe(first)
    expect(full(2)).toBeGreaterThan(0)
    expect(replica.services.fetchSessions.size).toBe(2)
  })

  test('outlives its topic', () => {
    const replica = withRecords({ a: ['0'] })
    const { sessionId } = replica.fetch(FULL, [{}], 13).answer!
    replica.delete('a')
    const next = replica.fetch({ sessionId: sessionId!, sessionEpoch: 1 }, [], 13)
    expect(errorsIn(next)).toEqual([Errors.UNKNOWN_TOPIC_OR_PARTITION])
  })
})
