// Apache Kafka itself as a broker process, to compare with: one node, formatted, on loopback.

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiVersions } from '../../protocol/messages/api-versions.ts'
import { BrokerProcess, freePort } from './broker.ts'
import { jarsOf } from './java.ts'
import { run } from './process.ts'
import { CLUSTER_ID, propertiesOf } from './properties.ts'
import { ask } from './wire.ts'

const RELEASES = {
  '4.4.0': { name: 'exchange', pom: 'compat/exchange/pom.xml' },
  '4.3.1': { name: 'kafka-broker', pom: 'bench/kafka/pom.xml' },
} as const
export type KafkaRelease = keyof typeof RELEASES

/** Class path of a release: its broker, its clients. */
export function kafkaJars(release: KafkaRelease): Promise<string> {
  const { name, pom } = RELEASES[release]
  return jarsOf(name, pom)
}

/** Formats the log directories of a `server.properties` by Kafka's own tool. */
export async function formatForKafka(
  jars: string, file: string, options: readonly string[] = [],
): Promise<void> {
  const args = ['format', '-t', CLUSTER_ID, '-c', file, ...options]
  await run('java', ['-cp', jars, 'kafka.tools.StorageTool', ...args])
}

export interface KafkaPlan {
  /** Class path. */
  readonly jars: string
  /** A `server.properties`, of directories that are formatted. */
  readonly file: string
  /** host:port, of its listener for clients. */
  readonly address: string
  /** For its log. */
  readonly directory: string
  /** Of Java. */
  readonly flags?: readonly string[]
  readonly timeoutMs?: number
}

/** Is not started yet. */
export function kafkaAt(plan: KafkaPlan): BrokerProcess {
  const {
    jars, file, address, directory, flags = ['-Xmx1G', '-Xms1G', '-XX:+UseG1GC'],
    timeoutMs = 60_000,
  } = plan
  return new BrokerProcess({
    name: 'Kafka', address, directory, timeoutMs, pollMs: 50,
    command: 'java', args: [...flags, '-cp', jars, 'kafka.Kafka', file], logName: 'kafka.log',
    isServing: () => answers(address),
  })
}

/** Starts it with Samsa's development defaults on a free port and a fresh directory. */
export async function startKafka(
  release: KafkaRelease, overrides: Readonly<Record<string, string>> = {},
): Promise<BrokerProcess> {
  const jars = await kafkaJars(release)
  const directory = mkdtempSync(join(tmpdir(), 'samsa-kafka-'))
  const [port, controllerPort] = [await freePort(), await freePort()]
  const file = join(directory, 'server.properties')
  const dataDirectories = [join(directory, 'data')]
  writeFileSync(file, propertiesOf({ port, controllerPort, dataDirectories }, overrides))
  const broker = kafkaAt({ jars, file, address: `127.0.0.1:${port}`, directory })
  try {
    await formatForKafka(jars, file)
    await broker.start()
  } catch (error) {
    await broker.dispose()
    throw error
  }
  return broker
}

/** Whether an ApiVersions request is answered: Kafka binds its port long before it serves. */
function answers(address: string): Promise<boolean> {
  return ask(address, apiVersions, 0, {}, { timeoutMs: 1000 }).then(() => true, () => false)
}
