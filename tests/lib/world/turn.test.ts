// The order of a turn: storage first, then replies, whatever registers when.

import { describe, expect, test } from '@jest/globals'

import type { Clock } from '../../../lib/world/clock.ts'
import { Turn } from '../../../lib/world/turn.ts'

function manualTurn() {
  const ends: (() => void)[] = []
  const clock = { afterTurn: (fn: () => void) => { ends.push(fn) } } as Clock
  const endTurn = () => { for (const end of ends.splice(0)) end() }
  return { turn: new Turn(clock), endTurn, ends }
}

describe('a turn', () => {
  test('runs storage work before replies, and is scheduled once', () => {
    const { turn, endTurn, ends } = manualTurn()
    const order: string[] = []
    turn.onReplies(() => order.push('reply 1'))
    turn.onStorage(() => order.push('storage 1'))
    turn.onReplies(() => order.push('reply 2'))
    turn.onStorage(() => order.push('storage 2'))
    expect(ends).toHaveLength(1)
    endTurn()
    expect(order).toEqual(['storage 1', 'storage 2', 'reply 1', 'reply 2'])
  })

  test('takes along what storage work registers', () => {
    const { turn, endTurn } = manualTurn()
    const order: string[] = []
    turn.onStorage(() => {
      order.push('storage')
      turn.onStorage(() => order.push('more storage'))
      turn.onReplies(() => order.push('reply'))
    })
    endTurn()
    expect(order).toEqual(['storage', 'more storage', 'reply'])
  })

  test('leaves to the next turn what replies register', () => {
    const { turn, endTurn } = manualTurn()
    const order: string[] = []
    turn.onReplies(() => {
      turn.onReplies(() => order.push('next reply'))
      turn.onStorage(() => order.push('next storage'))
    })
    endTurn()
    expect(order).toEqual([])
    endTurn()
    expect(order).toEqual(['next storage', 'next reply'])
  })
})
