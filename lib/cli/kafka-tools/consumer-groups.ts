// `kafka-consumer-groups`: list, describe and delete groups.

import { Errors } from '../../../protocol/errors.ts'
import type { TopicPartition } from '../../client/client.ts'
import { RefusedError } from '../../client/errors.ts'
import { deleteOffsets } from '../../client/group-offsets.ts'
import {
  describe, type DescribedGroup, type GroupMember, lagOf, list, type ListedGroup, remove,
} from '../../client/groups.ts'
import { UsageError } from '../exit.ts'
import type { Session } from '../session.ts'
import { type GroupOptions, OPTIONS, placesOf, SCENARIOS } from './group-options.ts'
import { resetOffsets } from './group-resets.ts'
import { columns, tool } from './tool.ts'

const ACTIONS = ['list', 'describe', 'delete', 'reset-offsets', 'delete-offsets'] as const
const VIEWS = ['offsets', 'members', 'state'] as const
const RESET_ALONE = ['all-topics', 'dry-run', 'execute', ...SCENARIOS] as const
const HIDDEN_STATES: readonly string[] = ['Dead']

export const command = tool({
  options: OPTIONS,
  clientProperties(given) {
    const found = given.properties('command-config')
    const timeout = given.value('timeout')
    return timeout === undefined ? found : new Map([...found, ['request.timeout.ms', timeout]])
  },
  // The real tool ends with 0 all the same.
  fail(reason, { session }) {
    session.output.line(`\nError: Executing consumer group command failed due to ${reason}`)
    return 0
  },
  async run(given, session) {
    const action = given.action(ACTIONS)
    if (action !== 'describe') given.refuse(['members', 'offsets', 'verbose'], `--${action}`)
    if (action !== 'list') given.refuse(['type'], `--${action}`)
    if (action !== 'list' && action !== 'describe') given.refuse(['state'], `--${action}`)
    if (action !== 'reset-offsets') given.refuse(RESET_ALONE, `--${action}`)
    switch (action) {
      case 'list': return listGroups(given, session)
      case 'describe': return describeGroups(given, session)
      case 'delete': return deleteGroups(given, session)
      case 'delete-offsets': return deleteGroupOffsets(given, session)
      case 'reset-offsets': return resetOffsets(given, await groupsOf(given, session), session)
    }
  },
})

async function consumerGroups({ client }: Session): Promise<ListedGroup[]> {
  return (await list(client)).filter(({ type, protocolType }) => (
    ['classic', 'consumer', ''].includes(type) && ['consumer', ''].includes(protocolType)))
}

async function groupsOf(given: GroupOptions, session: Session): Promise<readonly string[]> {
  const which = given.oneOf(['group', 'all-groups'])
  if (which === undefined) {
    throw new UsageError('Takes one of these options: [all-groups], [group]')
  }
  if (which === 'group') return [...new Set(given.list('group'))]
  return (await consumerGroups(session)).map(({ groupId }) => groupId)
}

async function listGroups(given: GroupOptions, session: Session): Promise<void> {
  given.refuse(['group', 'all-groups', 'topic'], '--list')
  const { output } = session
  const isWanted = (option: 'state' | 'type', found: string): boolean => (
    given.value(option)?.toLowerCase().split(',').includes(found.toLowerCase()) ?? true)
  const groups = (await consumerGroups(session))
    .filter(({ state, type }) => isWanted('state', state) && isWanted('type', type))
  if (!given.has('state') && !given.has('type')) {
    for (const { groupId } of groups) output.line(groupId)
    return
  }
  const width = Math.max(15, ...groups.map(({ groupId }) => groupId.length)) + 10
  const shown = (group: string, type: string, state: string): string => columns(
    [width, 20, 20], [group, ...given.has('type') ? [type] : [], ...given.has('state')
      ? [state] : []])
  output.line(shown('GROUP', 'TYPE', 'STATE'))
  for (const { groupId, type, state } of groups) {
    output.line(shown(groupId, type.replace(/^./, (first) => first.toUpperCase()), state))
  }
}

async function describeGroups(given: GroupOptions, session: Session): Promise<void> {
  given.refuse(['topic'], '--describe')
  const view = given.oneOf(VIEWS) ?? 'offsets'
  if (view !== 'members') given.refuse(['verbose'], `--${view}`)
  const groups: DescribedGroup[] = []
  for (const groupId of [...await groupsOf(given, session)].sort()) {
    groups.push(await describe(session.client, groupId).catch((error: unknown) => {
      const isMissing = error instanceof RefusedError && error.code === Errors.GROUP_ID_NOT_FOUND
      throw isMissing ? new RefusedError(error.code, '', 'org.apache.kafka.common.errors.'
        + `GroupIdNotFoundException: Group ${groupId} not found.`) : error
    }))
  }
  for (const group of groups) {
    tellState(group, session)
    if (view === 'offsets') await showOffsets(group, session)
    else if (view === 'members') showMembers(group, given.has('verbose'), session)
    else await showState(group, session)
  }
}

function tellState({ groupId, state, members }: DescribedGroup, { terminal }: Session): void {
  const said = state === 'Empty' || members.length === 0 ? 'has no active members'
    : state === 'Stable' ? undefined : 'is rebalancing'
  if (said !== undefined) terminal.writeError(`\nConsumer group '${groupId}' ${said}.\n`)
}

