// A block of snappy, uncompressed in JavaScript: for blocks so small that a call into native code
// costs more than they do, and for machines without a build of the native package.

/** Uncompresses into `target`, which is as large as the block says it is. Throws an Error. */
export function uncompressSnappyBlock(source: Buffer, target: Buffer): void {
  let from = afterSize(source)
  let to = 0
  while (from < source.length) {
    const tag = source[from]!
    from += 1
    if ((tag & 3) === 0) {
      const extra = Math.max(0, (tag >>> 2) - 59)
      const length = 1 + (extra === 0 ? tag >>> 2 : number(source, from, extra))
      from += extra
      if (length > source.length - from) throw new Error('a block ends inside of its literals')
      if (length > target.length - to) throw larger()
      to += source.copy(target, to, from, from + length)
      from += length
      continue
    }
    const isShort = (tag & 3) === 1
    const length = isShort ? 4 + (tag >>> 2 & 7) : 1 + (tag >>> 2)
    const size = isShort ? 1 : (tag & 3) === 2 ? 2 : 4
    const distance = number(source, from, size) + (isShort ? (tag >>> 5) * 256 : 0)
    from += size
    if (distance === 0 || distance > to) throw new Error('a block refers to before its start')
    if (length > target.length - to) throw larger()
    for (const end = to + length; to < end; to += 1) target[to] = target[to - distance]!
  }
  if (to !== target.length) throw new Error('a block is smaller than it says')
}

/** What the block says it holds. Throws an Error. */
export function snappyBlockSize(source: Buffer): number {
  const end = afterSize(source)
  let size = 0
  for (let index = end - 1; index >= 0; index -= 1) size = size * 128 + (source[index]! & 0x7f)
  return size
}

function afterSize(source: Buffer): number {
  for (let index = 0; index < 5 && index < source.length; index += 1) {
    if (source[index]! < 0x80) return index + 1
  }
  throw new Error('the size of a block is cut off')
}

/** Low byte first. */
function number(source: Buffer, at: number, sizeBytes: number): number {
  if (sizeBytes > source.length - at) throw new Error('a block is cut off')
  return source.readUIntLE(at, sizeBytes)
}

function larger(): Error {
  return new Error('a block is larger than it says')
}
