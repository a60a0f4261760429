// `samsa log dump` on the files that a node of this process has left, whole and damaged.

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { complaintsOf, dumpAll, FILL } from '../../compat/cli/dumps.ts'
import { Player } from '../../compat/cli/play.ts'
import { ProducerState } from '../../storage/producers.ts'
import { encodeSavePoint } from '../../storage/save-point-file.ts'
import { startTestNode, type TestNode } from './cli-harness.ts'

const TIMEOUT_MS = 60_000

let node: TestNode
let player: Player
let log = ''

beforeAll(async () => {
  node = await startTestNode()
  player = await Player.start(node.address, 'dump')
  for (const line of FILL) await player.play(line)
  await node.stop()
  log = join(node.dataDirectory, 'small-0', '00000000000000000000.log')
}, TIMEOUT_MS)

afterAll(async () => {
  player.close()
  await node.dispose()
})

test('every file of a data directory is decoded', async () => {
  const dumps = await dumpAll(player, node.dataDirectory)
  expect(complaintsOf(dumps)).toEqual([])
  expect(dumps.get('small-0/00000000000000000000.index')).toMatch(/OFFSET +POSITION\n/)
  expect(dumps.get('recovery-point-offset-checkpoint')).toMatch(/small +0 +\d+/)
  expect(dumps.get('small-0/leader-epoch-checkpoint')).toContain('START OFFSET')
}, TIMEOUT_MS)

test('batches alone, from an offset on, and as JSON', async () => {
  const batches = (await player.play(`samsa log dump ${log} --batches`)).split('\n')
  expect(batches).toHaveLength(7)
  expect(batches[0]).toMatch(/^offsets 0-1 {2}records 2 {2}position 0 {2}size \d+ /)
  const json = await player.play(`samsa log dump ${log} --from 8 --json`)
  const objects = json.replaceAll(':TIME', ':0').split('\n')
    .map((line) => JSON.parse(line) as { [name: string]: unknown })
  expect(objects.map((one) => [one['baseOffset'], one['codec'], one['isControl']])).toEqual([
    [8, 'zstd', false], [10, 'none', false], [11, 'none', true],
  ])
})

test('damage is told, and where', async () => {
  const damaged = join(node.dataDirectory, '00000000000000000000.log')
  copyFileSync(log, damaged)
  const bytes = readFileSync(damaged)
  bytes[70] = bytes[70]! ^ 0xff
  writeFileSync(damaged, Buffer.concat([bytes, Buffer.from('half a batch')]))
  const text = await player.play(`samsa log dump ${damaged} --batches`)
  expect(text).toMatch(/^offsets 0-1 .*DAMAGED: the checksum is wrong\noffsets 2-3 .*\w\n/)
  expect(text).toContain(`12 bytes at ${bytes.length} are no whole batch\n[1]`)
  writeFileSync(damaged, Buffer.concat([readFileSync(log), Buffer.alloc(4096)]))
  const room = await player.play(`samsa log dump ${damaged} --batches`)
  expect(room).toMatch(/4096 bytes at \d+ are room, all zero$/)
})

/** A message as it was written before there were batches: one record, no key. */
function oldMessage(magic: number, offset: number, value: string): Buffer {
  const timestampBytes = magic === 0 ? 0 : 8
  const message = Buffer.alloc(34 - 8 + timestampBytes + value.length)
  message.writeBigInt64BE(BigInt(offset), 0)
  message.writeInt32BE(message.length - 12, 8)
  message.writeInt8(magic, 16)
  message.writeInt32BE(-1, 18 + timestampBytes)
  message.writeInt32BE(value.length, 22 + timestampBytes)
  message.write(value, 26 + timestampBytes)
  return message
}

test('formats that are not read are called so, and what comes after them is read', async () => {
  const old = join(node.dataDirectory, '00000000000000000000.log')
  const [first, second, none] = [
    oldMessage(0, 7, 'one'), oldMessage(1, 8, 'two and more'), oldMessage(9, 9, ''),
  ]
  writeFileSync(old, Buffer.concat([first, second, none, readFileSync(log)]))
  const lines = (await player.play(`samsa log dump ${old}`)).split('\n')
  expect(lines.slice(0, 3)).toEqual([
    'offset 7  position 0  size 29  magic 0  '
      + 'a message of the format before Kafka 0.10, which is not read here',
    'offset 8  position 29  size 46  magic 1  '
      + 'a message of the format before Kafka 0.11, which is not read here',
    'offset 9  position 75  size 34  magic 9  DAMAGED: there is no such format',
  ])
  expect(lines[3]).toMatch(/^offsets 0-1 {2}records 2 {2}position 109 /)
  expect(lines.at(-1)).toBe('[1]')
  const json = (await player.play(`samsa log dump ${old} --json`)).split('\n')
  expect(JSON.parse(json[1]!)).toEqual({
    baseOffset: 8, lastOffset: 8, position: 29, sizeBytes: 46, magic: 1, records: [],
    unread: 'a message of the format before Kafka 0.11, which is not read here',
  })
})

test('what is no file of a data directory is told', async () => {
  expect(await player.play(`samsa log dump ${node.dataDirectory}/small-0`)).toMatch(
    /small-0 is a directory\nName its files: samsa log dump .*\n\[1\]$/)
  expect(await player.play('samsa log dump package.json')).toContain('it is not there\n[1]')
  expect(await player.play(`samsa log dump ${log} --kind producers`)).toContain(
    'DAMAGED: there is no version')
})

test('where a recovery would begin', async () => {
  const file = join(node.dataDirectory, 'small-0', 'save-point')
  const index = { count: 0, crc: 0 }
  const bytes = encodeSavePoint({
    baseOffset: 0, lastBatch: { crc: 1, leaderEpoch: 0 }, indexes: [index, index, index],
    end: {
      nextOffset: 7, position: 700, maxTimestamp: 1, offsetOfMaxTimestamp: 6,
      bytesSinceIndexEntry: 0, lastBatchBytes: 100,
    },
  }, new ProducerState('small-0'))
  writeFileSync(file, bytes)
  expect(await player.play(`samsa log dump ${file}`)).toMatch(
    /^SEGMENT +OFFSET +POSITION +PRODUCERS\n +0 +7 +700 +0$/)
  bytes[20] = bytes[20]! ^ 0xff
  writeFileSync(file, bytes)
  expect(await player.play(`samsa log dump ${file}`)).toContain('DAMAGED: the checksum is wrong')
})
