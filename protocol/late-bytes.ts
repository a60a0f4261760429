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
   * Where they lie, from a position on, if that is in a file, and better sent from there than read.
   * Throws as `read` does.
   */
  inFile?(position: number): FilePlace | undefined
}

export interface FilePlace {
  /** Of the open file, for a call that is made at once. */
  readonly descriptor: number
  readonly position: number
}

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
