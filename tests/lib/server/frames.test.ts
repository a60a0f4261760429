// Frames come out whole and unharmed, however the bytes arrive and whoever still looks into a slab.

import { describe, expect, test } from '@jest/globals'

import { Budget } from '../../../lib/server/budget.ts'
import { FrameError, Frames } from '../../../lib/server/frames.ts'
import { LARGEST_SLAB_BYTES, SLAB_BYTES, type Slab, SlabPool } from '../../../lib/server/slabs.ts'

const MAX_BYTES = 16 << 20

function newFrames(
  pool = new SlabPool(), maxBytes = MAX_BYTES, memory = new Budget(Infinity),
): Frames {
  return new Frames(pool, maxBytes, memory)
}

function frameOf(content: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(content.length)
  return Buffer.concat([length, content])
}

/** Bytes that tell where they stood. */
function pattern(sizeBytes: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: sizeBytes }, (_, i) => i * 31 + seed))
}

/** Feeds bytes as a network would: so many at a time, never more than there is room for. */
function feed(
  frames: Frames, bytes: Buffer, chunkBytes: number, onFrame: (frame: Buffer, slab: Slab) => void,
): void {
  for (let at = 0; at < bytes.length;) {
    const room = frames.buffer()
    expect(room.length).toBeGreaterThan(0)
    const copied = bytes.copy(room, 0, at, Math.min(at + chunkBytes, bytes.length))
    frames.received(copied, onFrame)
    at += copied
  }
}

describe('frames', () => {
  test('come out the same wherever the bytes are split', () => {
    const contents = [pattern(0, 1), pattern(1, 2), pattern(40, 3), pattern(7, 4)]
    const bytes = Buffer.concat(contents.map(frameOf))
    for (let chunkBytes = 1; chunkBytes <= bytes.length; chunkBytes++) {
      const seen: Buffer[] = []
      const frames = newFrames()
      feed(frames, bytes, chunkBytes, (frame) => seen.push(Buffer.from(frame)))
      expect(seen).toEqual(contents)
    }
  })

  test.each([SLAB_BYTES - 5, SLAB_BYTES - 4, SLAB_BYTES, 3 * SLAB_BYTES, LARGEST_SLAB_BYTES * 3])(
    'of %i bytes are received whole between small ones', (sizeBytes) => {
      const contents = [100, sizeBytes, 100, sizeBytes].map((size, i) => pattern(size, i))
      const seen: Buffer[] = []
      const frames = newFrames()
      const bytes = Buffer.concat(contents.map(frameOf))
      feed(frames, bytes, 50_000, (frame) => seen.push(Buffer.from(frame)))
      expect(seen.map((frame) => frame.length)).toEqual(contents.map((content) => content.length))
      expect(seen.every((frame, i) => frame.equals(contents[i]!))).toBe(true)
    },
  )

  test('that are lent are not written over until they are given back', () => {
    const pool = new SlabPool()
    const frames = newFrames(pool)
    const lent: { frame: Buffer, slab: Slab, content: Buffer }[] = []
    let number = 0
    for (let round = 0; round < 200; round++) {
      const contents = [1000, 3000, 70_000, 17].map((sizeBytes) => pattern(sizeBytes, number++))
      let i = 0
      feed(frames, Buffer.concat(contents.map(frameOf)), 30_000, (frame, slab) => {
        slab.lent++
        lent.push({ frame, slab, content: contents[i++]! })
      })
      while (lent.length > 10) {
        const { frame, slab, content } = lent.shift()!
        expect(frame.equals(content)).toBe(true)
        pool.giveBack(slab)
      }
    }
    expect(number).toBe(800)
  })

  test('reuse a slab that nobody looks into', () => {
    const frames = newFrames()
    const memory = new Set<ArrayBufferLike>()
    const bytes = Buffer.concat([frameOf(pattern(500, 1)), frameOf(pattern(20_000, 1))])
    for (let i = 0; i < 100; i++) feed(frames, bytes, 9000, (frame) => memory.add(frame.buffer))
    expect(memory.size).toBe(1)
  })

  test.each([-1, -2147483648, MAX_BYTES + 1, 0x47455420])('of length %i are an error', (length) => {
    const frames = newFrames()
    const bytes = Buffer.alloc(8)
    bytes.writeInt32BE(length)
    expect(() => feed(frames, bytes, 8, () => {})).toThrow(FrameError)
  })

  test('are not received on while there is no memory for them', () => {
    const memory = new Budget(1000)
    const frames = newFrames(new SlabPool(), MAX_BYTES, memory)
    const large = pattern(SLAB_BYTES * 4, 1)
    const bytes = frameOf(large)
    memory.take(1000)
    feed(frames, bytes.subarray(0, 10), 10, () => {})
    expect(frames.isHeldUp).toBe(true)
    // What has been read already still comes; for the rest there is no room.
    feed(frames, bytes.subarray(10, 3 * SLAB_BYTES), 50_000, () => {})
    expect(frames.isHeldUp).toBe(true)
    expect(frames.buffer().buffer.byteLength).toBe(4 * SLAB_BYTES)
    memory.giveBack(1)
    frames.begin()
    expect([frames.isHeldUp, memory.isExhausted]).toEqual([false, true])
    const seen: Buffer[] = []
    feed(frames, bytes.subarray(3 * SLAB_BYTES), 50_000, (frame) => seen.push(frame))
    expect(seen).toEqual([large])
    // What it took goes along with the frame; what has only begun is given back at the end.
    memory.giveBack(large.length)
    expect(memory.freeBytes).toBe(1)
    feed(frames, bytes.subarray(0, 10), 10, () => {})
    expect(memory.isExhausted).toBe(true)
    frames.close()
    expect(memory.freeBytes).toBe(1)
  })

  test('of a length that is only claimed take little memory', () => {
    const frames = newFrames(new SlabPool(), 100 << 20)
    const length = Buffer.alloc(4)
    length.writeInt32BE(100 << 20)
    feed(frames, length, 4, () => {})
    expect(frames.buffer().buffer.byteLength).toBe(LARGEST_SLAB_BYTES)
  })
})
