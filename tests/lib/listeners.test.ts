// From the settings to who may connect.

import { expect, test } from '@jest/globals'

import { parseConfig } from '../../lib/config.ts'
import { RunningSettings } from '../../lib/config/running.ts'
import { bindListeners } from '../../lib/listeners.ts'
import { connectionLimits } from '../../lib/running-limits.ts'
import { Server } from '../../lib/server/server.ts'
import { StartError } from '../../lib/start-error.ts'
import { systemClock } from '../../lib/world/clock.ts'
import { silentLogger } from '../../lib/world/logger.ts'
import { tcpNetwork } from '../../lib/world/tcp.ts'
import { Turn } from '../../lib/world/turn.ts'

function configOf(settings: Record<string, string>) {
  const properties = { 'log.dirs': '/none', 'listeners': 'PLAINTEXT://127.0.0.1:0', ...settings }
  return parseConfig(new Map(Object.entries(properties)), () => {})
}

test('a host that nobody knows has no limit of its own: the node does not start', async () => {
  const config = configOf({ 'max.connections.per.ip.overrides': 'nowhere:1' })
  const clock = systemClock()
  const addressOf = () => Promise.reject(
    Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND', hostname: 'nowhere' }),
  )
  const server = new Server({
    network: { ...tcpNetwork(), addressOf }, clock, turn: new Turn(clock), logger: silentLogger(),
    maxRequestBytes: 100, maxIdleMs: -1, requestMemoryBytes: -1,
    connectionLimits: connectionLimits(config, new RunningSettings(config, silentLogger())),
    rateWindows: { count: 11, sizeMs: 1000 },
  })
  await expect(bindListeners(config, server)).rejects
    .toThrow(new StartError('max.connections.per.ip.overrides=nowhere: no such host is known'))
})
