// The table of keys that a cleaning works with.

import { describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { KeyHash } from '../../storage/compaction/key-hash.ts'
import { OffsetMap } from '../../storage/compaction/offset-map.ts'

function put(map: OffsetMap, key: string, offset: number): boolean {
  const bytes = Buffer.from(`..${key}.`)
  return map.put(bytes, 2, bytes.length - 1, offset)
}

function get(map: OffsetMap, key: string): number {
  const bytes = Buffer.from(key)
  return map.get(bytes, 0, bytes.length)
}

describe('the hash of a key', () => {
  test('is its MD5, whatever the length', () => {
    const hash = new KeyHash()
    for (const length of [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 128, 255, 256, 5000]) {
      const bytes = Buffer.from(Array.from({ length: length + 3 }, (_, i) => i * 37 & 0xff))
      hash.update(bytes, 1, length + 1)
      const digest = Buffer.alloc(16)
      hash.words.forEach((word, i) => digest.writeInt32LE(word, i * 4))
      const expected = createHash('md5').update(bytes.subarray(1, length + 1)).digest()
      expect([length, digest.toString('hex')]).toEqual([length, expected.toString('hex')])
    }
  })
})

describe('the offset map', () => {
  const options = { maxSizeBytes: 24 * 1000, loadFactor: 0.9, mostKeys: Infinity }

  test('tells the newest offset of each key, offset 0 and the empty key too', () => {
    const map = new OffsetMap(options)
    put(map, 'a', 0)
    put(map, '', 1)
    put(map, 'b', 2)
    put(map, 'b', 2 ** 40)
    expect(['a', '', 'b', 'c'].map((key) => get(map, key))).toEqual([0, 1, 2 ** 40, -1])
    expect(map.count).toBe(3)
  })

  test('takes as many keys as its size and load factor say, and more of those it knows', () => {
    const map = new OffsetMap(options)
    expect(map.capacity).toBe(900)
    for (let i = 0; i < 900; i++) expect(put(map, `key ${i}`, i)).toBe(true)
    expect(put(map, 'one more', 900)).toBe(false)
    expect(get(map, 'one more')).toBe(-1)
    expect(put(map, 'key 7', 901)).toBe(true)
    for (let i = 0; i < 900; i++) expect(get(map, `key ${i}`)).toBe(i === 7 ? 901 : i)
  })

  test('is no larger than what is coming needs', () => {
    const map = new OffsetMap({ maxSizeBytes: 2 ** 40, loadFactor: 0.5, mostKeys: 10 })
    expect(map.capacity).toBe(10)
  })

  test('always ends its search, and always takes a key', () => {
    for (const maxSizeBytes of [0, 24, 48]) {
      const map = new OffsetMap({ maxSizeBytes, loadFactor: 1, mostKeys: Infinity })
      expect(put(map, 'a', 1)).toBe(true)
      expect(put(map, 'b', 2)).toBe(false)
      expect([get(map, 'a'), get(map, 'b')]).toEqual([1, -1])
    }
  })
})
