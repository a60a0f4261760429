// Conversations of consumer groups with a whole node, against what Kafka 4.4 answered to the same.
//
// `KAFKA_PORT=… npx jest tests/lib/coordinators/consumer/answers.test.ts` writes the answers of a
// Kafka on loopback, begun without topics, with `group.initial.rebalance.delay.ms=0`.

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { DEVELOPMENT, parseConfig } from '../../../../lib/config.ts'
import { Node } from '../../../../lib/node.ts'
import { createLogger } from '../../../../lib/world/logger.ts'
import { systemWorld } from '../../../../lib/world/system.ts'
import { deleteTopics } from '../../../../protocol/messages/delete-topics.ts'
import { metadata } from '../../../../protocol/messages/metadata.ts'
import { ZERO_UUID } from '../../../../protocol/schema.ts'
import { MemoryDisk } from '../../../../storage/memory-disk.ts'
import { Conversation, type Noted } from './conversation.ts'
import { SCENARIOS } from './scenarios.ts'

const FILE = join(__dirname, 'answers.json')
const kafkaPort = Number(process.env['KAFKA_PORT'] ?? 0)
const answers = (existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {}) as
  Record<string, Noted[]>

let node: Node | undefined
let port = kafkaPort

beforeAll(async () => {
  if (kafkaPort !== 0) return
  const config = parseConfig(new Map([
    ['listeners', 'PLAINTEXT://127.0.0.1:0'], ['log.dirs', '/data'],
    ['offsets.topic.num.partitions', '3'], ['group.initial.rebalance.delay.ms', '0'],
  ]), () => {}, { base: DEVELOPMENT })
  node = new Node(config, {
    ...systemWorld(createLogger({ level: 'error', write: () => {} })), disk: new MemoryDisk(),
  })
  await node.start()
  port = node.listeners[0]!.port
})

afterAll(async () => {
  await node?.stop()
  if (kafkaPort === 0) return
  const parts = Object.entries(answers).map(([name, noted]) => {
    const lines = noted.map((each) => `    ${JSON.stringify(each)}`).join(',\n')
    return `  ${JSON.stringify(name)}: [\n${lines}\n  ]`
  })
  writeFileSync(FILE, `{\n${parts.join(',\n')}\n}\n`)
})

/** No topics are left to the next one; its group is another one. */
async function cleanUp(talk: Conversation): Promise<void> {
  const { topics } = await talk.send(metadata, 12, { topics: null })
  const names = topics.map(({ name }) => name!).filter((name) => !name.startsWith('_'))
  await talk.send(deleteTopics, 6, {
    topics: names.map((name) => ({ name, topicId: ZERO_UUID })), timeoutMs: 10_000,
  })
}

describe('answers as Kafka gives them', () => {
  test.each(SCENARIOS)('%s', async (name, { run, assignmentIntervalMs }) => {
    const talk = new Conversation(port, name, kafkaPort !== 0)
    try {
      await talk.group(talk.groupId, assignmentIntervalMs)
      await run(talk)
    } finally {
      await cleanUp(talk)
      talk.end()
    }
    if (kafkaPort === 0) expect(talk.noted).toEqual(answers[name])
    else answers[name] = talk.noted
  }, 20_000)
})
