// Work on each of many things that one request names, with room for other requests in between: a
// request may name a hundred thousand.

import { type Clock, nextTurn } from '../world/clock.ts'

const SLICE = 500

/** What came of each, in their order. Rejects with the first error. */
export async function inSlices<T, R>(
  things: readonly T[], clock: Pick<Clock, 'afterTurn'>, work: (thing: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  for (let from = 0; from < things.length; from += SLICE) {
    if (from > 0) await nextTurn(clock)
    results.push(...await Promise.all(things.slice(from, from + SLICE).map(work)))
  }
  return results
}
