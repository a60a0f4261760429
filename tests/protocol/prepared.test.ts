// The codecs that a bundle brings along are those that would be generated, found by names that no
// other message has.

import { expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { RECORD_TYPES } from '../../controller/metadata-records.ts'
import { readerSource, writerSource } from '../../protocol/generate.ts'
import { isFlexible } from '../../protocol/header.ts'
import { ALL_APIS } from '../../protocol/messages/index.ts'
import * as records from '../../protocol/messages/records/index.ts'

const METADATA = Object.values(RECORD_TYPES).map(({ message }) => message)

test('a bundle has every version of the records of the metadata', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', `
    const { preparedCodecs } = await import('./scripts/prepared-codecs.mjs')
    console.log(await preparedCodecs())
    process.exit()
  `], { cwd: resolve(__dirname, '../..'), encoding: 'utf8' })
  expect(stderr).toBe('')
  for (const message of METADATA) {
    for (let version = message.versions[0]; version <= message.versions[1]; version++) {
      for (const sourceOf of [readerSource, writerSource]) {
        const source = sourceOf(message.shape, version, isFlexible(message, version))
        expect(stdout).toContain(`'${message.name} ${version}': () => {\n${source}\n},`)
      }
    }
  }
})

test('no two messages have one name', () => {
  const names = [
    ...ALL_APIS.flatMap(({ request, response }) => [request.name, response.name]),
    ...Object.values(records).flat().flatMap((message) => 'name' in message ? [message.name] : []),
    ...METADATA.map(({ name }) => name),
  ]
  expect(names.length).toBeGreaterThan(200)
  expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([])
})
