// `kafka-topics`: create, list, describe, alter and delete topics.

import { describe, type Setting } from '../../client/configs.ts'
import { RefusedError } from '../../client/errors.ts'
import { describePartitions, type DescribedTopic } from '../../client/topic-partitions.ts'
import { addPartitions, create, remove } from '../../client/topics.ts'
import { Errors } from '../../../protocol/errors.ts'
import { pairs } from '../arguments.ts'
import { CommandError, FAILED, UsageError } from '../exit.ts'
import type { Session } from '../session.ts'
import { CONNECTION, type Given, topicPattern } from './options.ts'
import { tool } from './tool.ts'

const ACTIONS = ['list', 'describe', 'create', 'alter', 'delete'] as const
/** Each shows the partitions that it names, and nothing else. */
const REPORTS = [
  'under-replicated-partitions', 'unavailable-partitions', 'under-min-isr-partitions',
  'at-min-isr-partitions',
] as const
const OPTIONS = {
  ...CONNECTION, list: 'flag', describe: 'flag', create: 'flag', alter: 'flag', delete: 'flag',
  topic: 'value', partitions: 'value', 'replication-factor': 'value', config: 'list',
  'if-exists': 'flag', 'if-not-exists': 'flag', 'exclude-internal': 'flag',
  'topics-with-overrides': 'flag', 'under-replicated-partitions': 'flag',
  'unavailable-partitions': 'flag', 'under-min-isr-partitions': 'flag',
  'at-min-isr-partitions': 'flag',
} as const

type Options = Given<typeof OPTIONS>

const TO_CREATE = ['config', 'replication-factor', 'if-not-exists'] as const
const TO_DESCRIBE = [...REPORTS, 'topics-with-overrides'] as const
/** Options that mean nothing there. */
const NOT_FOR: Readonly<Record<(typeof ACTIONS)[number], readonly (keyof typeof OPTIONS)[]>> = {
  list: [...TO_CREATE, ...TO_DESCRIBE, 'partitions', 'if-exists'],
  describe: [...TO_CREATE, 'partitions'],
  create: [...TO_DESCRIBE, 'if-exists', 'exclude-internal'],
  alter: [...TO_CREATE, ...TO_DESCRIBE, 'exclude-internal'],
  delete: [...TO_CREATE, ...TO_DESCRIBE, 'partitions', 'exclude-internal'],
}

export const command = tool({
  options: OPTIONS,
  fail(reason, { session }) {
    session.output.line(`Error while executing topic command : ${reason}`)
    return FAILED
  },
  async run(given, session) {
    const action = given.action(ACTIONS)
    given.refuse(NOT_FOR[action], `--${action}`)
    switch (action) {
      case 'list': return listTopics(given, session)
      case 'describe': return describeTopics(given, session)
      case 'create': return createTopic(given, session)
      case 'alter': return alterTopics(given, session)
      case 'delete': return deleteTopics(given, session)
    }
  },
})

/** Throws CommandError where a topic was named, and there is none of that name. */
async function topicsOf(given: Options, { client }: Session): Promise<string[]> {
  const { topics } = await client.cluster({ topics: 'all', isFresh: true })
  const asked = given.value('topic')
  const pattern = asked === undefined ? undefined : topicPattern(asked)
  const names = [...topics.values()]
    .filter(({ name, isInternal }) => (pattern?.test(name) ?? true)
      && !(isInternal && given.has('exclude-internal')))
    .map(({ name }) => name).sort()
  if (names.length === 0 && asked !== undefined && asked !== ''
    && !given.has('if-exists') && !given.has('list')) {
    throw new CommandError(`Topic '${asked}' does not exist as expected`)
  }
  return names
}

async function listTopics(given: Options, session: Session): Promise<void> {
  session.output.line((await topicsOf(given, session)).join('\n'))
}

