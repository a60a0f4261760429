// A block of LZ4, uncompressed in JavaScript: for machines without a build of the native package.

const MIN_MATCH = 4
const MORE = 15

/** Uncompresses into `target` from its start; gives how many bytes it put there. */
export function uncompressLz4Block(source: Buffer, target: Buffer): number {
  let from = 0
  let to = 0
  for (;;) {
    const token = byteAt(source, from)
    from += 1
    let literals = token >>> 4
    if (literals === MORE) {
      const start = from
      while (byteAt(source, from) === 255) from += 1
      literals += (from - start) * 255 + source[from]!
      from += 1
    }
    if (literals > source.length - from) throw new Error('a block ends inside of its literals')
    if (literals > target.length - to) throw new Error('a block is larger than may be')
    to += source.copy(target, to, from, from + literals)
    from += literals
    if (from === source.length) return to // the last sequence has literals alone

    if (source.length - from < 2) throw new Error('a block is cut off')
    const distance = source.readUInt16LE(from)
    from += 2
    let length = (token & 0x0f) + MIN_MATCH
    if (length === MORE + MIN_MATCH) {
      const start = from
      while (byteAt(source, from) === 255) from += 1
      length += (from - start) * 255 + source[from]!
      from += 1
    }
    if (distance === 0 || distance > to) throw new Error('a block refers to before its start')
    if (length > target.length - to) throw new Error('a block is larger than may be')
    to = repeat(target, to, distance, length)
  }
}

function byteAt(source: Buffer, position: number): number {
  if (position >= source.length) throw new Error('a block is cut off')
  return source[position]!
}

/** Appends bytes that begin `distance` before the end, and may run into themselves. */
function repeat(target: Buffer, end: number, distance: number, length: number): number {
  const stop = end + length
  if (distance >= length) {
    target.copyWithin(end, end - distance, end - distance + length)
  } else {
    for (let at = end; at < stop; at += 1) target[at] = target[at - distance]!
  }
  return stop
}
