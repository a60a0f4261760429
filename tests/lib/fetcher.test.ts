// Fetching while partitions are dropped, or sought anew: an answer to what was asked before counts
// no more.

import { describe, expect, test } from '@jest/globals'
import type { Client, TopicPartition } from '../../lib/client/client.ts'
import { RefusedError } from '../../lib/client/errors.ts'
import { Fetcher } from '../../lib/client/fetcher.ts'
import { Errors } from '../../protocol/errors.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'

const place = { topic: 't', partition: 0 }
/** Where the log begins by the time an offset is out of its range. */
const START = 7

interface Asked {
  readonly leader: number
  /** With records from the offset on that was asked for, or an error. */
  answer(records: number, errorCode?: number): void
}

/** A cluster of one partition, whose fetches wait for what the test answers. */
class Fetches {
  readonly asked: Asked[] = []
  leader = 1
  readonly client = {
    retry: <T>(attempt: () => Promise<T>) => attempt(),
    leaderOf: () => Promise.resolve(this.leader),
    topic: () => Promise.resolve({ topicId: ZERO_UUID }),
    broker: (leader: number) => Promise.resolve({
      versionOf: () => 12,
      request: (_: unknown, body: { topics: [{ partitions: [{ fetchOffset: number }] }] }) => (
        this.#request(leader, body.topics[0].partitions[0].fetchOffset)),
    }),
    askLeaders: () => Promise.resolve(new Map([['t-0', { offset: START, timestamp: -1 }]])),
  } as unknown as Client

  #request(leader: number, fetchOffset: number): Promise<unknown> {
    return new Promise((resolve) => {
      this.asked.push({
        leader,
        answer: (count, errorCode = Errors.NONE) => {
          const records = count === 0 ? null : buildBatch({
            baseOffset: fetchOffset, timestampMs: 0,
            records: Array.from({ length: count }, () => ({ value: Buffer.from('v') })),
          })
          const partition = {
            partitionIndex: 0, errorCode, records, highWatermark: 0, lastStableOffset: 0,
            abortedTransactions: null,
          }
          resolve({
            errorCode: 0, responses: [{ topic: 't', topicId: ZERO_UUID, partitions: [partition] }],
          })
        },
      })
    })
  }

  /** The one with this number, once it is there. */
  async at(index: number): Promise<Asked> {
    while (this.asked[index] === undefined) await new Promise(setImmediate)
    return this.asked[index]
  }
}

const offsetsOf = (fetched: Awaited<ReturnType<Fetcher['next']>>): number[] => (
  fetched.flatMap(({ records }) => records.map(({ offset }) => offset)))

describe('what was asked before a partition', () => {
  const resets: TopicPartition[] = []
  const begin = async (fetches: Fetches) => {
    const fetcher = new Fetcher(fetches.client, { onReset: (one) => resets.push(one) })
    fetcher.seek(place, 50)
    const next = fetcher.next()
    await fetches.at(0)
    return { fetcher, next }
  }

  test('was dropped is no record of it, and does not bring it back', async () => {
    const { NONE, OFFSET_OUT_OF_RANGE, TOPIC_AUTHORIZATION_FAILED } = Errors
    for (const errorCode of [NONE, OFFSET_OUT_OF_RANGE, TOPIC_AUTHORIZATION_FAILED]) {
      const fetches = new Fetches()
      const { fetcher, next } = await begin(fetches)
      fetcher.drop(place)
      fetches.asked[0]!.answer(errorCode === NONE ? 2 : 0, errorCode)
      expect(await next).toEqual([])
      expect(fetcher.partitionCount).toBe(0)
    }
    expect(resets).toEqual([])
  })

  test.each([10, 90])('was sought, to %d, does not count', async (offset) => {
    for (const errorCode of [Errors.NONE, Errors.OFFSET_OUT_OF_RANGE]) {
      const fetches = new Fetches()
      const { fetcher, next } = await begin(fetches)
      fetcher.seek(place, offset)
      fetches.asked[0]!.answer(errorCode === Errors.NONE ? 100 : 0, errorCode)
      expect(offsetsOf(await next)).toEqual([])
      expect(fetcher.positionOf(place)).toBe(offset)
    }
    expect(resets).toEqual([])
  })
})

test('an old leader and a new one that answer the same are heard once', async () => {
  const fetches = new Fetches()
  const fetcher = new Fetcher(fetches.client)
  fetcher.seek(place, 0)
  const first = fetcher.next()
  await fetches.at(0)
  fetches.leader = 2
  const second = fetcher.next()
  ;(await fetches.at(1)).answer(2)
  expect(offsetsOf(await second)).toEqual([0, 1])
  fetches.asked[0]!.answer(2)
  expect(offsetsOf(await first)).toEqual([])
  expect(fetcher.positionOf(place)).toBe(2)
})

describe('without any of that', () => {
  test('records come in their order, and an offset that is gone is mended', async () => {
    const fetches = new Fetches()
    const resets: number[] = []
    const fetcher = new Fetcher(fetches.client, { onReset: (_, offset) => resets.push(offset) })
    fetcher.seek(place, 0)
    const answers: [records: number, errorCode?: number][] = [
      [2], [0, Errors.OFFSET_OUT_OF_RANGE], [3],
    ]
    const seen: number[][] = []
    for (const [index, answer] of answers.entries()) {
      const next = fetcher.next()
      ;(await fetches.at(index)).answer(...answer)
      seen.push(offsetsOf(await next))
    }
    expect(seen).toEqual([[0, 1], [], [START, START + 1, START + 2]])
    expect(resets).toEqual([START])
  })

  test('an error that lasts is thrown', async () => {
    const fetches = new Fetches()
    const fetcher = new Fetcher(fetches.client)
    fetcher.seek(place, 0)
    const next = fetcher.next()
    ;(await fetches.at(0)).answer(0, Errors.TOPIC_AUTHORIZATION_FAILED)
    await expect(next).rejects.toThrow(RefusedError)
  })
})
