// What fuzzing has found: each finding as the smallest bytes that show it.

import { describe, expect, test } from '@jest/globals'

import { groupsCodec } from '../../lib/coordinators/groups/records.ts'
import { DecodeError } from '../../protocol/compile.ts'

describe('records of __consumer_offsets', () => {
  const offsetKey = Buffer.from('000100016700017400000000', 'hex')

  test.each([
    ['a key without its number', Buffer.from('00', 'hex'), null],
    ['a value without its number', offsetKey, Buffer.from('00', 'hex')],
    ['a value of a version that is not known', offsetKey, Buffer.from('7fff00', 'hex')],
  ])('%s is a decode error', (_what, key, value) => {
    expect(() => groupsCodec.decode(key, value)).toThrow(DecodeError)
  })
})
