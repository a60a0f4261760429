// `samsa groups`: list, describe, lag, members, reset and delete groups.

import type { Argv } from 'yargs'
import { Errors } from '../../protocol/errors.ts'
import { type Client, partitionKey, type TopicPartition } from '../client/client.ts'
import { RefusedError } from '../client/errors.ts'
import { commitOffsets, committedOffsets, deleteOffsets } from '../client/group-offsets.ts'
import {
  type DescribedGroup, describe, type GroupMember, lagOf, list, type PartitionLag, remove,
} from '../client/groups.ts'
import { endsOf } from '../client/offsets.ts'
import { counted, globExpression, partitionList, PARTITIONS, wholeNumber } from './arguments.ts'
import { command, withConfirmation } from './command.ts'
import { CommandError, DONE, FAILED, UsageError } from './exit.ts'
import { errorJson, tellRefusals } from './failure.ts'
import { OFFSET_HELP, parseOffset, resolveOffsets } from './offset-spec.ts'
import type { CommonOptions, Session } from './session.ts'

const listGroups = command({
  usage: 'list [pattern]',
  describe: 'Groups, with their types and states',
  examples: [['samsa groups list --state empty', 'those without members']],
  options: (yargs) => yargs
    .positional('pattern', { type: 'string', describe: 'A name; * and ? stand for characters' })
    .option('state', { type: 'string', describe: 'Those alone: stable, empty, …' })
    .option('type', { type: 'string', describe: 'Those alone: classic, consumer, share, …' }),
  async run({ pattern = '*', state, type }, { client, output }) {
    const matches = globExpression(pattern)
    const isWanted = (found: string, wanted: string | undefined): boolean => (
      wanted === undefined || found.toLowerCase() === wanted.toLowerCase())
    const found = (await list(client)).filter((group) => matches.test(group.groupId)
      && isWanted(group.state, state) && isWanted(group.type, type))
    output.show(found.map(({ groupId, ...rest }) => ({ group: groupId, ...rest })), () => {
      if (found.length === 0) return output.note('There are no such groups.')
      output.table(['GROUP', 'TYPE', 'STATE', 'COORDINATOR'], found.map((group) => (
        [group.groupId, group.type, group.state, group.coordinatorId]
      )))
    })
  },
})

const describeGroups = command({
  usage: 'describe <groups..>',
  describe: 'State, members, offsets and lag',
  examples: [['samsa groups describe billing', 'one group']],
  options: (yargs) => withGroups(yargs),
  async run({ groups }, session) {
    const { client, output } = session
    const described = await withLags(client, groups)
    output.show(described.map(({ group: { groupId, ...rest }, lags }) => (
      { group: groupId, ...rest, lag: totalLag(lags), offsets: lags }
    )), () => {
      for (const [index, { group, lags }] of described.entries()) {
        if (index > 0) output.line()
        output.line(headline(group, lags))
        if (group.members.length > 0) showMembers(group.members, session)
        if (lags.length > 0) showLags(lags, session)
      }
    })
  },
})

interface GroupWithLags {
  readonly group: DescribedGroup
  readonly lags: readonly PartitionLag[]
}

async function withLags(client: Client, groupIds: readonly string[]): Promise<GroupWithLags[]> {
  const found: GroupWithLags[] = []
  for (const groupId of groupIds) {
    const group = await describe(client, groupId)
    found.push({ group, lags: await lagOf(client, group) })
  }
  return found
}

function headline({ groupId, type, state, assignor, members }: DescribedGroup,
  lags: readonly PartitionLag[]): string {
  return [
    groupId, type, state.toLowerCase(), counted(members.length, 'member'),
    ...assignor === '' ? [] : [assignor], `lag ${totalLag(lags)}`,
  ].join(', ')
}

function totalLag(lags: readonly PartitionLag[]): number {
  return lags.reduce((sum, { lag = 0 }) => sum + lag, 0)
}

function showMembers(members: readonly GroupMember[], { output }: Session): void {
  output.table(['MEMBER', 'INSTANCE', 'CLIENT', 'HOST', 'PARTITIONS'], members.map((member) => [
    member.memberId, member.instanceId, member.clientId, member.host.replace(/^\//, ''),
    shownPartitions(member.assigned),
  ]))
}

/** `orders 0,1; users 3` */
function shownPartitions(partitions: readonly TopicPartition[]): string | null {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    topics.set(topic, [...topics.get(topic) ?? [], partition])
  }
  return partitions.length === 0 ? null
    : [...topics].map(([topic, some]) => `${topic} ${some.join(',')}`).join('; ')
}

function showLags(lags: readonly PartitionLag[], { output }: Session): void {
  output.table(['TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG', 'CLIENT'], lags.map((one) => (
    [one.topic, one.partition, one.committed, one.end, one.lag, one.clientId]
  )))
}

