// What other people's clients need to run, brought to this machine as `compat/` does it.

import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pythonWith } from '../../compat/harness/install.ts'
import { javaProgram } from '../../compat/harness/java.ts'
import { kafkaJars } from '../../compat/harness/kafka.ts'

export interface Programs {
  readonly python: string
  readonly javaClassPath: string
}

/** Of the newest Kafka's closure, what a client loads: a logger takes half of its start. */
const CLIENT_JARS = ['kafka-clients-', 'slf4j-api-']

export async function installPrograms(): Promise<Programs> {
  const jars = dirname(await kafkaJars('4.4.0'))
  const clients = readdirSync(jars)
    .filter((jar) => CLIENT_JARS.some((name) => jar.startsWith(name)))
    .map((jar) => join(jars, jar)).join(':')
  return {
    python: await pythonWith('confluent-kafka', 'compat/confluent-kafka/requirements.txt'),
    javaClassPath: await javaProgram('history-worker', clients, ['sim/history/Worker.java']),
  }
}
