// Kafka's command line tools, by the names of their shell scripts.

import { jarsOf } from '../harness/install.ts'
import { run, type RunOptions, type RunResult } from '../harness/process.ts'

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
} as const

export type Tool = keyof typeof MAIN_CLASSES

export const installTools = () => jarsOf('java-tools', 'compat/java/pom.xml')

/** The command and arguments that run a tool. */
export async function toolCommand(
  tool: Tool, args: readonly string[],
): Promise<[string, string[]]> {
  const jars = await installTools()
  const flags = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', jars]
  return ['java', [...flags, MAIN_CLASSES[tool], ...args]]
}

export async function runTool(
  tool: Tool, args: readonly string[], options: RunOptions = {},
): Promise<RunResult> {
  const [command, all] = await toolCommand(tool, args)
  return run(command, all, { timeoutMs: 90_000, ...options })
}