async function createTopic(given: Options, { client, output }: Session): Promise<void> {
  const name = given.required('topic')
  const configs = pairs('--config', given.list('config'))
  if (/[._]/.test(name)) {
    output.line("WARNING: Due to limitations in metric names, topics with a period ('.') or "
      + "underscore ('_') could collide. To avoid issues it is best to use either, but not both.")
  }
  const partitions = counted(given, 'partitions', 'The partitions must be greater than 0')
  const replicas = counted(given, 'replication-factor',
    'The replication factor must be between 1 and 32767 inclusive')
  const [made] = await create(client, [{ name, partitions, replicas, configs }])
  if (made instanceof RefusedError) {
    if (made.code === Errors.TOPIC_ALREADY_EXISTS && given.has('if-not-exists')) return
    throw made
  }
  await client.readyTopic(name, made!.partitions)
  output.line(`Created topic ${name}.`)
}

function counted(
  given: Options, option: 'partitions' | 'replication-factor', otherwise: string,
): number | undefined {
  const count = given.number(option, -Infinity)
  if (count === undefined || (count >= 1 && count <= 0x7fffffff)) return count
  throw new CommandError(otherwise)
}

async function alterTopics(given: Options, session: Session): Promise<void> {
  given.required('topic')
  const count = Number(given.required('partitions'))
  if (!Number.isInteger(count)) throw new UsageError('--partitions: write a whole number')
  for (const name of await topicsOf(given, session)) {
    await addPartitions(session.client, name, count)
    await session.client.readyTopic(name, count)
  }
}

async function deleteTopics(given: Options, session: Session): Promise<void> {
  given.required('topic')
  const names = await topicsOf(given, session)
  const [refusal] = names.length === 0 ? [] : await remove(session.client, names)
  if (refusal !== undefined) throw refusal
}

async function describeTopics(given: Options, session: Session): Promise<void> {
  const { client, output } = session
  const names = await topicsOf(given, session)
  const report = given.oneOf(REPORTS)
  const hasOverrides = given.has('topics-with-overrides')
  if (report !== undefined && hasOverrides) {
    throw new UsageError(`--${report} and --topics-with-overrides do not go together`)
  }
  for (const topic of names.length === 0 ? [] : await describePartitions(client, names)) {
    const settings = await describe(client, { type: 'topic', name: topic.name })
    const own = settings.filter(({ source }) => source !== 'default')
    if (report === undefined && !(hasOverrides && own.length === 0)) {
      output.line(topicLine(topic, own))
    }
    if (hasOverrides) continue
    const minIsr = Number(settings.find(({ name }) => name === 'min.insync.replicas')?.value)
    for (const partition of topic.partitions) {
      if (isReported(partition, report, minIsr)) output.line(partitionLine(topic, partition))
    }
  }
}

function isReported(
  { leaderId, replicas, isr }: DescribedTopic['partitions'][number],
  report: (typeof REPORTS)[number] | undefined, minIsr: number,
): boolean {
  switch (report) {
    case undefined: return true
    case 'under-replicated-partitions': return isr.length < replicas.length
    case 'unavailable-partitions': return leaderId < 0
    case 'under-min-isr-partitions': return leaderId < 0 || isr.length < minIsr
    case 'at-min-isr-partitions': return isr.length === minIsr
  }
}

function topicLine(
  { name, topicId, partitions }: DescribedTopic, settings: readonly Setting[],
): string {
  const configs = settings.map((setting) => `${setting.name}=${setting.value ?? 'null'}`)
  return [
    `Topic: ${name}`, ...topicId === undefined ? [] : [`TopicId: ${topicId}`],
    `PartitionCount: ${partitions.length}`,
    `ReplicationFactor: ${partitions[0]?.replicas.length ?? 0}`,
    `Configs: ${configs.join(',')}`,
  ].join('\t')
}

function partitionLine(
  { name }: DescribedTopic, one: DescribedTopic['partitions'][number],
): string {
  const listed = (ids: readonly number[] | undefined): string => ids?.join(',') ?? 'N/A'
  return [
    '', `Topic: ${name}`, `Partition: ${one.partition}`,
    `Leader: ${one.leaderId < 0 ? 'none' : one.leaderId}`, `Replicas: ${listed(one.replicas)}`,
    `Isr: ${listed(one.isr)}`, `Elr: ${listed(one.eligible)}`,
    `LastKnownElr: ${listed(one.lastEligible)}`,
  ].join('\t')
}
