// The known name that a misspelt one most likely means.

/** The nearest of `names` by edit distance; undefined when none is near enough to be meant. */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  let found: string | undefined
  let least = farthestMeant(word.length) + 1
  for (const name of names) {
    const distance = editDistance(word, name, least)
    if (distance >= least) continue
    least = distance
    found = name
  }
  return found
}

/** Of short words little may be wrong: `bogus` is as far from `log` as three letters are. */
function farthestMeant(length: number): number {
  return Math.max(1, Math.min(Math.floor(length * 0.4), Math.max(3, Math.floor(length / 3))))
}

/** How many insertions, deletions and replacements turn one into the other; `limit` at most. */
function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = previous[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1)
      current.push(Math.min(previous[column]! + 1, current[column - 1]! + 1, replaced))
    }
    if (Math.min(...current) >= limit) return limit
    previous = current
  }
  return Math.min(previous[to.length]!, limit)
}
