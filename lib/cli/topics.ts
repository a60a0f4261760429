// `samsa topics`: list, describe, create, alter and delete topics.

import { Errors } from '../../protocol/errors.ts'
import { partitionKey, type TopicPartition } from '../client/client.ts'
import { alter, describe, type Setting } from '../client/configs.ts'
import { RefusedError } from '../client/errors.ts'
import type { TopicView } from '../client/metadata.ts'
import { endsOf, type Ends } from '../client/offsets.ts'
import { addPartitions, create, type CreatedTopic, remove } from '../client/topics.ts'
import { counted, globExpression, pairs, wholeNumber } from './arguments.ts'
import { command, withConfirmation, withDryRun } from './command.ts'
import { DONE, FAILED, UsageError } from './exit.ts'
import { errorJson, tellRefusals } from './failure.ts'
import type { Session } from './session.ts'

const list = command({
  usage: 'list [pattern]',
  describe: 'Topics, with their partitions and replicas',
  examples: [["samsa topics list 'orders-*'", 'those whose names match']],
  options: (yargs) => yargs
    .positional('pattern', { type: 'string', describe: 'A name; * and ? stand for characters' })
    .option('internal', {
      type: 'boolean', default: false, describe: "Those of the cluster's own as well",
    }),
  async run({ pattern = '*', internal }, { client, output }) {
    const { topics } = await client.cluster({ topics: 'all' })
    const matches = globExpression(pattern)
    const found = [...topics.values()]
      .filter(({ name, isInternal }) => matches.test(name) && (internal || !isInternal))
      .sort((a, b) => a.name < b.name ? -1 : 1)
    output.show(found.map((topic) => ({
      name: topic.name, topicId: topic.topicId, internal: topic.isInternal,
      partitions: topic.partitions.length, replicas: replicasOf(topic),
      underReplicated: underReplicated(topic),
    })), () => {
      if (found.length === 0) return output.note('There are no such topics.')
      output.table(['TOPIC', 'PARTITIONS', 'REPLICAS', 'OUT OF SYNC'], found.map((topic) => [
        topic.name, topic.partitions.length, replicasOf(topic), underReplicated(topic),
      ]))
    })
  },
})

function replicasOf({ partitions }: TopicView): number {
  return Math.max(0, ...partitions.map(({ replicas }) => replicas.length))
}

/** How many partitions have a replica that is not in sync. */
function underReplicated({ partitions }: TopicView): number {
  return partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length
}

const describeTopics = command({
  usage: 'describe <topics..>',
  describe: 'Partitions, offsets, and what was set',
  examples: [['samsa topics describe orders', 'one topic']],
  options: (yargs) => yargs
    .positional('topics', { type: 'string', array: true, demandOption: true, describe: 'Names' })
    .option('all-configs', {
      type: 'boolean', default: false, describe: 'The settings that were not set as well',
    }),
  async run({ topics: names, allConfigs }, session) {
    const { client, output } = session
    const described: DescribedTopic[] = []
    for (const name of names) {
      const topic = await client.topic(name, { isFresh: true })
      const settings = await describe(client, { type: 'topic', name })
      const shown = settings.filter(({ source }) => allConfigs || source === 'topic')
      described.push({ topic, settings: shown, ends: await endsWhereLed(session, topic) })
    }
    output.show(described.map(topicJson), () => {
      for (const [index, one] of described.entries()) {
        if (index > 0) output.line()
        showTopic(one, session)
      }
    })
  },
})

/** A partition without a leader cannot be asked where it ends. */
async function endsWhereLed(
  { client }: Session, { name, partitions }: TopicView,
): Promise<ReadonlyMap<string, Ends>> {
  const led: TopicPartition[] = partitions.filter(({ leaderId }) => leaderId >= 0)
    .map(({ partition }) => ({ topic: name, partition }))
  return led.length === 0 ? new Map() : endsOf(client, led)
}

interface DescribedTopic {
  readonly topic: TopicView
  readonly settings: readonly Setting[]
  readonly ends: ReadonlyMap<string, Ends>
}