const members = command({
  usage: 'members <groups..>',
  describe: 'Who reads, from where, and which partitions',
  examples: [['samsa groups members billing', 'the members of one group']],
  options: (yargs) => withGroups(yargs),
  async run({ groups }, session) {
    const { client, output } = session
    const described: DescribedGroup[] = []
    for (const groupId of groups) described.push(await describe(client, groupId))
    output.show(described.map(({ groupId, members: some }) => (
      { group: groupId, members: some }
    )), () => {
      for (const { groupId, members: some } of described) {
        if (some.length === 0) output.note(`${groupId} has no members.`)
        else showMembers(some, session)
      }
    })
  },
})

const lag = command({
  usage: 'lag [groups..]',
  describe: 'How far groups are behind; of all groups if none is named',
  examples: [
    ['samsa groups lag', 'the sum for each group'],
    ['samsa groups lag billing', 'each partition of one group'],
    ['samsa groups lag --max 1000', 'exit code 1 where one is further behind'],
  ],
  options: (yargs) => yargs
    .positional('groups', {
      type: 'string', array: true, default: [] as string[], describe: 'Names',
    })
    .option('max', { type: 'number', describe: 'More than so much is a failure' }),
  async run({ groups, max }, session) {
    const { client, output } = session
    if (max !== undefined) wholeNumber('--max', max)
    const found = await withLags(client, groups.length > 0 ? groups : await readingGroups(client))
    output.show(found.map(({ group: { groupId, state, members: some }, lags }) => ({
      group: groupId, state, members: some.length, lag: totalLag(lags), offsets: lags,
    })), () => {
      if (groups.length > 0) for (const { lags } of found) showLags(lags, session)
      else if (found.length === 0) output.note('There are no groups.')
      else {
        output.table(['GROUP', 'STATE', 'MEMBERS', 'PARTITIONS', 'LAG'],
          found.map(({ group: { groupId, state, members: some }, lags }) => [
            groupId, state, some.length, lags.length, totalLag(lags),
          ]))
      }
    })
    return checkMax(found, max)
  },
})

/** Those that commit offsets of topics; others have none that could be behind. */
async function readingGroups(client: Client): Promise<string[]> {
  return (await list(client))
    .filter(({ type, protocolType }) => ['classic', 'consumer', ''].includes(type)
      && ['consumer', ''].includes(protocolType))
    .map(({ groupId }) => groupId)
}

function checkMax(found: readonly GroupWithLags[], max: number | undefined): number {
  const late = found.filter(({ lags }) => totalLag(lags) > (max ?? Infinity))
  if (late.length === 0) return DONE
  const [{ group, lags }] = late as [typeof late[number]]
  throw new CommandError(
    `${late.length === 1 ? group.groupId : counted(late.length, 'group')} `
    + `${late.length === 1 ? 'is' : 'are'} further behind than ${max}`
    + (late.length === 1 ? `: ${totalLag(lags)}` : ''),
    `\`samsa groups lag ${group.groupId}\` shows where.`)
}

const reset = command({
  usage: 'reset <group>',
  describe: 'Set where a group goes on; it must have no members',
  examples: [
    ['samsa groups reset billing --topic orders --to beginning', 'all of it again'],
    ['samsa groups reset billing --to 1h --dry-run', 'what an hour back would be'],
    ['samsa groups reset billing --topic orders --partition 2 --to 500 --yes', 'one partition'],
    ['samsa groups reset billing --shift -10', 'ten records back, everywhere'],
  ],
  options: (yargs) => withConfirmation(yargs)
    .positional('group', { type: 'string', demandOption: true, describe: 'Its name' })
    .option('topic', {
      alias: 't', type: 'string', array: true, default: [] as string[],
      describe: 'These alone; what it has committed so far if left out',
    })
    .option('partition', PARTITIONS)
    .option('to', { type: 'string', describe: `Where to: ${OFFSET_HELP}` })
    .option('shift', { type: 'number', describe: 'So many on, or back where it is negative' }),
  async run(given, session) {
    const { client, output } = session
    const { group: groupId, shift, to } = given
    if ((shift === undefined) === (to === undefined)) {
      throw new UsageError('say where to: --to, or --shift')
    }
    if (shift !== undefined) wholeNumber('--shift', shift, -Infinity)
    const plan = await planReset(given, session)
    if (plan.length === 0) {
      throw new CommandError(`group ${groupId} has committed nothing so far`,
        'Name the topics with --topic.')
    }
    const show = (): void => output.table(['TOPIC', 'PARTITION', 'FROM', 'TO'],
      plan.map(({ topic, partition, from, offset }) => [topic, partition, from, offset]))
    if (!given.dryRun) {
      const question = `Reset ${counted(plan.length, 'partition')} of ${groupId}?`
      if (!given.yes && session.terminal.isInteractive) show()
      if (!await session.confirm(given, question)) return FAILED
      await commitOffsets(client, groupId, plan)
    }
    output.show({
      group: groupId, dryRun: given.dryRun,
      offsets: plan.map(({ topic, partition, from, offset }) => (
        { topic, partition, from, to: offset })),
    }, show)
    return DONE
  },
})

interface Move extends TopicPartition {
  readonly from: number | undefined
  readonly offset: number
}

