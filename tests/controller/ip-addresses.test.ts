// What Java takes for an IP address.

import { expect, test } from '@jest/globals'

import { isIpAddress } from '../../controller/ip-addresses.ts'

test.each([
  '127.0.0.1', '10.1', '16909060', '1.2.772', '::1', '::', '[::1]', 'fe80::1%eth0',
  '1:2:3:4:5:6:7:8', '::ffff:10.0.0.1', '2001:db8::',
])('%s is one', (text) => { expect(isIpAddress(text)).toBe(true) })

test.each([
  '', 'a.b', '256.1.1.1', '1.2.3.4.5', '1.2.3.', '4294967296', '1.2.65536', '[127.0.0.1]', ':',
  '1:2', '1::2::3', '1:2:3:4:5:6:7:8:9', '12345::', 'fe80::1%', '::10.1', '1:2:3:4:5:6:7::8',
])('%s is none', (text) => { expect(isIpAddress(text)).toBe(false) })