async function showOffsets(group: DescribedGroup, { client, output }: Session): Promise<void> {
  const lags = await lagOf(client, group)
  const owners: (GroupMember | undefined)[] = [
    ...[...group.members].sort((a, b) => b.assigned.length - a.assigned.length), undefined,
  ]
  const rows = owners.flatMap((owner) => (
    lags.filter(({ memberId }) => memberId === owner?.memberId).map((one) => [
      group.groupId, one.topic, one.partition, one.committed ?? '-', one.end ?? '-',
      one.lag ?? '-', owner?.memberId ?? '-', owner?.host ?? '-', owner?.clientId ?? '-',
    ])))
  if (rows.length === 0) return
  const widest = (column: number): number => (
    Math.max(15, ...rows.map((row) => String(row[column]).length)))
  const widths = [widest(0), widest(1), 10, 15, 15, 15, widest(6), widest(7)]
  const titles = [
    'GROUP', 'TOPIC', 'PARTITION', 'CURRENT-OFFSET', 'LOG-END-OFFSET', 'LAG', 'CONSUMER-ID',
    'HOST', 'CLIENT-ID',
  ]
  output.line()
  for (const row of [titles, ...rows]) output.line(columns(widths, row))
}

function showMembers(
  { groupId, members }: DescribedGroup, isVerbose: boolean, { output }: Session,
): void {
  const hasInstances = members.some(({ instanceId }) => instanceId !== null)
  const cells = (consumer: string, instance: string, rest: readonly (string | number)[]) => (
    [consumer, ...hasInstances ? [instance] : [], ...rest])
  const rows = members.map((member): (string | number)[] => [groupId, ...cells(
    member.memberId, member.instanceId ?? '', [
      member.host, member.clientId, member.assigned.length,
      ...isVerbose ? [shownPartitions(member.assigned)] : [],
    ])])
  const titles = ['GROUP', ...cells('CONSUMER-ID', 'GROUP-INSTANCE-ID', [
    'HOST', 'CLIENT-ID', '#PARTITIONS', ...isVerbose ? ['ASSIGNMENT'] : [],
  ])]
  const widths = titles.map((title, column) => Math.max(15, String(title).length,
    ...rows.map((row) => title === '#PARTITIONS' ? 0 : String(row[column]).length)))
  output.line()
  for (const row of [titles, ...rows]) output.line(columns(widths, row))
}

/** `orders(0,1), users(3)` */
function shownPartitions(partitions: readonly TopicPartition[]): string {
  const topics = [...new Set(partitions.map(({ topic }) => topic))].sort()
  const of = (topic: string): string => partitions.filter((one) => one.topic === topic)
    .map(({ partition }) => partition).join(',')
  return topics.length === 0 ? '-' : topics.map((topic) => `${topic}(${of(topic)})`).join(', ')
}

async function showState(group: DescribedGroup, { client, output }: Session): Promise<void> {
  if (HIDDEN_STATES.includes(group.state)) return
  const { brokers } = await client.cluster({ topics: [] })
  const id = [...brokers.values()]
    .find(({ host, port }) => group.coordinator === `${host}:${port}`)?.id ?? -1
  const coordinator = `${group.coordinator}  (${id})`
  const widths = [Math.max(15, group.groupId.length), Math.max(25, coordinator.length), 20, 20]
  output.line()
  output.line(columns(widths,
    ['GROUP', 'COORDINATOR (ID)', 'ASSIGNMENT-STRATEGY', 'STATE', '#MEMBERS']))
  const assignor = group.assignor === '' ? '-' : group.assignor
  output.line(columns(widths,
    [group.groupId, coordinator, assignor, group.state, group.members.length]))
}

async function deleteGroups(given: GroupOptions, session: Session): Promise<void> {
  const { client, output } = session
  given.refuse(['topic'], '--delete')
  const groups = await groupsOf(given, session)
  const failed = new Map<string, string>()
  for (const groupId of groups) {
    await remove(client, groupId).catch((error: unknown) => {
      if (!(error instanceof RefusedError)) throw error
      failed.set(groupId, error.message)
    })
  }
  const named = (some: readonly string[]): string => some.map((id) => `'${id}'`).join(', ')
  if (failed.size === 0) {
    output.line(`Deletion of requested consumer groups (${named(groups)}) was successful.`)
    return
  }
  output.line('\nError: Deletion of some consumer groups failed:')
  for (const [groupId, reason] of failed) {
    output.line(`* Group '${groupId}' could not be deleted due to: ${reason}`)
  }
  const gone = groups.filter((id) => !failed.has(id))
  if (gone.length > 0) {
    output.line(`\nThese consumer groups were deleted successfully: ${named(gone)}`)
  }
}

async function deleteGroupOffsets(given: GroupOptions, session: Session): Promise<void> {
  const { client, output } = session
  given.refuse(['all-groups'], '--delete-offsets')
  const groupId = given.required('group')
  given.required('topic')
  const places = await placesOf(client, given.list('topic'))
  const refusals = await deleteOffsets(client, groupId, places)
  output.line(refusals.length === 0
    ? `Request succeeded for deleting offsets from group ${groupId}.`
    : '\nError: Encountered some partition-level error, see the follow-up details:')
  output.line()
  const widths = [15, 10, 15]
  output.line(columns(widths, ['TOPIC', 'PARTITION', 'STATUS']))
  for (const { topic, partition } of places) {
    const refusal = refusals.find(({ about }) => about === `partition ${topic}-${partition}`)
    const status = refusal === undefined ? 'Successful' : `Error: ${refusal.message}`
    output.line(columns(widths, [topic, partition, status]))
  }
}
