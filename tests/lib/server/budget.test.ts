// A budget bounds what is taken, and wakes those who wait in the order they came.

import { expect, test } from '@jest/globals'

import { Budget } from '../../../lib/server/budget.ts'

test('is used up when nothing is left, by one who takes more than that too', () => {
  const budget = new Budget(100)
  budget.take(99)
  expect([budget.isExhausted, budget.freeBytes]).toEqual([false, 1])
  budget.take(50)
  expect([budget.isExhausted, budget.freeBytes]).toEqual([true, 0])
  budget.giveBack(49)
  expect(budget.isExhausted).toBe(true)
  budget.giveBack(1)
  expect([budget.isExhausted, budget.freeBytes]).toEqual([false, 1])
})

test('wakes whom there is something for, each once and in order', () => {
  const budget = new Budget(100)
  const woken: string[] = []
  const waiters = ['a', 'b', 'c'].map((name) => () => {
    woken.push(name)
    budget.take(60)
  })
  const never = () => { woken.push('forgotten') }
  budget.take(100)
  budget.whenFree(never)
  for (const waiter of [...waiters, ...waiters]) budget.whenFree(waiter)
  budget.forget(never)
  expect(woken).toEqual([])
  budget.giveBack(100)
  expect(woken).toEqual(['a', 'b'])
  expect(budget.isAwaited).toBe(true)
  budget.giveBack(120)
  expect(woken).toEqual(['a', 'b', 'c'])
  expect(budget.isAwaited).toBe(false)
})

test('without a bound is never used up', () => {
  const budget = new Budget(Infinity)
  budget.take(1e15)
  expect([budget.isExhausted, budget.freeBytes]).toEqual([false, Infinity])
})
