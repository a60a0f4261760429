// Kafka's tools in one JVM: most of what a tool takes by itself is the start of its own.

import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ensureProgram, once } from '../harness/install.ts'
import { run, start } from '../harness/process.ts'
import { installTools } from '../java/tools.ts'

const SOURCES = ['compat/admin/Tools.java', 'compat/admin/Scenarios.java']
const FLAGS = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

const MAIN_CLASSES: Readonly<Record<string, string>> = {
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-client-metrics': 'org.apache.kafka.tools.ClientMetricsCommand',
  'kafka-cluster': 'org.apache.kafka.tools.ClusterTool',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'kafka-log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'kafka-reassign-partitions': 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  'kafka-storage': 'kafka.tools.StorageTool',
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'scenarios': 'Scenarios',
}

export interface Printed {
  readonly exitCode: number
  /** Standard output and standard error, as they came. */
  readonly text: string
}

export async function installJvm(): Promise<string> {
  const jars = await installTools()
  await ensureProgram('javac', 'default-jdk-headless')
  const sources = SOURCES.map((file) => readFileSync(file, 'utf8')).join('\n')
  const directory = await once('admin-tools', sources, async (target) => {
    const classes = join(target, 'classes')
    mkdirSync(classes, { recursive: true })
    await run('javac', ['-nowarn', '-d', classes, '-cp', jars, ...SOURCES])
  })
  return `${join(directory, 'classes')}:${jars}`
}

export class ToolsJvm {
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    child.stdin!.on('error', () => {}) // then there is no answer either
  }

  static async start(): Promise<ToolsJvm> {
    return new ToolsJvm(start('java', [...FLAGS, '-cp', await installJvm(), 'Tools']))
  }

  async run(tool: string, args: readonly string[]): Promise<Printed> {
    const mainClass = MAIN_CLASSES[tool]
    if (mainClass === undefined) throw new Error(`no tool is called ${tool}`)
    this.#child.stdin!.write(`${[mainClass, ...args].join('\t')}\n`)
    const { value, done } = await this.#answers.next()
    if (done === true) throw new Error(`the JVM ended while it ran ${tool}`)
    const [exitCode = '', text = ''] = value.split(' ')
    return { exitCode: Number(exitCode), text: Buffer.from(text, 'base64').toString() }
  }

  close(): void {
    this.#child.kill('SIGKILL')
  }
}
