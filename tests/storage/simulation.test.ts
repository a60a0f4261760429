// Histories of the storage on a disk that fails, a few of them; `npm run sim` runs thousands.

import { describe, expect, test } from '@jest/globals'
import { randomInt } from 'node:crypto'

import { runHistories } from '../../sim/storage/run.ts'
import { SABOTAGES, tryOut } from '../../sim/storage/sabotage.ts'

describe('what the storage has promised is there after every end', () => {
  test.each([['a fixed seed', 1, 16], ['a fresh seed', randomInt(2 ** 31), 16]])(
    'with %s, %d', async (_, seed, cases) => {
      const result = await runHistories({ seed, cases })
      expect(result.failures.map(({ text }) => text)).toEqual([])
      // They have done something, and were looked at.
      expect([result.cases, result.operations > cases * 20, result.looks > cases * 10])
        .toEqual([cases, true, true])
    })

  test('and the same each time', async () => {
    const run = async () => await runHistories({ seed: 7, cases: 3 })
    expect(await run()).toEqual(await run())
  })
})

test.each(SABOTAGES.map((sabotage) => [sabotage.name, sabotage] as const))(
  'a history sees it when %s', async (_, sabotage) => {
    const { caughtAfter, why } = await tryOut(sabotage, { seed: 1, cases: 300 })
    expect({ isCaught: caughtAfter !== undefined, why }).toMatchObject({ isCaught: true })
  })
