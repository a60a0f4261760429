// What is to be produced, piece by piece: lines of standard input and of files, or whole files.

import { createReadStream, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { reasonOf } from '../start-error.ts'
import { CommandError, UsageError } from './exit.ts'
import { unlessAborted } from './interruption.ts'

/**
 * The pieces between delimiters; a last one without a delimiter counts, an empty one does not. A
 * carriage return before a line feed belongs to it. Once aborted it ends at once, without a piece
 * that may be the half of one.
 */
export async function* piecesOf(
  input: Readable | AsyncIterable<Buffer>, delimiter: Buffer, signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const isLine = delimiter.length === 1 && delimiter[0] === 0x0a
  const withoutReturn = (piece: Buffer): Buffer => (
    isLine && piece.at(-1) === 0x0d ? piece.subarray(0, -1) : piece
  )
  /** The piece so far, but for its end, in which the delimiter may have begun. */
  let kept: Buffer[] = []
  let end: Buffer = Buffer.alloc(0)
  const pieceWith = (rest: Buffer): Buffer => {
    const piece = kept.length === 0 ? rest : Buffer.concat([...kept, rest])
    kept = []
    return withoutReturn(piece)
  }
  for await (const chunk of untilAborted(input, signal)) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    const rest = end.length === 0 ? bytes : Buffer.concat([end, bytes])
    let start = 0
    for (let at = rest.indexOf(delimiter); at >= 0; at = rest.indexOf(delimiter, start)) {
      yield pieceWith(rest.subarray(start, at))
      start = at + delimiter.length
    }
    const endAt = Math.max(start, rest.length - delimiter.length + 1)
    if (endAt > start) kept.push(rest.subarray(start, endAt))
    end = rest.subarray(endAt)
  }
  if (signal?.aborted === true) return
  if (kept.length > 0 || end.length > 0) yield pieceWith(end)
}

/** Does not wait for what comes next of an input once it is aborted. */
async function* untilAborted(
  input: Readable | AsyncIterable<Buffer>, signal: AbortSignal | undefined,
): AsyncGenerator<Buffer | string> {
  const chunks = (input as AsyncIterable<Buffer | string>)[Symbol.asyncIterator]()
  try {
    while (signal?.aborted !== true) {
      const coming = chunks.next()
      const next = await (signal === undefined ? coming : unlessAborted(coming, signal))
      if (next === undefined || next.done === true) return
      yield next.value
    }
  } finally {
    // It would wait for what is to come.
    if (signal?.aborted !== true) await chunks.return?.()
  }
}

/** Of each file, or of standard input where there are none. */
export async function* inputsOf(
  files: readonly string[], stdin: Readable,
): AsyncGenerator<Readable | AsyncIterable<Buffer>> {
  if (files.length === 0) {
    yield stdin
    return
  }
  for (const file of files) yield file === '-' ? stdin : chunksOf(file)
}

/** Throws CommandError: the system names the file only where it cannot be opened. */
async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${reasonOf(error)}`)
  }
}

export function wholeFile(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${reasonOf(error)}`)
  }
}
