// Kafka's command line tools, by the names of their shell scripts.

import { createInterface } from 'node:readline'
import type { ChildProcess } from 'node:child_process'
import { jarsOf, javaProgram, SMALL_JVM } from '../harness/java.ts'
import { run, start, type RunOptions, type RunResult } from '../harness/process.ts'

const MAIN_CLASSES = {
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-client-metrics': 'org.apache.kafka.tools.ClientMetricsCommand',
  'kafka-cluster': 'org.apache.kafka.tools.ClusterTool',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-dump-log': 'org.apache.kafka.tools.DumpLogSegments',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'kafka-log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'kafka-metadata-quorum': 'org.apache.kafka.tools.MetadataQuorumCommand',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-reassign-partitions': 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  'kafka-storage': 'kafka.tools.StorageTool',
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
  'kafka-verifiable-consumer': 'org.apache.kafka.tools.VerifiableConsumer',
  'kafka-verifiable-producer': 'org.apache.kafka.tools.VerifiableProducer',
} as const

export type Tool = keyof typeof MAIN_CLASSES

export const isTool = (name: string): name is Tool => Object.hasOwn(MAIN_CLASSES, name)

export const installTools = () => jarsOf('java-tools', 'compat/java/pom.xml')

/** The command and arguments that run a tool. */
export async function toolCommand(
  tool: Tool, args: readonly string[],
): Promise<[string, string[]]> {
  const jars = await installTools()
  return ['java', [...SMALL_JVM, '-cp', jars, MAIN_CLASSES[tool], ...args]]
}

export async function runTool(
  tool: Tool, args: readonly string[], options: RunOptions = {},
): Promise<RunResult> {
  const [command, all] = await toolCommand(tool, args)
  return run(command, all, { timeoutMs: 90_000, ...options })
}

export interface ToolOutput {
  readonly exitCode: number
  /** Standard output and standard error, as they came. */
  readonly output: string
}

/** One process for many runs of tools, see `Tools.java`. */
export class ToolSession {
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    child.stderr!.resume()
    child.stdin!.on('error', () => {}) // then there is no answer either
  }

  static async start(): Promise<ToolSession> {
    const classPath = await javaProgram(
      'java-tool-session', await installTools(), ['compat/java/Tools.java'])
    return new ToolSession(start('java', [...SMALL_JVM, '-cp', classPath, 'Tools']))
  }

  /** One after the other. */
  async run(tool: Tool, args: readonly string[]): Promise<ToolOutput> {
    this.#child.stdin!.write(`${[MAIN_CLASSES[tool], ...args].join('\t')}\n`)
    const { value, done } = await this.#answers.next()
    if (done === true) throw new Error(`the JVM ended while it ran ${tool}`)
    const [exitCode = '', output = ''] = value.split(' ')
    return { exitCode: Number(exitCode), output: Buffer.from(output, 'base64').toString('utf8') }
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }
}

/** Runs something with a process for tools, which it ends. */
export async function withTools<T>(use: (session: ToolSession) => Promise<T>): Promise<T> {
  const session = await ToolSession.start()
  try {
    return await use(session)
  } finally {
    session.end()
  }
}
