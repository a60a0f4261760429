// Regular expressions of RE2, whose time grows with the length of the text alone. The package is a
// sixth of the broker's code, and loaded with the first expression: few brokers ever get one.

import type * as Re2 from 're2js'

export function re2(): typeof Re2 {
  return require('re2js') as typeof Re2
}
