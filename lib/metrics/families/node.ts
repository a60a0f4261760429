// All that is told of a node, once it serves.

import type { Clock } from '../../world/clock.ts'
import { type Family, gauge } from '../family.ts'
import type { FlushStats } from '../flush-stats.ts'
import type { Watched } from '../readiness.ts'
import type { RequestStats } from '../request-stats.ts'
import { cleanerFamilies } from './cleaner.ts'
import { connectionFamilies, fetchSessionFamilies } from './connections.ts'
import { controllerFamilies } from './controller.ts'
import { groupFamilies } from './groups.ts'
import { lagFamilies } from './lag.ts'
import { loadFamilies } from './loads.ts'
import { directoryFamilies, flushFamilies, logFamilies } from './logs.ts'
import { partitionFamilies, partitionSubjects } from './partitions.ts'
import { placementFamilies } from './placements.ts'
import { purgatoryFamilies } from './purgatories.ts'
import { replicaFamilies } from './replicas.ts'
import { requestFamilies } from './requests.ts'
import { telemetryFamilies } from './telemetry.ts'
import { trafficFamilies } from './traffic.ts'

export interface NodeSources {
  readonly node: Watched
  readonly stats: RequestStats
  readonly flushes: FlushStats
  readonly clock: Clock
}

/** Kafka's BrokerState. */
const STARTING = 1
const RUNNING = 3

/** Of any node, also one that only starts. */
export function stateFamilies(node: Watched): Family[] {
  return [gauge('kafka_server_kafkaserver_brokerstate',
    '1 while the broker starts or stops, 3 while it serves',
    () => (node.step === undefined ? RUNNING : STARTING))]
}

/** Of one that serves. */
export function nodeFamilies({ node, stats, flushes, clock }: NodeSources): Family[] {
  const {
    services: {
      broker: { nodeId }, controller, partitions, groups, transactions, fetchSessions, places,
      moves, telemetry,
    },
    config: { transactionMaxTimeoutMs: mostTransactionMs },
  } = node
  const subjects = partitionSubjects(partitions)
  const server = node.server!
  const directories = node.directories!
  return [
    ...stateFamilies(node),
    ...trafficFamilies(partitions.traffic),
    ...requestFamilies(stats, clock),
    ...purgatoryFamilies(server, partitions),
    ...connectionFamilies(server),
    ...fetchSessionFamilies(fetchSessions),
    ...replicaFamilies({ partitions, places, moves, clock, mostTransactionMs }),
    ...controllerFamilies(controller, clock),
    ...placementFamilies(controller, partitions, nodeId),
    ...groupFamilies(groups),
    ...loadFamilies(groups, transactions.coordinator, clock),
    ...directoryFamilies({ paths: [...new Set(node.config.logDirs)], directories, places }),
    ...cleanerFamilies({ stats: node.cleaning, directories, clock }),
    ...flushFamilies(flushes, clock),
    ...telemetryFamilies(telemetry),
    ...partitionFamilies(subjects),
    ...logFamilies(subjects, controller),
    ...lagFamilies({ groups, partitions, clock }),
  ]
}
