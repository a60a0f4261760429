// Apache Kafka whose metrics are told by jmx_exporter, under the names that dashboards know.

import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type BrokerProcess, freePort } from '../harness/broker.ts'
import { jarsOf, SMALL_JVM } from '../harness/java.ts'
import { formatForKafka, kafkaAt, kafkaJars } from '../harness/kafka.ts'
import { propertiesOf } from '../harness/properties.ts'

/** No records of the metadata that only say that somebody is there. */
export const QUIET = { 'metadata.max.idle.interval.ms': '0' }

const RULES = 'compat/metrics/jmx-rules.yml'

export interface WatchedBroker {
  readonly broker: BrokerProcess
  /** Without the path. */
  readonly metricsUrl: string
}

/** On a fresh directory; the caller disposes of it. */
export async function startWatchedKafka(): Promise<WatchedBroker> {
  const agents = dirname(await jarsOf('jmx-exporter', 'compat/metrics/jmx-exporter.xml'))
  const [agent = ''] = readdirSync(agents)
  const jars = await kafkaJars('4.4.0')
  const directory = mkdtempSync(join(tmpdir(), 'samsa-metrics-kafka-'))
  const [port, controllerPort, metricsPort] = [await freePort(), await freePort(), await freePort()]
  const file = join(directory, 'server.properties')
  const dataDirectories = [join(directory, 'data')]
  writeFileSync(file, propertiesOf({ port, controllerPort, dataDirectories }, QUIET))
  await formatForKafka(jars, file)
  const broker = kafkaAt({
    jars, file, address: `127.0.0.1:${port}`, directory,
    flags: [...SMALL_JVM,
      `-javaagent:${join(agents, agent)}=127.0.0.1:${metricsPort}:${resolve(RULES)}`],
  })
  return startWatched(broker, metricsPort)
}

/** Starts a broker that serves its metrics at that port of this machine. */
export async function startWatched(
  broker: BrokerProcess, metricsPort: number,
): Promise<WatchedBroker> {
  try {
    await broker.start()
  } catch (error) {
    await broker.dispose()
    throw error
  }
  return { broker, metricsUrl: `http://127.0.0.1:${metricsPort}` }
}
