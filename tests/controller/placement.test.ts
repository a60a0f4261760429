// Where new replicas go.

import { describe, expect, test } from '@jest/globals'

import type { Broker } from '../../controller/image/brokers.ts'
import { placer } from '../../controller/placement.ts'
import { Errors } from '../../protocol/errors.ts'
import { counting } from './harness.ts'

function broker(id: number, rack: string | null = null, fenced = false): Broker {
  return {
    id, rack, fenced, epoch: 0, incarnationId: '', endpoints: [], features: [],
    inControlledShutdown: false, logDirs: [], cordonedLogDirs: null,
  }
}

const brokers = (count: number): Broker[] => Array.from({ length: count }, (_, id) => broker(id))

describe('placement', () => {
  test('spreads leaders and replicas evenly', () => {
    const placements = placer(brokers(6), counting())(60, 3)
    for (const replicas of placements) expect(new Set(replicas).size).toBe(3)
    const leads = placements.map(([leader]) => leader!)
    const holds = placements.flat()
    for (let id = 0; id < 6; id++) {
      expect(leads.filter((leader) => leader === id)).toHaveLength(10)
      expect(holds.filter((holder) => holder === id)).toHaveLength(30)
    }
  })

  test('puts every replica into another rack while there are racks', () => {
    const racks = ['a', 'b', 'c']
    const inRacks = Array.from({ length: 9 }, (_, id) => broker(id, racks[id % 3]!))
    for (const replicas of placer(inRacks, counting())(30, 3)) {
      expect(new Set(replicas.map((id) => id % 3)).size).toBe(3)
    }
    for (const replicas of placer(inRacks, counting())(30, 5)) {
      expect(new Set(replicas).size).toBe(5)
    }
  })

  test('leads with a live broker, and fills up with fenced ones', () => {
    const some = [broker(1), broker(2, null, true), broker(3, null, true)]
    for (const replicas of placer(some, counting())(10, 3)) {
      expect(replicas[0]).toBe(1)
      expect([...replicas].sort()).toEqual([1, 2, 3])
    }
  })

  test.each<[string, number, Broker[]]>([
    ['without brokers', 1, []],
    ['with fenced brokers alone', 1, [broker(1, null, true)]],
    ['for more replicas than brokers', 3, brokers(2)],
    ['for no replicas', 0, brokers(2)],
  ])('%s there is none', (_what, factor, some) => {
    expect(() => placer(some, counting())(1, factor))
      .toThrow(expect.objectContaining({ code: Errors.INVALID_REPLICATION_FACTOR }))
  })
})
