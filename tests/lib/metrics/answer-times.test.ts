// What answers wait for on their way out, by a clock that is set.

import { expect, test } from '@jest/globals'
import { AnswerTimes } from '../../../lib/metrics/answer-times.ts'
import { RequestStats } from '../../../lib/metrics/request-stats.ts'
import type { Exchange } from '../../../lib/server/exchange.ts'
import { heartbeat } from '../../../protocol/messages/heartbeat.ts'

class Sending {
  nowMs = 1000
  readonly stats = new RequestStats({ monotonicMs: () => this.nowMs })
  readonly times = new AnswerTimes(this.stats)

  /** A request that comes now; its answer is made after so many milliseconds. */
  answer(afterMs: number): void {
    const exchange = {
      handler: { api: heartbeat }, apiVersion: 4, answer: [Buffer.alloc(8)],
      beganMs: 0, waitsSinceMs: 0, doneMs: 0, sizeBytes: 0,
    } as unknown as Exchange
    this.stats.begun(exchange, 100)
    this.nowMs += afterMs
    this.stats.done(exchange)
    this.times.made(exchange)
  }

  /** The median of each, and how many there are. */
  told() {
    const [api] = [...this.stats.all()]
    const of = (name: 'responseQueueMs' | 'responseSendMs' | 'totalMs') => (
      [api![name].count, Math.round(api![name].at([0.5], this.nowMs)[0]!)])
    return { queue: of('responseQueueMs'), send: of('responseSendMs'), total: of('totalMs') }
  }
}

test('an answer waits for the end of its turn, and for the system to take it', () => {
  const sending = new Sending()
  sending.answer(16)
  sending.nowMs += 32
  sending.times.leave(() => {
    sending.nowMs += 64
    return true
  })
  expect(sending.told()).toEqual({ queue: [1, 34], send: [1, 68], total: [1, 116] })
})

test('what the system does not take at once has left when it is drained', () => {
  const sending = new Sending()
  sending.answer(0)
  sending.times.leave(() => false)
  sending.nowMs += 64
  sending.answer(0)
  sending.times.leave(() => false)
  expect(sending.told().send).toEqual([0, 0])
  sending.nowMs += 64
  sending.times.left()
  sending.times.left()
  // 128 and 64.
  expect(sending.told().send).toEqual([2, 68])
  expect(sending.told().total[0]).toBe(2)
})

test('a turn without answers may be the one in which the system has taken the last', () => {
  const sending = new Sending()
  sending.answer(0)
  sending.times.leave(() => false)
  sending.nowMs += 32
  sending.times.leave(() => true)
  expect(sending.told().send).toEqual([1, 34])
})
