// What a broker does with requests that are wrong: the table of what Apache Kafka 4.4.0 did, held
// against a node. With AGAINST=HOST:PORT it is held against a broker that runs, such as Kafka.

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { DEVELOPMENT, parseConfig } from '../../../lib/config.ts'
import { Node } from '../../../lib/node.ts'
import { createLogger } from '../../../lib/world/logger.ts'
import { systemWorld } from '../../../lib/world/system.ts'
import { CONNECTION_TABLE, type Seen, TOO_LONG_TO_ANSWER } from './connection-table.ts'

const AGAINST = process.env['AGAINST']
/** A correlation id of 9. */
const ANSWER = Buffer.from('00000009', 'hex')
/** After so long nothing more comes. */
const PATIENCE_MS = AGAINST === undefined ? 300 : 2000

const log: string[] = []
let directory = ''
let node: Node | undefined
let port = 0

beforeAll(async () => {
  if (AGAINST !== undefined) {
    port = Number(AGAINST.split(':')[1])
    return
  }
  directory = mkdtempSync(join(tmpdir(), 'samsa-table-'))
  const properties = new Map([
    ['listeners', 'PLAINTEXT://127.0.0.1:0'], ['log.dirs', join(directory, 'data')],
  ])
  const config = parseConfig(properties, () => {}, { base: DEVELOPMENT })
  const logger = createLogger({ level: 'error', write: (line) => log.push(line) })
  node = new Node(config, systemWorld(logger))
  await node.start()
  port = node.listeners[0]!.port
})

afterAll(async () => {
  await node?.stop()
  if (directory !== '') rmSync(directory, { recursive: true, force: true })
})

/** Sends the bytes on a connection of their own; gives the answer, or why there is none. */
function send(bytes: Buffer): Promise<Buffer | 'closed' | 'nothing'> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    let timer: NodeJS.Timeout | undefined
    const end = (seen: Buffer | 'closed' | 'nothing') => {
      clearTimeout(timer)
      resolve(seen)
      socket.destroy()
    }
    socket.on('connect', () => { timer = setTimeout(() => end('nothing'), PATIENCE_MS) })
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      const all = Buffer.concat(chunks)
      if (all.length >= 4 && all.length >= 4 + all.readInt32BE(0)) end(all.subarray(4))
    })
    socket.on('close', () => end('closed'))
    socket.on('error', () => {})
    socket.write(bytes)
  })
}

function seenOf(answer: Buffer | 'closed' | 'nothing', expected: Seen): unknown {
  if (!Buffer.isBuffer(answer)) return answer
  expect(answer.subarray(0, 4)).toEqual(ANSWER)
  if (typeof expected === 'string') return 'answered'
  return { error: answer.readInt16BE(4) }
}

describe('as Kafka does', () => {
  test.each(CONNECTION_TABLE.map(([what, bytes, seen]) => ({ what, bytes, seen })))(
    '$what: $seen', async ({ bytes, seen }) => {
      expect(seenOf(await send(bytes), seen)).toEqual(seen)
    },
  )
})

test('what Kafka never answers is closed', async () => {
  expect(await send(TOO_LONG_TO_ANSWER)).toBe(AGAINST === undefined ? 'closed' : 'nothing')
})

test('nothing of it is a bug', () => {
  expect(log).toEqual([])
})
