// What other people's clients need to run, brought to this machine as `compat/` does it.

import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { jarsOf, javaProgram, pythonWith } from '../../compat/harness/install.ts'

export interface Programs {
  readonly python: string
  readonly javaClassPath: string
}

/** Of the newest Kafka's closure, what a client loads: a logger takes half of its start. */
const CLIENT_JARS = ['kafka-clients-', 'slf4j-api-']

export async function installPrograms(): Promise<Programs> {
  const jars = dirname(await jarsOf('exchange', 'compat/exchange/pom.xml'))
  const clients = readdirSync(jars)
    .filter((jar) => CLIENT_JARS.some((name) => jar.startsWith(name)))
    .map((jar) => join(jars, jar)).join(':')
  return {
    python: await pythonWith('confluent-kafka', 'compat/confluent-kafka/requirements.txt'),
    javaClassPath: await javaProgram('history-worker', clients, ['sim/history/Worker.java']),
  }
}