function topicJson({ topic, settings, ends }: DescribedTopic) {
  return {
    name: topic.name, topicId: topic.topicId, internal: topic.isInternal,
    partitions: topic.partitions.map((one) => {
      const found = ends.get(partitionKey({ topic: topic.name, partition: one.partition }))
      return {
        partition: one.partition, leader: one.leaderId, leaderEpoch: one.leaderEpoch,
        replicas: one.replicas, isr: one.isr, offline: one.offline,
        startOffset: found?.start, endOffset: found?.end,
      }
    }),
    configs: settings.map(({ name, value, source }) => ({ name, value, source })),
  }
}

function showTopic({ topic, settings, ends }: DescribedTopic, { output }: Session): void {
  const { name, topicId, isInternal, partitions } = topic
  output.line([
    name, `${counted(partitions.length, 'partition')}`, counted(replicasOf(topic), 'replica'),
    ...isInternal ? ['internal'] : [], ...topicId === undefined ? [] : [`id ${topicId}`],
  ].join(', '))
  output.table(
    ['PARTITION', 'LEADER', 'REPLICAS', 'IN SYNC', 'START', 'END', 'OFFSETS'],
    partitions.map(({ partition, leaderId, replicas, isr }) => {
      const found = ends.get(partitionKey({ topic: name, partition }))
      return [
        partition, leaderId < 0 ? 'none' : leaderId, replicas.join(','), isr.join(','),
        found?.start, found?.end, found === undefined ? null : found.end - found.start,
      ]
    }),
  )
  if (settings.length === 0) return
  output.table(['SETTING', 'VALUE', 'FROM'],
    settings.map((setting) => [setting.name, setting.value, setting.source]))
}

const createTopics = command({
  usage: 'create <topics..>',
  describe: 'Make topics',
  examples: [
    ['samsa topics create orders --partitions 6', 'six partitions'],
    ['samsa topics create users --config cleanup.policy=compact', 'with a setting'],
  ],
  options: (yargs) => withDryRun(yargs
    .positional('topics', { type: 'string', array: true, demandOption: true, describe: 'Names' })
    .option('partitions', {
      alias: 'p', type: 'number', describe: 'How many; as the broker has it if left out',
    })
    .option('replicas', {
      alias: 'r', type: 'number', describe: 'Of each partition; as the broker has it if left out',
    })
    .option('config', {
      alias: 'c', type: 'string', array: true, default: [] as string[],
      describe: 'A setting, name=value; may be given again',
    })
    .option('if-not-exists', {
      type: 'boolean', default: false, describe: 'A topic that is there is taken as it is',
    })),
  async run(given, session) {
    const { client, output } = session
    const configs = pairs('--config', given.config)
    const { partitions, replicas } = given
    if (partitions !== undefined) wholeNumber('--partitions', partitions, 1)
    if (replicas !== undefined) wholeNumber('--replicas', replicas, 1)
    const names = [...new Set(given.topics)]
    const results = await create(client,
      names.map((name) => ({ name, partitions, replicas, configs })), { isDryRun: given.dryRun })
    const isThere = (one: CreatedTopic | RefusedError): boolean => given.ifNotExists
      && one instanceof RefusedError && one.code === Errors.TOPIC_ALREADY_EXISTS
    const made = results.filter((one): one is CreatedTopic => !(one instanceof RefusedError))
    if (!given.dryRun) for (const one of made) await client.readyTopic(one.name, one.partitions)
    output.show(results.map((result, index) => (
      isThere(result) ? { name: names[index], existed: true }
        : result instanceof RefusedError ? { name: names[index], error: errorJson(result) }
          : result
    )), () => {
      for (const [index, result] of results.entries()) {
        if (isThere(result)) output.line(`${names[index]} is there already`)
        else if (!(result instanceof RefusedError)) showCreated(result, given.dryRun, session)
      }
    })
    return tellRefusals(results.filter((one) => !isThere(one)), session)
  },
})

function showCreated(
  { name, partitions, replicas }: CreatedTopic, isDryRun: boolean, { output }: Session,
): void {
  const size = partitions === undefined || replicas === undefined ? ''
    : ` with ${counted(partitions, 'partition')}, ${counted(replicas, 'replica')}`
  output.line(`${isDryRun ? 'would create' : 'created'} ${name}${size}`)
}

