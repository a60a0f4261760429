// What people get wrong on the command line: it ends with exit code 2 and a word on what is wrong,
// and nothing was done.

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Player } from '../../compat/cli/play.ts'
import { startTestNode, type TestNode } from './cli-harness.ts'

const TIMEOUT_MS = 60_000

let node: TestNode
let player: Player

beforeAll(async () => {
  node = await startTestNode()
  player = await Player.start(node.address, 'mistakes')
  await player.play('samsa topics create orders --partitions 3')
  await player.play("printf 'a\nb\nc' | samsa produce orders --partition 0")
  await player.play('samsa groups reset gg --topic orders --partition 0 --to 2 --yes')
}, TIMEOUT_MS)

afterAll(async () => {
  player.close()
  await node.dispose()
})

test.each([
  ['groups reset gg --shift -1.5 --yes', '--shift -1.5: write a whole number'],
  ['groups reset gg --shift abc --yes', '--shift NaN: write a whole number'],
  ['groups lag gg --max', 'Not enough arguments following: max'],
  ['topics create h5 --partitions', 'Not enough arguments following: partitions'],
  ['topics create h5 --partitions --replicas 1', 'Not enough arguments following: partitions'],
  ['produce orders --key', 'Not enough arguments following: key'],
  ['produce orders --partition', 'Not enough arguments following: partition'],
  ['produce orders -z', 'Not enough arguments following: z'],
  ['produce orders --header', 'Not enough arguments following: header'],
  ['consume orders -n', 'Not enough arguments following: n'],
  ['topics list -b', 'Not enough arguments following: b'],
  ['log dump x --from', 'Not enough arguments following: from'],
  ['format --cluster-id', 'Not enough arguments following: cluster-id'],
  ['consume orders --format a -F b', '--format is given twice'],
  ['topics list -b X -b X', '--bootstrap is given twice'],
  ['produce orders --key a --key b', '--key is given twice'],
  ['produce orders -D a --delimiter b', '--delimiter is given twice'],
  ['topics create h5 --partitions 1 --partitions 2', '--partitions is given twice'],
  ['produce orders --key-separator : --key-separator ;', '--key-separator is given twice'],
  ['start --log-level info --log-level warn', '--log-level is given twice'],
  ['produce orders --rate 0', '--rate 0: write a number of at least 1'],
  ['consume orders --partition 2-1', '--partition 2-1: write the smaller one first'],
  ['records delete orders --partition 2-1 --before end --yes', '--partition 2-1: write'],
  ['groups reset gg --to 5 --partition 9 --yes',
    'there is no partition 9: orders has 3 partitions, counted from 0'],
  ['groups reset gg --topic orders --to 5 --partition 0,9 --yes', 'there is no partition 9'],
  ['groups reset gg --to 5 --partition 1 --yes', 'group gg has committed nothing of it'],
])('samsa %s', async (line, words) => {
  const printed = await player.play(`printf '' | samsa ${line}`)
  expect(printed).toContain(words)
  expect(printed).toMatch(/\n\[2\]$/)
}, TIMEOUT_MS)

test('nothing was done by them', async () => {
  expect(await player.play('samsa topics list')).not.toContain('h5')
  expect(await player.play('samsa groups lag gg')).toMatch(/orders +0 +2 +3 +1 +-$/)
  expect(await player.play('samsa consume orders')).toBe('a\nb\nc')
})

test('what may be given again, and negative numbers, pass', async () => {
  expect(await player.play('samsa groups reset gg --shift -1 --dry-run')).toMatch(/2 +1$/)
  expect(await player.play(
    'samsa topics create twice -c retention.ms=1000 -c segment.ms=60000 --partitions=1'))
    .toBe('created twice with 1 partition, 1 replica')
})

test.each(['--partitions 0', '--partitions 2', '--partitions many'])(
  'topics alter %s leaves the settings as they were', async (partitions) => {
    const line = `samsa topics alter orders ${partitions} --config retention.ms=12345`
    expect(await player.play(line)).toMatch(/\n\[[12]\]$/)
    expect(await player.play('samsa topics describe orders')).not.toContain('12345')
  },
)

test('a refused setting leaves the partitions as they were', async () => {
  await player.play('samsa topics create stays --partitions 1')
  const line = 'samsa topics alter stays --partitions 2 --config retention.ms=soon'
  expect(await player.play(line)).toContain('INVALID_CONFIG')
  expect(await player.play('samsa topics describe stays')).toContain('stays, 1 partition,')
})

test('names that begin with a dash stand behind --', async () => {
  expect(await player.play('samsa topics create --partitions 1 -- -dash --json'))
    .toBe('created -dash with 1 partition, 1 replica\ncreated --json with 1 partition, 1 replica')
  expect(await player.play('samsa topics describe -- -dash')).toContain('-dash, 1 partition')
  expect(await player.play("printf 'a' | samsa produce -- -dash")).toBe('')
  expect(await player.play('samsa consume -- -dash')).toBe('a')
  expect(await player.play('samsa topics delete --yes -- -dash')).toBe('deleted -dash')
})

test.each([
  ['--json', 'name what to do'],
  ['topics --json', 'name what to do: list, describe, create, alter, delete'],
  ['topics lst --json', 'Did you mean list?'],
  ['produce --json', 'Not enough non-option arguments'],
  ['topics list --json --bootstrap a:b', '--bootstrap a:b: write host:port'],
  ['topics list --json --timeout soon', '--timeout soon'],
  ['topics delete orders --json', 'Nobody can be asked here'],
])('samsa %s says so in JSON', async (line, words) => {
  const printed = await player.play(`printf '' | samsa ${line}`)
  expect(printed).toMatch(/\n\[2\]$/)
  const { error } = JSON.parse(printed.replace(/\n\[2\]$/, '')) as { error: { message: string } }
  expect(error.message).toContain(words)
})
