// What a container takes from its environment: variables, mounted files, arguments; and refuses.

import { deepStrictEqual, match, strictEqual } from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Check } from '../harness/check.ts'
import { Container } from './container.ts'
import type { Machine } from './machine.ts'

async function refused(
  machine: Machine, variables: Readonly<Record<string, string>>, message: RegExp,
  options: readonly string[] = [],
): Promise<void> {
  const container = await Container.run(machine.engine, { variables, options })
  try {
    const exitCode = await container.end()
    const log = await container.log()
    match(log, message)
    strictEqual(exitCode, 1)
  } finally {
    await container.remove()
  }
}

export function variableChecks(machine: Machine): readonly Check[] {
  return [
    {
      name: 'settings of a mounted file count, those of variables and of arguments win over them',
      async run() {
        const directory = mkdtempSync(join(tmpdir(), 'samsa-docker-file-'))
        try {
          chmodSync(directory, 0o755)
          writeFileSync(join(directory, 'server.properties'),
            'node.id=1\nnum.partitions=2\nlog.retention.hours=5\nlog.roll.hours=7\n')
          await Container.use(machine.engine, {
            options: ['-v', `${directory}:/mnt/shared/config:ro`],
            variables: { KAFKA_LOG_RETENTION_HOURS: '6', KAFKA_LOG_ROLL_HOURS: '8' },
            command: ['/etc/kafka/docker/run', 'KAFKA_LOG_ROLL_HOURS=9'],
          }, async (container) => {
            const valueOf = async (name: string): Promise<string> => {
              const got = await container.exec(
                'samsa', 'configs', 'get', 'broker', '1', name, '--json')
              return JSON.parse(got)[0].value
            }
            const names = ['num.partitions', 'log.retention.hours', 'log.roll.hours']
            deepStrictEqual(await Promise.all(names.map(valueOf)), ['2', '6', '9'])
          })
        } finally {
          rmSync(directory, { recursive: true })
        }
      },
    },
    {
      name: 'the log level is that of KAFKA_LOG4J_ROOT_LOGLEVEL, SAMSA_OPTS are options',
      async run() {
        const silence = { variables: { KAFKA_LOG4J_ROOT_LOGLEVEL: 'ERROR' } }
        await Container.use(machine.engine, silence, async (quiet) => {
          strictEqual((await quiet.log()).trim().split('\n').length, 1)
        })
        const json = { variables: { SAMSA_OPTS: '--log-format json' } }
        await Container.use(machine.engine, json, async (container) => {
          match(await container.log(), /^\{"time".*RECOVERY to RUNNING/m)
        })
      },
    },
    {
      name: 'what Kafka refuses is refused, and says which variable or setting is wrong',
      async run() {
        await refused(machine, {
          KAFKA_LISTENERS: 'PLAINTEXT://:9092',
          KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://0.0.0.0:9092',
        }, /ERROR advertised\.listeners must not be 0\.0\.0\.0/)
        await refused(machine, { KAFKA_NUM_PARTITIONS: 'many' }, /ERROR num\.partitions/)
        await refused(machine, {
          KAFKA_PROCESS_ROLES: 'controller', KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://a:9092',
        }, /ERROR KAFKA_ADVERTISED_LISTENERS must not be set/)
        await refused(machine, { KAFKA_ADVERTISED_LISTENERS: 'SSL://localhost:9093' },
          /ERROR KAFKA_SSL_KEYSTORE_FILENAME must be set/)
        await refused(machine, { KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'A:B' },
          /ERROR listener\.security/)
        // Of a folder that it may not look into, the broker does not believe that it is empty.
        const directory = mkdtempSync(join(tmpdir(), 'samsa-docker-file-'))
        await refused(machine, {}, /ERROR .*server\.properties: cannot be read: this user may not/,
          ['-v', `${directory}:/mnt/shared/config:ro`])
        rmSync(directory, { recursive: true })
      },
    },
  ]
}
