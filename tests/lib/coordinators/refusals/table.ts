// All scenarios, and the file with what Apache Kafka answered to them.

import { join } from 'node:path'

import { JOIN_GROUP } from './classic.ts'
import { CONSUMER_GROUP_HEARTBEAT } from './consumers.ts'
import {
  ADD_OFFSETS_TO_TXN_WHILE_ENDING, ADD_PARTITIONS_TO_TXN_WHILE_ENDING, END_TXN_WHILE_ENDING,
  INIT_PRODUCER_ID_WHILE_ENDING, TRANSACTIONS_WHILE_ENDING, TXN_OFFSET_COMMIT_WHILE_ENDING,
} from './endings.ts'
import {
  CONSUMER_GROUP_DESCRIBE, DELETE_GROUPS, DESCRIBE_GROUPS, LIST_GROUPS,
} from './groups.ts'
import {
  DESCRIBE_PRODUCERS, DESCRIBE_TRANSACTIONS, FIND_COORDINATOR, LIST_TRANSACTIONS,
  TXN_OFFSET_COMMIT, WRITE_TXN_MARKERS,
} from './marks.ts'
import { OFFSET_FOR_LEADER_EPOCH } from './leader-epochs.ts'
import {
  MIXED_CONSUMER_GROUP_HEARTBEAT, MIXED_HEARTBEAT, MIXED_JOIN_GROUP, MIXED_LEAVE_GROUP,
  MIXED_SYNC_GROUP,
} from './mixed.ts'
import { OFFSET_COMMIT, OFFSET_DELETE, OFFSET_FETCH } from './offsets.ts'
import { HEARTBEAT, LEAVE_GROUP, SYNC_GROUP } from './phases.ts'
import type { Scenario } from './play.ts'
import { PRODUCE } from './produces.ts'
import {
  ADD_OFFSETS_TO_TXN, ADD_PARTITIONS_TO_TXN, END_TXN, INIT_PRODUCER_ID,
} from './transactions.ts'

export const SCENARIOS: readonly Scenario[] = [
  ...JOIN_GROUP, ...SYNC_GROUP, ...HEARTBEAT, ...LEAVE_GROUP,
  ...OFFSET_COMMIT, ...OFFSET_FETCH, ...OFFSET_DELETE,
  ...DESCRIBE_GROUPS, ...LIST_GROUPS, ...DELETE_GROUPS,
  ...CONSUMER_GROUP_HEARTBEAT, ...CONSUMER_GROUP_DESCRIBE,
  ...INIT_PRODUCER_ID, ...ADD_PARTITIONS_TO_TXN, ...ADD_OFFSETS_TO_TXN, ...END_TXN,
  ...TXN_OFFSET_COMMIT, ...WRITE_TXN_MARKERS,
  ...DESCRIBE_TRANSACTIONS, ...LIST_TRANSACTIONS, ...DESCRIBE_PRODUCERS, ...FIND_COORDINATOR,
  ...MIXED_JOIN_GROUP, ...MIXED_SYNC_GROUP, ...MIXED_HEARTBEAT, ...MIXED_LEAVE_GROUP,
  ...MIXED_CONSUMER_GROUP_HEARTBEAT,
  ...INIT_PRODUCER_ID_WHILE_ENDING, ...ADD_PARTITIONS_TO_TXN_WHILE_ENDING,
  ...ADD_OFFSETS_TO_TXN_WHILE_ENDING, ...END_TXN_WHILE_ENDING, ...TXN_OFFSET_COMMIT_WHILE_ENDING,
  ...TRANSACTIONS_WHILE_ENDING, ...OFFSET_FOR_LEADER_EPOCH, ...PRODUCE,
]

/** From the root of the project. */
export const FILE = join('tests', 'lib', 'coordinators', 'refusals', 'kafka-4.4.txt')

/** What a broker is started with that the scenarios are played to. */
export const SETTINGS: Readonly<Record<string, string>> = {
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '3',
  'group.initial.rebalance.delay.ms': '0',
  'group.max.size': '3',
  'group.consumer.max.size': '3',
  'group.consumer.assignment.interval.ms': '0',
}
