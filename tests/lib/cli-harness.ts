// A node of this process for the command line and its client to speak to.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEVELOPMENT, parseConfig } from '../../lib/config.ts'
import { Node } from '../../lib/node.ts'
import { silentLogger } from '../../lib/world/logger.ts'
import { systemWorld } from '../../lib/world/system.ts'

export interface TestNode {
  /** host:port */
  readonly address: string
  readonly port: number
  /** Its log directory. */
  readonly dataDirectory: string
  stop(): Promise<void>
  /** Stops it, and removes its directory. */
  dispose(): Promise<void>
}

export async function startTestNode(
  settings: Readonly<Record<string, string>> = {},
): Promise<TestNode> {
  const directory = mkdtempSync(join(tmpdir(), 'samsa-cli-node-'))
  const dataDirectory = join(directory, 'data')
  const properties = new Map(Object.entries({
    'listeners': 'PLAINTEXT://127.0.0.1:0', 'log.dirs': dataDirectory, ...settings,
  }))
  const config = parseConfig(properties, () => {}, { base: DEVELOPMENT })
  const node = new Node(config, systemWorld(silentLogger()))
  await node.start()
  const { port } = node.listeners[0]!
  return {
    address: `127.0.0.1:${port}`, port, dataDirectory,
    stop: () => node.stop(),
    async dispose() {
      await node.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