async function planReset(
  given: {
    group: string, topic: readonly string[], partition: readonly string[] | undefined,
    to: string | undefined, shift: number | undefined,
  },
  { client, clock }: Session,
): Promise<Move[]> {
  await checkEmpty(client, given.group)
  const before = new Map((await committedOffsets(client, given.group))
    .map((one) => [partitionKey(one), one]))
  const wanted = given.partition === undefined
    ? undefined : partitionList('--partition', given.partition)
  const places: TopicPartition[] = []
  for (const topic of given.topic) {
    for (const { partition } of (await client.topic(topic)).partitions) {
      places.push({ topic, partition })
    }
  }
  if (given.topic.length === 0) places.push(...before.values())
  const chosen = places.filter(({ partition }) => wanted?.includes(partition) ?? true)
  const missing = wanted?.find((one) => !chosen.some(({ partition }) => partition === one))
  if (missing !== undefined && places.length > 0) {
    throw new UsageError(await noPartition(client, missing, places, given.group))
  }
  const ends = await endsOf(client, chosen)
  const targets = given.to === undefined ? new Map<string, number>() : await resolveOffsets(
    client, parseOffset('--to', given.to, clock.nowMs()), chosen, ends)
  return chosen.map(({ topic, partition }) => {
    const key = partitionKey({ topic, partition })
    const from = before.get(key)?.offset
    const { start, end } = ends.get(key)!
    const shifted = (from ?? start) + (given.shift ?? 0)
    const offset = targets.get(key) ?? Math.min(Math.max(shifted, start), end)
    return { topic, partition, from, offset }
  })
}

/** Why none of the places is of this partition: no topic has it, or nothing is committed of it. */
async function noPartition(
  client: Client, missing: number, places: readonly TopicPartition[], groupId: string,
): Promise<string> {
  const sizes: string[] = []
  for (const topic of new Set(places.map((one) => one.topic))) {
    const { length } = (await client.topic(topic)).partitions
    if (length > missing) {
      return `--partition ${missing}: group ${groupId} has committed nothing of it; `
        + 'name the topic with --topic'
    }
    sizes.push(`${topic} has ${counted(length, 'partition')}`)
  }
  return `there is no partition ${missing}: ${sizes.join(', ')}, counted from 0`
}

/** Members would commit over it. A group that is not there yet is made by its first offsets. */
async function checkEmpty(client: Client, groupId: string): Promise<void> {
  try {
    const { members: some } = await describe(client, groupId)
    if (some.length === 0) return
    throw new CommandError(`group ${groupId} has ${counted(some.length, 'member')}`,
      `Stop them first: \`samsa groups members ${groupId}\` shows them.`)
  } catch (error) {
    const isNew = error instanceof RefusedError && error.code === Errors.GROUP_ID_NOT_FOUND
    if (!isNew) throw error
  }
}

const deleteGroups = command({
  usage: 'delete <groups..>',
  describe: 'Delete groups, or what they have committed of topics',
  examples: [
    ['samsa groups delete billing --yes', 'the group with its offsets'],
    ['samsa groups delete billing --topic orders', 'its offsets of one topic'],
  ],
  options: (yargs) => withConfirmation(withGroups(yargs)).option('topic', {
    alias: 't', type: 'string', array: true, default: [] as string[],
    describe: 'The offsets of these topics alone',
  }),
  async run(given, session) {
    const { client, output } = session
    const { groups, topic, dryRun } = given
    for (const groupId of groups) await describe(client, groupId)
    const what = topic.length > 0 ? `what is committed of ${topic.join(', ')} by ` : ''
    if (dryRun) {
      output.show({ dryRun, groups, topics: topic }, () => {
        for (const groupId of groups) output.line(`would delete ${what}${groupId}`)
      })
      return DONE
    }
    if (!await session.confirm(given, `Delete ${what}${groups.join(', ')}?`)) return FAILED
    const results = await Promise.all(groups.map((groupId) => (
      (topic.length === 0 ? remove(client, groupId) : deleteTopics(client, groupId, topic))
        .catch((error: unknown) => {
          if (error instanceof RefusedError) return error
          throw error
        })
    )))
    output.show(groups.map((groupId, index) => {
      const error = results[index]
      return error instanceof RefusedError ? { group: groupId, error: errorJson(error) }
        : { group: groupId, deleted: true }
    }), () => {
      for (const [index, groupId] of groups.entries()) {
        if (results[index] === undefined) output.line(`deleted ${what}${groupId}`)
      }
    })
    return tellRefusals(results, session)
  },
})

async function deleteTopics(
  client: Client, groupId: string, topics: readonly string[],
): Promise<void> {
  const found = (await committedOffsets(client, groupId))
    .filter(({ topic }) => topics.includes(topic))
  const [refusal] = found.length === 0 ? [] : await deleteOffsets(client, groupId, found)
  if (refusal !== undefined) throw refusal
}

function withGroups<O extends CommonOptions>(yargs: Argv<O>) {
  return yargs.positional('groups', {
    type: 'string', array: true, demandOption: true, describe: 'Names',
  })
}

export const commands = [listGroups, describeGroups, lag, members, reset, deleteGroups]
