// The file that says that a node is ready, and where.

import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ReadyFile } from '../../lib/cli/ready-file.ts'
import { DEVELOPMENT, parseConfig } from '../../lib/config.ts'
import type { Node } from '../../lib/node.ts'
import { createLogger, silentLogger } from '../../lib/world/logger.ts'

const NODE = { listeners: [{ name: 'PLAINTEXT', host: 'container', port: 9095 }] } as
  unknown as Node

const configOf = (listeners: string) => parseConfig(new Map(Object.entries({
  listeners, 'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,IN:PLAINTEXT,TLS:SSL',
})), () => {}, { base: DEVELOPMENT })

let directory: string
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'samsa-ready-')) })
afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('it names the listeners of plain bytes, and goes when it is removed', () => {
  const path = join(directory, 'ready')
  writeFileSync(path, 'of one that was killed')
  const file = new ReadyFile(path, silentLogger())
  expect(existsSync(path)).toBe(false)
  file.write(NODE, configOf('TLS://:9093,PLAINTEXT://:0,IN://127.0.0.2:9092'))
  expect(readFileSync(path, 'utf8')).toBe('localhost 9095\n127.0.0.2 9092\n')
  file.write(NODE, configOf('TLS://:9093'))
  expect(readFileSync(path, 'utf8')).toBe('')
  file.remove()
  expect(existsSync(path)).toBe(false)
})

test('one that cannot be written is told, and ends nothing', () => {
  const lines: string[] = []
  const path = join(directory, 'nowhere', 'ready')
  new ReadyFile(path, createLogger({ write: (line) => lines.push(line) }))
    .write(NODE, configOf('PLAINTEXT://:9092'))
  expect(lines.join('')).toContain(`--ready-file ${path}: cannot be used: it is not there`)
})
