// How fast connections come: the waits are those that Apache Kafka 4.4 was seen to make.

import { describe, expect, test } from '@jest/globals'

import { ConnectionRate } from '../../../lib/server/connection-rate.ts'

const rate = () => new ConnectionRate({ count: 11, sizeMs: 1000 })

describe('a rate of connections', () => {
  test('lets in at once what ten seconds may have, and one after the other from then on', () => {
    const seen = rate()
    let nowMs = 0
    const waits: number[] = []
    for (let i = 0; i < 24; i++) {
      seen.record(nowMs)
      waits.push(seen.waitMs(2, nowMs))
      nowMs += Math.max(5, waits.at(-1)!)
    }
    expect(waits.slice(0, 20)).toEqual(Array(20).fill(0))
    // Kafka made them wait for 403, 490, 993 and 995 ms, with its own delays in it.
    expect(waits.slice(20)).toEqual([400, 500, 1000, 1000])
  })

  test('is forgotten after all its windows', () => {
    const seen = rate()
    for (let i = 0; i < 50; i++) seen.record(0)
    expect(seen.waitMs(1, 10_999)).toBe(1000)
    expect(seen.isForgotten(10_999)).toBe(false)
    expect(seen.waitMs(1, 11_000)).toBe(0)
    expect(seen.isForgotten(11_000)).toBe(true)
  })

  test('takes back what did not count', () => {
    const seen = rate()
    for (let i = 0; i < 11; i++) seen.record(0)
    expect(seen.waitMs(1, 0)).toBe(1000)
    seen.record(0, -1)
    expect(seen.waitMs(1, 0)).toBe(0)
  })

  test('of none has everybody wait for a window', () => {
    const seen = rate()
    seen.record(0)
    expect(seen.waitMs(0, 0)).toBe(1000)
  })
})
