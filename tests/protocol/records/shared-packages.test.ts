// Packages that others in the process use too: what they do with them is not to be felt here.

import { expect, test } from '@jest/globals'
import * as theirs from '@bokuweb/zstd-wasm'

import { compress, decompress } from '../../../protocol/records/compression.ts'

test('zstd stays sound when somebody else starts the library again', async () => {
  const bytes = Buffer.from('a batch of records '.repeat(1000))
  const compressed = compress('zstd', bytes)
  for (let round = 0; round < 20; round++) {
    // Each makes another memory for the library, at some time of its own.
    const started = theirs.init()
    for (let turn = 0; turn < 20; turn++) {
      expect(decompress('zstd', compress('zstd', bytes)).equals(bytes)).toBe(true)
      expect(decompress('zstd', compressed).equals(bytes)).toBe(true)
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    await started
  }
})
