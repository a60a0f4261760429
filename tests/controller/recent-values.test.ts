// Means and largest values of the last minute.

import { expect, test } from '@jest/globals'
import { RecentValues } from '../../controller/recent-values.ts'

test('tells nothing of nothing', () => {
  const values = new RecentValues()
  expect(values.mean(5)).toBeNaN()
  expect(values.max(5)).toBeNaN()
})

test('tells of the last two windows, and forgets the one before as a whole', () => {
  const values = new RecentValues()
  values.add(10, 0)
  values.add(2, 29_999)
  values.add(3, 30_000)
  expect(values.mean(30_000)).toBe(5)
  expect(values.max(59_999)).toBe(10)
  expect(values.mean(60_000)).toBe(3)
  expect(values.max(89_999)).toBe(3)
  expect(values.max(90_000)).toBeNaN()
})
