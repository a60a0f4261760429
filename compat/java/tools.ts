// Kafka's command line tools, by the names of their shell scripts.

import { createInterface, type Interface } from 'node:readline'
import type { ChildProcess } from 'node:child_process'
import { jarsOf, javaProgram, SMALL_JVM } from '../harness/java.ts'
import { run, start, type RunOptions, type RunResult } from '../harness/process.ts'

const MAIN_CLASSES = {
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-dump-log': 'org.apache.kafka.tools.DumpLogSegments',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-metadata-quorum': 'org.apache.kafka.tools.MetadataQuorumCommand',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
  'kafka-verifiable-consumer': 'org.apache.kafka.tools.VerifiableConsumer',
  'kafka-verifiable-producer': 'org.apache.kafka.tools.VerifiableProducer',
} as const

export type Tool = keyof typeof MAIN_CLASSES

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

/** What a tool printed, to both its outputs. */
export type ToolOutput = { readonly exitCode: number, readonly output: string }

/** One process for many runs of tools, see `Tools.java`. */
export class ToolSession {
  readonly #child: ChildProcess
  readonly #answers: Interface
  readonly #waiting: ((answer: ToolOutput | Error) => void)[] = []

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#answers = createInterface({ input: child.stdout! })
    child.stderr!.resume()
    this.#answers.on('line', (line) => {
      const [exitCode, output] = line.split(' ')
      this.#waiting.shift()?.({
        exitCode: Number(exitCode), output: Buffer.from(output!, 'base64').toString('utf8'),
      })
    })
    child.on('close', () => {
      for (const tell of this.#waiting.splice(0)) tell(new Error('the tools ended'))
    })
  }

  static async start(): Promise<ToolSession> {
    const classPath = await javaProgram(
      'java-tool-session', await installTools(), ['compat/java/Tools.java'])
    return new ToolSession(start('java', [...SMALL_JVM, '-cp', classPath, 'Tools']))
  }

  run(tool: Tool, args: readonly string[]): Promise<ToolOutput> {
    return new Promise((resolve, reject) => {
      this.#waiting.push((answer) => {
        if (answer instanceof Error) reject(answer)
        else resolve(answer)
      })
      this.#child.stdin!.write([MAIN_CLASSES[tool], ...args].join('\t') + '\n')
    })
  }

  end(): void {
    this.#child.stdin!.end()
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
