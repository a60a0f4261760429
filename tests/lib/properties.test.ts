// Properties files as Java reads them. The expected values are what `java.util.Properties` gives.

import { describe, expect, test } from '@jest/globals'
import { parseProperties, PropertiesError } from '../../lib/properties.ts'

const read = (text: string) => Object.fromEntries(parseProperties(text))

describe('a properties file', () => {
  test('separates key and value by =, : or white space', () => {
    expect(read('a=1\nb:2\nc 3\nd\t4\ne = 5\nf : 6\n')).toEqual({
      a: '1', b: '2', c: '3', d: '4', e: '5', f: '6',
    })
  })

  test('keeps what follows the first separator', () => {
    expect(read('listeners=PLAINTEXT://localhost:9092\na = = b\nc : =d'))
      .toEqual({ listeners: 'PLAINTEXT://localhost:9092', a: '= b', c: '=d' })
  })

  test('gives an empty value to a key alone', () => {
    expect(read('a\nb=\nc:')).toEqual({ a: '', b: '', c: '' })
  })

  test('skips blank lines and comments by # and !, also indented ones', () => {
    expect(read('# one\n! two\n\n   \t# three\na=1 # not a comment\n'))
      .toEqual({ a: '1 # not a comment' })
  })

  test('keeps white space at the end of a value and drops it before the key', () => {
    expect(read('   a=1  ')).toEqual({ a: '1  ' })
  })

  test('joins continued lines without the white space that starts them', () => {
    expect(read('a=1,\\\n   2,\\\r\n\t3\nb=4')).toEqual({ a: '1,2,3', b: '4' })
  })

  test('does not continue a line that ends in two backslashes, or a comment', () => {
    expect(read('a=b\\\\\nc=d\n# e\\\nf=g')).toEqual({ a: 'b\\', c: 'd', f: 'g' })
  })

  test('takes a continuation that looks like a comment for a value', () => {
    expect(read('a=1,\\\n#2')).toEqual({ a: '1,#2' })
  })

  test('unescapes keys and values', () => {
    expect(read('a\\ b\\=c\\:=\\t\\n\\r\\f\\q\\\\\nd=\\u00e9\\u4e2d')).toEqual({
      'a b=c:': '\t\n\r\fq\\', 'd': 'é中',
    })
  })

  test('refuses \\u without four digits and names the line', () => {
    expect(() => read('a=1\n\nb=\\u12')).toThrow(PropertiesError)
    expect(() => read('a=1\n\nb=\\u12')).toThrow('line 3')
  })

  test('lets the last of two equal keys win', () => {
    expect(read('a=1\na=2')).toEqual({ a: '2' })
  })

  test('ends at a lone backslash', () => {
    expect(read('a=1\\')).toEqual({ a: '1' })
    expect(read('  \\\n# no value\n\\')).toEqual({})
  })

  test('reads line ends of all systems', () => {
    expect(read('a=1\r\nb=2\rc=3\n')).toEqual({ a: '1', b: '2', c: '3' })
  })
})
