// The log's lines: one per event, for people or for machines.

import { describe, expect, test } from '@jest/globals'

import { createLogger, type LoggerOptions } from '../../../lib/world/logger.ts'

function logged(options: LoggerOptions = {}) {
  const lines: string[] = []
  const nowMs = () => Date.UTC(2026, 1, 3, 4, 5, 6, 7)
  return { lines, logger: createLogger({ nowMs, write: (line) => lines.push(line), ...options }) }
}

describe('the logger', () => {
  test('writes a line with time, level, message and fields', () => {
    const { lines, logger } = logged()
    logger.child({ node: 1 }).info('Opened a log', { topic: 'a-0', text: 'two words', n: null })
    expect(lines).toEqual([
      '2026-02-03 04:05:06.007 INFO  Opened a log node=1 topic=a-0 text="two words" n=null\n',
    ])
  })

  test('keeps to its level', () => {
    const { lines, logger } = logged({ level: 'warn' })
    logger.debug('no')
    logger.info('no')
    logger.warn('yes')
    logger.error('yes')
    expect(lines).toHaveLength(2)
  })

  test.each([
    ['TRACE', ['d', 'i', 'w', 'e']], ['DEBUG', ['d', 'i', 'w', 'e']], ['INFO', ['i', 'w', 'e']],
    ['WARN', ['w', 'e']], ['ERROR', ['e']], ['FATAL', []],
  ])('keeps to %s from when it is given that, and its children do', (level, expected) => {
    const { lines, logger } = logged()
    const child = logger.child({ of: 'it' })
    expect(child.isDebug).toBe(false)
    logger.threshold!.level = level
    child.debug('d')
    child.info('i')
    child.warn('w')
    child.error('e')
    expect(lines.map((line) => / ([diwe]) of=it\n$/.exec(line)?.[1])).toEqual(expected)
    expect(child.isDebug).toBe(expected.includes('d'))
    expect(child.threshold!.level).toBe(level)
  })

  test('lets nobody forge a line', () => {
    const { lines, logger } = logged()
    logger.warn('bad\nname', { client: 'x\n2026 ERROR forged', bell: '\u0007' })
    expect(lines[0]!.match(/\n/g)).toHaveLength(1)
    expect(lines[0]).not.toContain('\u0007')
  })

  test('tells where an error comes from', () => {
    const { lines, logger } = logged()
    logger.error('Broke', { error: new TypeError('no such thing') })
    expect(lines[0]).toMatch(/error="no such thing" at .*logger\.test\.ts/)
    expect(lines[0]!.match(/\n/g)).toHaveLength(1)
  })

  test('writes JSON when asked', () => {
    const { lines, logger } = logged({ format: 'json' })
    logger.info('Opened', { topic: 'a', error: new Error('x') })
    expect(JSON.parse(lines[0]!)).toMatchObject({
      time: '2026-02-03T04:05:06.007Z', level: 'info', message: 'Opened', topic: 'a',
      error: { message: 'x' },
    })
  })
})
