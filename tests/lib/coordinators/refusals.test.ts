// Refusals of groups and transactions: several hundred wrong and borderline requests, answered by a
// whole node as Apache Kafka 4.4 answered them. `npm run compat -- refusals` plays them to Kafka
// again, and writes the table anew if asked to.

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { join } from 'node:path'

import { DEVELOPMENT, parseConfig } from '../../../lib/config.ts'
import { Node } from '../../../lib/node.ts'
import { createLogger } from '../../../lib/world/logger.ts'
import { systemWorld } from '../../../lib/world/system.ts'
import { MemoryDisk } from '../../../storage/memory-disk.ts'
import { answersTo, readTable, titleOf } from './refusals/play.ts'
import { FILE, SCENARIOS, SETTINGS } from './refusals/table.ts'
import { setStage, type Stage } from './refusals/talk.ts'

const table = readTable(join(__dirname, '..', '..', '..', FILE))
const log: string[] = []
let node: Node | undefined
let stage: Stage

beforeAll(async () => {
  const config = parseConfig(new Map([
    ['listeners', 'PLAINTEXT://127.0.0.1:0'], ['log.dirs', '/data'], ...Object.entries(SETTINGS),
  ]), () => {}, { base: DEVELOPMENT })
  const logger = createLogger({ level: 'error', write: (line) => log.push(line) })
  node = new Node(config, { ...systemWorld(logger), disk: new MemoryDisk() })
  await node.start()
  stage = await setStage(node.listeners[0]!.port, false)
}, 60_000)

afterAll(() => node?.stop())

test('every scenario is in the table, and the other way round', () => {
  expect(SCENARIOS.map(titleOf)).toEqual(Object.keys(table))
})

describe('as Kafka answers', () => {
  test.each(SCENARIOS.map((each) => ({ title: titleOf(each), each })))('$title',
    async ({ title, each }) => {
      expect(await answersTo(stage, each)).toEqual(table[title])
    }, 60_000)
})

test('nothing of it is a bug', () => {
  expect(log).toEqual([])
})
