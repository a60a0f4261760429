// A short run of the fuzzer, once with the same cases as ever, once with new ones; `npm run fuzz`
// runs longer ones, and single cases again.

import { randomInt } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'

import { runOffline } from '../../fuzz/offline.ts'
import { runSocket } from '../../fuzz/socket.ts'

const GROWTH_BYTES = 64 * 2 ** 20

describe.each([['fixed', 1912], ['fresh', randomInt(2 ** 31)]])('%s seed %i', (_which, seed) => {
  test('against the decoders', async () => {
    const { failures, refused, cases, grownBytes } = await runOffline({ seed, cases: 8000 })
    expect(failures.texts.join('\n')).toBe('')
    // What is refused, and what is not, is neither next to nothing nor nearly all.
    expect(refused / cases).toBeGreaterThan(0.3)
    expect(refused / cases).toBeLessThan(0.9)
    expect(grownBytes).toBeLessThan(GROWTH_BYTES)
  }, 60_000)

  test('against a broker', async () => {
    const { failures, outcomes, checks } = await runSocket({ seed, cases: 1500 })
    expect(failures.texts.join('\n')).toBe('')
    expect(checks).toBeGreaterThan(5)
    // Some of both; where the machine is busy most of it is not waited for.
    expect(outcomes.answered).toBeGreaterThan(20)
    expect(outcomes.closed).toBeGreaterThan(20)
  }, 60_000)
})
