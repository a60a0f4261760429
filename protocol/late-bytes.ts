// Bytes of an answer that are read only when they are about to be sent: a large answer is never in
// memory as a whole.

export interface LateBytes {
  readonly length: number
  /**
   * So many from a position on; they are there until they are released. Throws when they are not
   * what they were any more: then nothing but to close the connection is left.
   */
  read(position: number, sizeBytes: number): LentBytes
  /**
   * So many from a position on straight to where they go, if they lie in a file: how many of them
   * went. Undefined where they have to be read. Throws as `read` does.
   */
  sendFrom?(position: number, sizeBytes: number, send: SendFile): number | undefined
}

/**
 * Sends from an open file what nobody has to read for that: how many bytes went, 0 where there is
 * no room now. Undefined where it cannot be done.
 */
export type SendFile =
  (descriptor: number, position: number, sizeBytes: number) => number | undefined

/** Bytes that somebody has until he gives them back; nobody writes to them. */
export interface LentBytes {
  readonly bytes: Buffer
  release(): void
}

/** Of an answer, in order. */
export type Part = Buffer | LateBytes

export function isLate(part: Part): part is LateBytes {
  return !Buffer.isBuffer(part)
}

/** The part itself, or a copy of what is read now. */
export function bufferOf(part: Part): Buffer {
  if (!isLate(part)) return part
  const { bytes, release } = part.read(0, part.length)
  const copy = Buffer.from(bytes)
  release()
  return copy
}

/** The parts one after the other, in a buffer of their own. */
export function joined(parts: readonly Part[]): Buffer {
  return Buffer.concat(parts.map(bufferOf))
}
