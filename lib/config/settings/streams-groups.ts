// Settings of streams groups.

import { MAX_INT, className, int, list } from '../setting.ts'

export const streamsGroupsSettings = [
  list('group.streams.assignors', 'sticky')
    .doc('Task assignors of streams groups; the first is the default.'),
  int('group.streams.assignment.interval.ms', 1000).atLeast(0).clusterWide()
    .doc('Shortest time between two assignments of a streams group.'),
  int('group.streams.min.assignment.interval.ms', 0).atLeast(0)
    .doc('Lowest value that a group may set for that.'),
  int('group.streams.max.assignment.interval.ms', 15_000).atLeast(0)
    .doc('Highest value that a group may set for that.'),
  int('group.streams.session.timeout.ms', 45_000).atLeast(1)
    .doc('A member of a streams group that is silent for so long is out.'),
  int('group.streams.min.session.timeout.ms', 45_000).atLeast(1)
    .doc('Lowest value that a group may set for that.'),
  int('group.streams.max.session.timeout.ms', 60_000).atLeast(1)
    .doc('Highest value that a group may set for that.'),
  int('group.streams.heartbeat.interval.ms', 5000).atLeast(1)
    .doc('How often members of streams groups send a heartbeat.'),
  int('group.streams.min.heartbeat.interval.ms', 5000).atLeast(1)
    .doc('Lowest value that a group may set for that.'),
  int('group.streams.max.heartbeat.interval.ms', 15_000).atLeast(1)
    .doc('Highest value that a group may set for that.'),
  int('group.streams.initial.rebalance.delay.ms', 3000).atLeast(0)
    .doc('How long the first assignment of a streams group waits for more members.'),
  int('group.streams.max.size', MAX_INT).atLeast(1)
    .doc('Most members of a streams group.'),
  int('group.streams.num.standby.replicas', 0).atLeast(0)
    .doc('Standby copies of each task.'),
  int('group.streams.max.standby.replicas', 2).atLeast(0)
    .doc('Highest value that a group may set for that.'),
  list('group.streams.rack.aware.assignment.tags', '').low()
    .doc('Client tags by which standby copies are spread.'),
  className('group.streams.topology.description.plugin.class', null)
    .doc('Class that stores descriptions of topologies.'),
] as const
