// What the command line is made of, without a broker: tables, units, templates, pieces of input.

import { describe, expect, jest, test } from '@jest/globals'
import { rangeAssignment } from '../../lib/client/member.ts'
import { murmur2, partitionOfKey } from '../../lib/client/partitioner.ts'
import { globExpression, pairs, partitionList } from '../../lib/cli/arguments.ts'
import { unescaped } from '../../lib/cli/escapes.ts'
import { UsageError } from '../../lib/cli/exit.ts'
import { piecesOf } from '../../lib/cli/input.ts'
import { parseOffset } from '../../lib/cli/offset-spec.ts'
import { recordJson, recordOfJson } from '../../lib/cli/record-json.ts'
import { tableLines } from '../../lib/cli/table.ts'
import { compileTemplate } from '../../lib/cli/template.ts'
import { count, durationMs, shownDuration, shownSize, sizeBytes } from '../../lib/cli/units.ts'

const NOW_MS = Date.parse('2026-11-21T12:00:00Z')

const record = {
  topic: 't', partition: 3,
  record: {
    offset: 7, timestamp: NOW_MS, key: Buffer.from('k'), value: Buffer.from('größe'),
    headers: [{ key: 'a', value: Buffer.from('1') }, { key: 'b', value: null }],
  },
}

describe('a table', () => {
  const titles = ['NAME', 'COUNT', 'WORDS']

  test('has columns as wide as they need, numbers to the right', () => {
    expect(tableLines(titles, [['a', 1, 'x'], ['abcdef', 1234, null]])).toEqual([
      'NAME    COUNT  WORDS', 'a           1  x', 'abcdef   1234  -',
    ])
  })

  test('gives way where the terminal ends, the widest column first', () => {
    const lines = tableLines(titles, [['short', 1, 'a'.repeat(100)]], 40)
    expect(lines[1]).toBe(`short      1  ${'a'.repeat(25)}…`)
    expect(Math.max(...lines.map((line) => line.length))).toBe(40)
  })

  test('shows what would break its lines as escapes', () => {
    expect(tableLines(['A'], [['x\ny\u001b[31m']])[1]).toBe('x\\ny\\x1b[31m')
  })
})

describe('units', () => {
  test('of time', () => {
    expect(['250', '250ms', '1.5s', '2m', '1h', '7d'].map((text) => durationMs('--x', text)))
      .toEqual([250, 250, 1500, 120_000, 3_600_000, 604_800_000])
    expect(() => durationMs('--x', 'soon')).toThrow(UsageError)
    expect([5, 1500, 300_000, 9_000_000].map(shownDuration))
      .toEqual(['5 ms', '1.5 s', '5 min', '2 h 30 min'])
  })

  test('of size and number', () => {
    expect(['100', '16k', '1MB', '64KiB'].map((text) => sizeBytes('--x', text)))
      .toEqual([100, 16_000, 1_000_000, 65_536])
    expect([0, 1500, 2_500_000].map(shownSize)).toEqual(['0 B', '1.5 kB', '2.5 MB'])
    expect(['10', '10k', '2.5M', '1_000'].map((text) => count('--x', text)))
      .toEqual([10, 10_000, 2_500_000, 1000])
    expect(() => sizeBytes('--x', '10 parsec')).toThrow(UsageError)
    expect(() => count('--x', '1.5')).toThrow(UsageError)
  })
})

describe('arguments', () => {
  test('are taken apart', () => {
    expect(partitionList('--p', ['0,2', '4-6'])).toEqual([0, 2, 4, 5, 6])
    expect(pairs('--c', ['a=1', 'b=x=y', 'a=2'])).toEqual(new Map([['a', '2'], ['b', 'x=y']]))
    expect(globExpression('a.*?').test('a.bc')).toBe(true)
    expect(globExpression('a.*').test('abc')).toBe(false)
    expect(globExpression('*').test('two\nlines\u2028')).toBe(true)
    expect(globExpression('a?b').test('a\u{1f600}b')).toBe(true)
    expect(() => partitionList('--p', ['a'])).toThrow(UsageError)
    expect(() => partitionList('--p', ['2-1'])).toThrow(UsageError)
    expect(() => pairs('--c', ['=1'])).toThrow(UsageError)
  })

  test.each([
    ['beginning', { kind: 'beginning' }], ['latest', { kind: 'end' }],
    ['42', { kind: 'offset', offset: 42 }], ['-3', { kind: 'last', count: 3 }],
    ['1h', { kind: 'time', timeMs: NOW_MS - 3_600_000 }],
    ['2026-11-21T10:00:00Z', { kind: 'time', timeMs: NOW_MS - 7_200_000 }],
    [String(NOW_MS), { kind: 'time', timeMs: NOW_MS }],
  ])('%s is a place in a partition', (text, spec) => {
    expect(parseOffset('--from', text, NOW_MS)).toEqual(spec)
  })
})

