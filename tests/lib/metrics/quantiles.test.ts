// Quantiles of what was measured lately.

import { describe, expect, test } from '@jest/globals'
import { Quantiles } from '../../../lib/metrics/quantiles.ts'

const MINUTE_MS = 60_000

describe('quantiles', () => {
  test.each([0.004, 0.7, 1, 37.5, 5000, 1_000_000])('%d is told within 7 percent', (value) => {
    const quantiles = new Quantiles(0)
    quantiles.add(value, 0)
    const [told] = quantiles.at([0.5], 0)
    expect(Math.abs(told! / value - 1)).toBeLessThan(0.07)
  })

  test('are those of all that was added', () => {
    const quantiles = new Quantiles(0)
    for (let i = 1; i <= 1000; i++) quantiles.add(i, 0)
    const told = quantiles.at([0.5, 0.99, 0.999], 0)
    expect(told[0]! / 500).toBeCloseTo(1, 0.9)
    for (const [i, wanted] of [500, 990, 999].entries()) {
      expect(Math.abs(told[i]! / wanted - 1)).toBeLessThan(0.07)
    }
    expect(quantiles.count).toBe(1000)
  })

  test('forget what is two minutes old, and do not forget how many there were', () => {
    const quantiles = new Quantiles(0)
    quantiles.add(1000, 0)
    expect(quantiles.at([0.5], 0.9 * MINUTE_MS)[0]).toBeGreaterThan(900)
    expect(quantiles.at([0.5], 1.1 * MINUTE_MS)[0]).toBeGreaterThan(900)
    quantiles.add(1, 1.2 * MINUTE_MS)
    expect(quantiles.at([0.999], 1.2 * MINUTE_MS)[0]).toBeGreaterThan(900)
    expect(quantiles.at([0.999], 2.2 * MINUTE_MS)[0]).toBeLessThan(2)
    expect(quantiles.at([0.999], 9 * MINUTE_MS)[0]).toBe(0)
    expect(quantiles.count).toBe(2)
  })

  test('take whatever comes', () => {
    const quantiles = new Quantiles(0)
    for (const value of [0, -1, 1e300, NaN]) quantiles.add(value, 0)
    expect(quantiles.count).toBe(4)
    expect(quantiles.at([0.25], 0)).toEqual([0])
  })
})