const alterTopic = command({
  usage: 'alter <topic>',
  describe: 'Add partitions, change settings',
  examples: [
    ['samsa topics alter orders --partitions 12', 'more partitions'],
    ['samsa topics alter orders --config retention.ms=86400000', 'a setting'],
    ['samsa topics alter orders --unset retention.ms', 'the default again'],
  ],
  options: (yargs) => withDryRun(yargs
    .positional('topic', { type: 'string', demandOption: true, describe: 'Its name' })
    .option('partitions', { alias: 'p', type: 'number', describe: 'How many it shall have' })
    .option('config', {
      alias: 'c', type: 'string', array: true, default: [] as string[],
      describe: 'A setting, name=value; may be given again',
    })
    .option('unset', {
      type: 'string', array: true, default: [] as string[],
      describe: 'A setting to go back to its default; may be given again',
    })),
  async run({ topic, partitions, config, unset, dryRun }, { client, output }) {
    const set = pairs('--config', config)
    if (partitions === undefined && set.size === 0 && unset.length === 0) {
      throw new UsageError('name what to change: --partitions, --config or --unset')
    }
    if (partitions !== undefined) wholeNumber('--partitions', partitions, 1)
    const before = (await client.topic(topic)).partitions.length
    // All or nothing, as far as that can be: both are asked about before one of them is done.
    const hasSettings = set.size > 0 || unset.length > 0
    const isBoth = hasSettings && partitions !== undefined
    for (const isDryRun of dryRun ? [true] : isBoth ? [true, false] : [false]) {
      if (hasSettings) {
        await alter(client, { type: 'topic', name: topic }, { set, unset }, { isDryRun })
      }
      if (partitions !== undefined) await addPartitions(client, topic, partitions, { isDryRun })
    }
    if (partitions !== undefined && !dryRun) await client.readyTopic(topic, partitions)
    const would = dryRun ? 'would be ' : ''
    output.show({ topic, dryRun, partitions, set: Object.fromEntries(set), unset }, () => {
      for (const [name, value] of set) output.line(`${topic}: ${name} ${would}set to ${value}`)
      for (const name of unset) output.line(`${topic}: ${name} ${would}back to its default`)
      if (partitions !== undefined) {
        output.line(`${topic}: ${would}${before} to ${counted(partitions, 'partition')}`)
      }
    })
  },
})

const deleteTopics = command({
  usage: 'delete <topics..>',
  describe: 'Delete topics with all their records',
  examples: [['samsa topics delete orders --yes', 'without asking']],
  options: (yargs) => withConfirmation(yargs)
    .positional('topics', { type: 'string', array: true, demandOption: true, describe: 'Names' })
    .option('if-exists', {
      type: 'boolean', default: false, describe: 'A topic that is not there is no mistake',
    }),
  async run(given, session) {
    const { client, output } = session
    const { topics } = await client.cluster({ topics: given.topics, isFresh: true })
    const isThere = (name: string): boolean => topics.get(name)?.errorCode === Errors.NONE
    const names = [...new Set(given.topics)].filter((name) => !given.ifExists || isThere(name))
    const missing = names.filter((name) => !isThere(name))
    if (missing.length > 0) {
      // All or none: a mistyped name may mean that another one is wrong, too.
      const code = topics.get(missing[0]!)?.errorCode ?? Errors.UNKNOWN_TOPIC_OR_PARTITION
      throw new RefusedError(code, `topic ${missing[0]}`)
    }
    if (given.dryRun) {
      output.show({ dryRun: true, topics: names }, () => {
        for (const name of names) output.line(`would delete ${name}`)
      })
      return DONE
    }
    const what = names.length === 1 ? `topic ${names[0]}` : `${names.length} topics`
    if (names.length > 0 && !await session.confirm(given, `Delete ${what} with all records?`)) {
      return FAILED
    }
    const refusals = names.length === 0 ? [] : await remove(client, names)
    const refused = new Map(refusals.map((error) => [error.about.replace(/^topic /, ''), error]))
    output.show(names.map((name) => {
      const error = refused.get(name)
      return error === undefined ? { name, deleted: true } : { name, error: errorJson(error) }
    }), () => {
      for (const name of names) if (!refused.has(name)) output.line(`deleted ${name}`)
    })
    return tellRefusals(refusals, session)
  },
})

export const commands = [list, describeTopics, createTopics, alterTopic, deleteTopics]