describe('a template', () => {
  test.each([
    ['%s', 'größe\n'], ['%t/%p/%o %k %K %S %T', `t/3/7 k 1 7 ${NOW_MS}\n`],
    ['%h|%d\\t%%\\n', 'a=1,b=|2026-11-21T12:00:00.000Z\t%\n'], ['\\x41\\\\\\0\\n', 'A\\\0\n'],
  ])('%s', (template, text) => {
    expect(compileTemplate(template)(record).toString()).toBe(text)
  })

  test.each(['%q', '%', '\\q'])('%s is none', (template) => {
    expect(() => compileTemplate(template)).toThrow(UsageError)
  })
})

describe('records as JSON', () => {
  test('come back as they were', () => {
    const bytes = Buffer.from([0xff, 0, 0xfe])
    const one = { ...record.record, value: bytes, key: null }
    const line = recordJson({ ...record, record: one })
    expect(JSON.parse(line))
      .toMatchObject({ topic: 't', offset: 7, key: null, valueBase64: '/wD+' })
    const { partition, record: read } = recordOfJson(line)
    expect(partition).toBe(3)
    expect(recordOfJson('{"headers":null,"timestamp":-1}').record)
      .toEqual({ key: null, value: null, headers: [] })
    expect(read).toEqual({ timestamp: NOW_MS, key: null, value: bytes, headers: one.headers })
  })

  test.each([
    '', '[]', '"a"', '{"partition":"1"}', '{"headers":[{}]}', '{"headers":[null]}',
    '{"headers":5}', '{"timestamp":-2}', '{"timestamp":1.5}',
    '{"timestamp":"1"}', '{"partition":-1}', '{"valueBase64":"a*b="}', '{"keyBase64":5}',
  ])('%s is none', (line) => {
    expect(() => recordOfJson(line)).toThrow(Error)
  })
})

test('escapes are read alike in texts and in templates', () => {
  const text = String.raw`a\n\t\0\x1e\\n`
  expect(unescaped(text)).toEqual(Buffer.from('a\n\t\0\x1e\\n'))
  expect(compileTemplate(text)(record)).toEqual(unescaped(text))
  expect(unescaped(String.raw`\d\😀\x1`)).toEqual(Buffer.from(String.raw`\d\😀\x1`))
  expect(() => compileTemplate(String.raw`\d`)).toThrow(UsageError)
})

describe('input', () => {
  const pieces = async (text: string, delimiter: string, size: number): Promise<string[]> => {
    async function* chunks() {
      for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size))
    }
    const found: string[] = []
    for await (const piece of piecesOf(chunks(), Buffer.from(delimiter))) found.push(String(piece))
    return found
  }

  test.each([1, 2, 3, 7, 100])('is cut at delimiters, in chunks of %d', async (size) => {
    expect(await pieces('a\nbc\r\n\nlast', '\n', size)).toEqual(['a', 'bc', '', 'last'])
    expect(await pieces('a--b----c-', '--', size)).toEqual(['a', 'b', '', 'c-'])
    expect(await pieces('', '\n', size)).toEqual([])
    expect(await pieces('a\n', '\n', size)).toEqual(['a'])
    expect(await pieces('aababaabaab', 'aab', size)).toEqual(['', 'ab', ''])
    expect(await pieces('ENDa-END-ENEND', '-END-', size)).toEqual(['ENDa', 'ENEND'])
  })

  test.each([
    ['a line feed', '\n'], ['two bytes', '--'], ['a hundred', '-'.repeat(100)],
  ])('is looked at once where a piece is long, up to %s', async (_, end) => {
    const { concat } = Buffer
    const { indexOf } = Buffer.prototype
    const seen = { bytes: 0 }
    const spies = [
      jest.spyOn(Buffer, 'concat').mockImplementation((...args) => {
        const made = concat(...args)
        seen.bytes += made.length
        return made
      }),
      jest.spyOn(Buffer.prototype, 'indexOf').mockImplementation(function (
        this: Buffer, ...args: unknown[]
      ) {
        seen.bytes += this.length - Number(args[1] ?? 0)
        return indexOf.apply(this, args as Parameters<typeof indexOf>)
      }),
    ]
    const text = `${'a-'.repeat(50_000)}a`
    try {
      expect(await pieces(`${text}${end}b`, end, 500)).toEqual([text, 'b'])
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
    expect(seen.bytes).toBeLessThan(4 * text.length)
  })
})

describe('keys', () => {
  // Of Kafka's own test of its hash.
  test.each([
    ['21', -973932308], ['foobar', -790332482], ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971], ['abc', 479470107],
  ])('%s is hashed as by Java', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash)
  })

  test('stay in the range of partitions', () => {
    const found = new Set(Array.from({ length: 200 }, (_, i) => (
      partitionOfKey(Buffer.from(`key ${i}`), 7))))
    expect([...found].sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
  })
})

test('ranges are assigned as every client does it', () => {
  const topicsOf = new Map([['b', ['x', 'y']], ['a', ['x']]])
  expect(rangeAssignment(topicsOf, new Map([['x', 3], ['y', 2], ['z', 1]]))).toEqual(new Map([
    ['b', new Map([['x', [2]], ['y', [0, 1]]])], ['a', new Map([['x', [0, 1]]])],
  ]))
})
