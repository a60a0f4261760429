// Records on their way through the command line: batches too large for a topic, copies, headers,
// lines that are refused, groups whose offsets are not there.

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Player } from '../../compat/cli/play.ts'
import { Client } from '../../lib/client/client.ts'
import { commitOffsets } from '../../lib/client/group-offsets.ts'
import { systemClock } from '../../lib/world/clock.ts'
import { tcpDial } from '../../lib/world/dial.ts'
import { startTestNode, type TestNode } from './cli-harness.ts'

const TIMEOUT_MS = 60_000

let node: TestNode
let player: Player

beforeAll(async () => {
  node = await startTestNode()
  player = await Player.start(node.address, 'records')
}, TIMEOUT_MS)

afterAll(async () => {
  player.close()
  await node.dispose()
})

test('a batch that is too large for the topic is sent in parts, in its order', async () => {
  await player.play('samsa topics create small -p 1 -c max.message.bytes=2000')
  const lines = Array.from({ length: 300 }, (_, i) => `${i} ${'x'.repeat(i % 7 * 20)}`)
  expect(await player.play(`printf '${lines.join('\\n')}' | samsa produce small`)).toBe('')
  expect((await player.play('samsa consume small')).split('\n').map((line) => parseInt(line)))
    .toEqual(lines.map((_, i) => i))
})

test('a record that is too large is refused, those before it are written', async () => {
  await player.play('samsa topics create tiny -p 1 -c max.message.bytes=500')
  const input = `a\\nb\\n${'x'.repeat(1000)}\\nc`
  const printed = await player.play(`printf '${input}' | samsa produce tiny`)
  expect(printed).toContain('2 records had been written before')
  expect(printed).toContain('line 3, partition tiny-0: ')
  expect(printed).toContain('MESSAGE_TOO_LARGE')
  expect(await player.play('samsa consume tiny')).toBe('a\nb')
})

test('a topic is copied into one with fewer partitions', async () => {
  await player.play('samsa topics create many -p 4')
  await player.play('samsa topics create few -p 2')
  await player.play("printf 'a:1\nb:2\nc:3\nd:4' | samsa produce many --key-separator :")
  expect(await player.play('samsa consume many --json | samsa produce few --input json')).toBe('')
  expect((await player.play('samsa consume few')).split('\n').sort()).toEqual(['1', '2', '3', '4'])
  const kept = 'samsa consume many --json | samsa produce few --input json --keep-partitions'
  expect(await player.play(kept)).toContain('there are 2 partitions')
  await player.play('samsa topics create same -p 4')
  await player.play("printf 'x' | samsa produce many --partition 3 --key a")
  await player.play('samsa consume many --json | samsa produce same --input json '
    + '--keep-partitions')
  const format = "--format '%p %k %s'"
  expect((await player.play(`samsa consume same ${format}`)).split('\n').sort())
    .toEqual((await player.play(`samsa consume many ${format}`)).split('\n').sort())
})

test('headers of one name are all kept', async () => {
  await player.play('samsa topics create headers -p 1')
  await player.play("printf 'v' | samsa produce headers --header a=1 --header a=2")
  expect(await player.play("samsa consume headers --format '%h'")).toBe('a=1,a=2')
})

test('a line whose time the topic refuses is named, those before it are written', async () => {
  await player.play(
    'samsa topics create timely -p 1 -c message.timestamp.after.max.ms=60000')
  const printed = await player.play(`printf '{"value":"a"}\n{"value":"b","timestamp":9000000000000}`
    + `\n{"value":"c"}' | samsa produce timely --input json`)
  expect(printed).toContain('line 2, partition timely-0')
  expect(printed).toContain('1 record had been written before')
  expect(await player.play('samsa consume timely')).toBe('a')
})

test.each([
  ['{"key":"k","valeu":"b"}', 'a record has no field valeu, but topic, partition, offset, '
    + 'timestamp, key, keyBase64, value, valueBase64, headers'],
  ['{"value":"b","headers":[{"key":"h","vlaue":"1"}]}',
    'a header has no field vlaue, but key, value, valueBase64'],
  ['{"value":"b","headers":[{"key":"h","value":"1"}, 7]}', 'each header must have a key'],
])('%s is refused by the field that is unknown', async (line, words) => {
  await player.play('samsa topics create fields -p 1 --if-not-exists')
  const before = await player.play('samsa consume fields')
  const printed = await player.play(
    `printf '{"value":"a","headers":{"any":"1"}}\n${line}' | samsa produce fields --input json`)
  expect(printed).toContain(`line 2: ${words}; those before it are written`)
  expect(printed).toMatch(/\n\[1\]$/)
  expect(await player.play('samsa consume fields')).toBe(`${before}\na`.trim())
})

test.each([['past', 99], ['low', 0]])(
  'a group that has committed what is not there (%s) goes on by --from', async (group, offset) => {
    const topic = `again-${group}`
    await player.play(`samsa topics create ${topic} -p 1`)
    await player.play(`printf 'a\nb\nc' | samsa produce ${topic}`)
    await player.play(`samsa records delete ${topic} --before 1 --yes`)
    const client = new Client({
      bootstrap: [{ host: '127.0.0.1', port: node.port }], dial: tcpDial(), clock: systemClock(),
      softwareVersion: 'test', requestTimeoutMs: 2000, timeoutMs: 3000,
    })
    await commitOffsets(client, group, [{ topic, partition: 0, offset }])
    client.close()
    const said = `${topic}-0: ${group} has committed ${offset}, but there are 1 to 3; `
      + 'it goes on at 1'
    expect(await player.play(`samsa consume ${topic} --group ${group}`)).toBe(`${said}\nb\nc`)
    expect(await player.play(`samsa consume ${topic} --group ${group}`)).toBe('')
  },
)
