// The table of settings says of each whether Samsa acts on it. The code must agree.

import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { camelCase, SETTINGS } from '../../lib/config/table.ts'
import { isServed } from '../../lib/config/values.ts'

const LIB = resolve(__dirname, '../../lib')

/** Used under another name or by way of another value: by the reading of the settings itself. */
const USED_BY_THE_CONFIGURATION = new Set([
  'process.roles', 'node.id', 'broker.id', 'controller.listener.names', 'listeners',
  'advertised.listeners', 'listener.security.protocol.map', 'inter.broker.listener.name',
  'controller.quorum.voters', 'log.dir', 'log.dirs', 'metadata.log.dir',
  'log.retention.ms', 'log.retention.minutes', 'log.retention.hours', 'log.roll.ms',
  'log.roll.hours', 'log.roll.jitter.ms', 'log.roll.jitter.hours', 'log.flush.interval.ms',
  'log.flush.scheduler.interval.ms',
])

const code = readdirSync(LIB, { recursive: true, encoding: 'utf8' })
  .map((file) => join(LIB, file))
  .filter((file) => file.endsWith('.ts') && !/^config(\.ts|\/)/.test(relative(LIB, file)))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n')

/**
 * Whether a name of the configuration occurs as `config.name`, or taken out of it by its name, or
 * as `settings.value('name')` where it may change while the node runs.
 */
function isUsed(name: string): boolean {
  const property = camelCase(name)
  return USED_BY_THE_CONFIGURATION.has(name)
    || new RegExp(`[cC]onfig\\.${property}\\b`).test(code)
    || new RegExp(`\\{[^{}=;]*\\b${property}\\b[^{}=;]*\\} = [\\w.#]*[cC]onfig\\b`).test(code)
    || code.includes(`config.get('${name}')`)
    || code.includes(`ettings.value('${name}')`)
}

describe('what the table says of a setting', () => {
  test('is "served" where the code uses it', () => {
    const unmarked = SETTINGS.filter((setting) => isUsed(setting.name) && !isServed(setting))
    expect(unmarked.map(({ name }) => name)).toEqual([])
  })

  test('is not "served" where nothing uses it', () => {
    const idle = SETTINGS.filter(({ name, spec }) => spec.served && !isUsed(name))
    expect(idle.map(({ name }) => name)).toEqual([])
  })
})
