// The transaction coordinator of a node: shards on the partitions of `__transaction_state`.

import type { Controller } from '../../../controller/controller.ts'
import { ConfigType } from '../../../controller/image/configs.ts'
import { TRANSACTION_VERSION } from '../../../controller/image/features.ts'
import { NO_LEADER } from '../../../controller/image/topics.ts'
import { Errors } from '../../../protocol/errors.ts'
import type { Logger } from '../../../storage/ports.ts'
import type { Config } from '../../config.ts'
import type { ProducerIds } from '../../producer-ids.ts'
import type { Partition } from '../../replication/partition.ts'
import type { Partitions } from '../../replication/partitions.ts'
import type { Clock } from '../../world/clock.ts'
import type { Turn } from '../../world/turn.ts'
import type { GroupCoordinator } from '../groups/coordinator.ts'
import {
  createInternalTopic, TRANSACTION_STATE_TOPIC, transactionStateTopic,
} from '../internal-topic.ts'
import { answered } from '../map-later.ts'
import { LoadQueue } from '../load-queue.ts'
import { partitionLog } from '../partition-log.ts'
import { Shard } from '../shard.ts'
import { Shards } from '../shards.ts'
import { TransactionCoordinator } from './coordinator.ts'
import { TransactionGate } from './gate.ts'
import { transactionsHooks } from './lifetime.ts'
import { MarkWriter } from './mark-writer.ts'
import type { MarkPorts, MarkResult, Marks } from './marks.ts'
import { partitionsOf } from './partition-set.ts'
import { transactionsCodec, type TransactionRecord } from './records.ts'
import { transactionSettings } from './settings.ts'
import { TransactionsState, type TransactionsWorld } from './state.ts'

export interface TransactionWiring {
  readonly config: Config
  readonly clock: Clock
  readonly turn: Turn
  readonly logger: Logger
  readonly controller: Controller
  readonly partitions: Partitions
  readonly groups: GroupCoordinator
  readonly producerIds: ProducerIds
}

export interface Transactions {
  /** Not started: see `TransactionCoordinator.start`. */
  readonly coordinator: TransactionCoordinator
  readonly gate: TransactionGate
  readonly markWriter: MarkWriter
}

const VERIFICATION = 'transaction.partition.verification.enable'

export function transactions(wiring: TransactionWiring): Transactions {
  const { config, clock, turn, logger, controller, partitions, groups, producerIds } = wiring
  const topic = transactionStateTopic(config)
  const settings = transactionSettings(config)
  const world: TransactionsWorld = {
    settings, logger,
    nowMs: () => clock.nowMs(),
    transactionVersion: () => controller.image.features.level(TRANSACTION_VERSION),
    takeProducerId: () => producerIds.take(),
  }
  const markWriter = new MarkWriter({
    partitions, logger,
    nowMs: () => clock.nowMs(),
    completeOffsets: (partition, mark) => groups.completeTransaction(partition, mark),
  })
  const ports = markPorts(wiring, markWriter)
  const codec = transactionsCodec(world.transactionVersion)
  const loads = new LoadQueue(clock)
  const open = (partition: Partition) => new Shard<TransactionRecord, TransactionsState>({
    name: `${TRANSACTION_STATE_TOPIC}-${partition.index}`,
    log: partitionLog(partition, 'none'),
    codec, clock, loads, logger,
    onStorage: (fn) => turn.onStorage(fn),
    createState: (shard) =>
      new TransactionsState(world, shard, transactionsHooks(partition.leaderEpoch, ports)),
  })
  const coordinator = new TransactionCoordinator({
    settings, logger,
    shards: new Shards<TransactionRecord, TransactionsState>({
      topic: topic.name, partitionCount: topic.partitionCount, controller, partitions,
      loadTimesMs: loads.timesMs, open,
    }),
    fetchProducerIds: () => producerIds.fetch(),
    createTopic: () => createInternalTopic(controller, topic),
  })
  const gate = new TransactionGate({
    coordinator, clock, retryMs: config.addPartitionsToTxnRetryBackoffMs,
    hasCoordinator: (transactionalId) => {
      const state = controller.image.topics.byName(TRANSACTION_STATE_TOPIC)
        ?.partitions.get(coordinator.partitionOf(transactionalId))
      return state !== undefined && state.leader !== NO_LEADER
    },
    isVerificationEnabled: () => isVerificationEnabled(wiring),
  })
  return { coordinator, gate, markWriter }
}

/** What is set while the broker runs counts before what it was started with (KIP-226). */
function isVerificationEnabled({ config, controller }: TransactionWiring): boolean {
  const { configs } = controller.image
  const dynamic = configs.value(ConfigType.BROKER, String(config.nodeId), VERIFICATION)
    ?? configs.value(ConfigType.BROKER, '', VERIFICATION)
  return dynamic === undefined
    ? config.transactionPartitionVerificationEnable : dynamic.toLowerCase() === 'true'
}

/** Marks reach the leaders on this node. There are no other nodes to send them to yet. */
function markPorts({ config, controller }: TransactionWiring, writer: MarkWriter): MarkPorts {
  return {
    leaderOf: (topic, partition) =>
      controller.image.topics.byName(topic)?.partitions.get(partition)?.leader,
    send: (nodeId, marks) =>
      nodeId === config.nodeId ? writer.write(marks) : answered(notReached(marks)),
  }
}

function notReached({ partitions }: Marks): readonly MarkResult[] {
  return [...partitionsOf(partitions)].map(([topic, partition]) =>
    ({ topic, partition, errorCode: Errors.NOT_LEADER_OR_FOLLOWER }))
}
