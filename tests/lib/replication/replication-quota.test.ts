// How fast replicas are copied, over windows of a second.

import { expect, test } from '@jest/globals'
import { ReplicationQuota } from '../../../lib/replication/replication-quota.ts'

function quota() {
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs }
  return { clock, quota: new ReplicationQuota({ windows: { count: 11, sizeMs: 1000 }, clock }) }
}

test('nothing was copied, nothing is exceeded', () => {
  expect(quota().quota.isExceeded(1)).toBe(false)
})

test('a beginning may be no faster than the rate for one window', () => {
  const { clock, quota: copied } = quota()
  copied.record(3000)
  expect(copied.isExceeded(2999)).toBe(true)
  expect(copied.isExceeded(3000)).toBe(false)
  clock.nowMs = 2999
  expect(copied.isExceeded(1000)).toBe(true)
  clock.nowMs = 3000
  expect(copied.isExceeded(1000)).toBe(false)
})

test('what was copied is forgotten after all windows', () => {
  const { clock, quota: copied } = quota()
  copied.record(1e9)
  clock.nowMs = 10_999
  expect(copied.isExceeded(1)).toBe(true)
  clock.nowMs = 11_000
  expect(copied.isExceeded(1)).toBe(false)
})
