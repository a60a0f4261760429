// Many things of one request, with room for others in between.

import { expect, test } from '@jest/globals'

import { inSlices } from '../../../lib/handlers/in-slices.ts'

test('work on many things lets others in between, and keeps their order', async () => {
  const things = Array.from({ length: 2500 }, (_, index) => index)
  const doneAtTurns: number[] = []
  let done = 0
  const clock = {
    afterTurn(fn: () => void) {
      doneAtTurns.push(done)
      setImmediate(fn)
    },
  }
  const results = await inSlices(things, clock, async (thing) => {
    done++
    return thing * 2
  })
  expect(results).toEqual(things.map((thing) => thing * 2))
  expect(doneAtTurns).toEqual([500, 1000, 1500, 2000])
})

test('the first error ends it', async () => {
  let done = 0
  const work = async (): Promise<void> => {
    if (++done === 3) throw new Error('third')
  }
  await expect(inSlices(Array(5000).fill(0), { afterTurn: setImmediate }, work))
    .rejects.toThrow('third')
  expect(done).toBe(500)
})
