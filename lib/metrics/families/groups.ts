// The groups of this node: Kafka's GroupMetadataManager and its group coordinator.

import type { GroupCoordinator } from '../../coordinators/groups/coordinator.ts'
import type { Group } from '../../coordinators/groups/state.ts'
import { counted, counter, type Family, gauges, PAUSE, type Samples, sums } from '../family.ts'

const COUNTS = [
  ['offset_commit', 'offsetCommits', 'Offsets that were committed'],
  ['offset_deletion', 'offsetDeletions', 'Committed offsets that were deleted'],
  ['offset_expiration', 'offsetExpirations', 'Committed offsets that nobody needed any more'],
  ['group_completed_rebalance', 'completedRebalances', 'Rebalances of classic groups'],
  ['consumer_group_rebalance', 'consumerRebalances', 'Rebalances of consumer groups (KIP-848)'],
] as const

/** Kafka's metrics have a name for each state of each protocol. */
const STATES = {
  classic: ['PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead', 'Empty'],
  consumer: ['Empty', 'Assigning', 'Reconciling', 'Stable', 'Dead'],
} as const

const PROTOCOLS = ['classic', 'consumer'] as const

export function groupFamilies(groups: GroupCoordinator): Family[] {
  return [
    ...sums(() => groupsOf(groups), [
      counted<Group>(manager('numgroups'), 'Groups of the classic protocol, and of offsets alone',
        ({ type }) => type === 'classic'),
      ...STATES.classic.map((name) => counted<Group>(
        manager(`numgroups${name.toLowerCase()}`), `Classic groups that are ${name}`,
        ({ type, state }) => type === 'classic' && state === name)),
      ...PROTOCOLS.flatMap((protocol) => [
        counted<Group>(coordinator(`protocol_${protocol}_group_count`),
          `Groups of the ${protocol} protocol`, ({ type }) => type === protocol),
        ...STATES[protocol].map((name) => counted<Group>(
          coordinator(`state_${name.toLowerCase()}_${protocol}_group_count`),
          `Groups of the ${protocol} protocol that are ${name}`,
          ({ type, state }) => type === protocol && state === name)),
      ]),
    ]),
    ...[manager('numoffsets'), coordinator('offset_count')].map((name) => (
      gauges(name, 'Committed offsets', [], () => offsetsOf(groups)))),
    ...COUNTS.map(([name, field, help]) => (
      counter(coordinator(`${name}_count`), help, () => groups.counts[field]))),
  ]
}

function manager(what: string): string {
  return `kafka_coordinator_group_groupmetadatamanager_${what}`
}

function coordinator(what: string): string {
  return `kafka_server_group_coordinator_metrics_${what}`
}

function* groupsOf(groups: GroupCoordinator): Generator<Group> {
  for (const state of groups.states()) yield* state.groups.values()
}

function* offsetsOf(groups: GroupCoordinator): Samples {
  let count = 0
  for (const { offsets } of groups.states()) {
    for (const groupId of offsets.groupIds()) {
      for (const partitions of offsets.ofGroup(groupId)?.values() ?? []) count += partitions.size
      yield PAUSE
    }
  }
  yield [count]
}
