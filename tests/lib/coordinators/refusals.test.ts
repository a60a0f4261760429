// Refusals of groups and transactions: several hundred wrong and borderline requests, answered by a
// whole node as Apache Kafka 4.4 answered them. `npm run compat -- refusals` plays them to Kafka
// again, and writes the table anew if asked to.

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { join } from 'node:path'

import { DEVELOPMENT, parseConfig } from '../../../lib/config.ts'
import { Node } from '../../../lib/node.ts'
import { createLogger } from '../../../lib/world/logger.ts'
import { systemWorld } from '../../../lib/world/system.ts'
import { heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { MemoryDisk } from '../../../storage/memory-disk.ts'
import { beating, stable } from './refusals/members.ts'
import { answersTo, readTable, titleOf } from './refusals/play.ts'
import { FILE, SCENARIOS, SETTINGS } from './refusals/table.ts'
import { setStage, type Stage, Talk } from './refusals/talk.ts'

/** Errors that answers hold, or a line tells of. */
const ERRORS = /\b[A-Z]+_[A-Z_]+\b/g
const REFUSED = / DEBUG A request was refused .* errors=(".*?"|\S+)/

const table = readTable(join(__dirname, '..', '..', '..', FILE))
const log: string[] = []
/** Since the last scenario. */
const told: string[] = []
let node: Node | undefined
let stage: Stage

beforeAll(async () => {
  const config = parseConfig(new Map([
    ['listeners', 'PLAINTEXT://127.0.0.1:0'], ['log.dirs', '/data'], ...Object.entries(SETTINGS),
  ]), () => {}, { base: DEVELOPMENT })
  const logger = createLogger({ level: 'debug', write: (line) => {
    if (line.includes(' DEBUG ')) told.push(line)
    else if (!line.includes(' INFO ')) log.push(line)
  } })
  node = new Node(config, { ...systemWorld(logger), disk: new MemoryDisk() })
  await node.start()
  stage = await setStage(node.listeners[0]!.port, false)
}, 60_000)

afterAll(() => node?.stop())

test('every scenario is in the table, and the other way round', () => {
  expect(SCENARIOS.map(titleOf)).toEqual(Object.keys(table))
})

describe('as Kafka answers, and the debug log tells of every error', () => {
  test.each(SCENARIOS.map((each) => ({ title: titleOf(each), each })))('$title',
    async ({ title, each }) => {
      told.length = 0
      const answers = await answersTo(stage, each)
      expect(answers).toEqual(table[title])
      const refused = told.flatMap((line) => REFUSED.exec(line)?.[1]?.match(ERRORS) ?? [])
      const answered = answers.flatMap((line) => [...line.matchAll(/rrorCode: ([A-Z_]+)/g)]
        .map(([, error]) => error))
      expect(answered.filter((error) => !refused.includes(error!))).toEqual([])
    }, 60_000)
})

test('a line of the debug log says what was asked, and what the group is like', async () => {
  const talk = new Talk(stage, heartbeat, 'told', 4)
  const { memberId } = await stable(talk)
  told.length = 0
  await talk.send(heartbeat, beating(talk, { memberId, generationId: 2 }))
  talk.end()
  expect(told).toHaveLength(2)
  expect(told[0]).toMatch(/A group refuses a request .* state=Stable members=1 generation=1 /)
  expect(told[1]).toMatch(/ api=Heartbeat .* errors=ILLEGAL_GENERATION .* generationId=2 /)
})

test('nothing of it is a bug', () => {
  // Scenarios of transactions that cannot end have their marks refused.
  const isExpected = (line: string) => line.includes('its mark was refused')
  expect(log.filter((line) => !isExpected(line))).toEqual([])
  expect(log.some(isExpected)).toBe(true)
})
