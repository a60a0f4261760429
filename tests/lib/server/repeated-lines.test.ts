// Of lines that repeat, the log has the first, and then the number of the others.

import { beforeEach, expect, test } from '@jest/globals'

import { RepeatedLines } from '../../../lib/server/repeated-lines.ts'
import { createLogger } from '../../../lib/world/logger.ts'

let written: string[]
let nowMs: number
let lines: RepeatedLines

beforeEach(() => {
  written = []
  nowMs = 1000
  const logger = createLogger({ write: (line) => written.push(line.slice(24).trimEnd()) })
  lines = new RepeatedLines(logger, { monotonicMs: () => nowMs })
})

function repeat(count: number, kind = 'a'): void {
  for (let i = 1; i <= count; i++) lines.log('warn', kind, `${kind} failed`, { number: i })
}

function flushAt(ms: number): void {
  nowMs = ms
  lines.flush()
}

test('the first of each kind is written at once', () => {
  repeat(3)
  repeat(3, 'b')
  expect(written).toEqual(['WARN  a failed number=1', 'WARN  b failed number=1'])
})

test('of the others the newest, with their number, every ten seconds', () => {
  repeat(5)
  flushAt(10_999)
  expect(written).toHaveLength(1)
  flushAt(11_000)
  expect(written.slice(1)).toEqual(['WARN  a failed (and 3 more) number=5'])
  repeat(1)
  flushAt(20_999)
  expect(written).toHaveLength(2)
  flushAt(21_000)
  expect(written.slice(2)).toEqual(['WARN  a failed number=1'])
})

test('after a quiet time the next is written at once again', () => {
  repeat(1)
  flushAt(11_000)
  repeat(1)
  expect(written).toHaveLength(2)
})

test('nothing is lost at the end', () => {
  repeat(2)
  lines.end()
  lines.end()
  expect(written).toEqual(['WARN  a failed number=1', 'WARN  a failed number=2'])
})
