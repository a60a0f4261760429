// All that is told of a node, once it serves.

import type { Clock } from '../../world/clock.ts'
import { type Family, gauge } from '../family.ts'
import type { Watched } from '../readiness.ts'
import type { RequestStats } from '../request-stats.ts'
import { connectionFamilies, fetchSessionFamilies } from './connections.ts'
import { controllerFamilies } from './controller.ts'
import { groupFamilies } from './groups.ts'
import { lagFamilies } from './lag.ts'
import { cleanerFamilies, directoryFamilies, logFamilies } from './logs.ts'
import { replicaFamilies } from './replicas.ts'
import { requestFamilies } from './requests.ts'
import { trafficFamilies } from './traffic.ts'

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
export function nodeFamilies(node: Watched, stats: RequestStats, clock: Clock): Family[] {
  const { services: { controller, partitions, groups, fetchSessions } } = node
  const server = node.server!
  const directories = node.directories!
  return [
    ...stateFamilies(node),
    ...trafficFamilies(partitions.traffic),
    ...requestFamilies(stats, server, clock),
    ...connectionFamilies(server),
    ...fetchSessionFamilies(fetchSessions),
    ...replicaFamilies(partitions, controller),
    ...controllerFamilies(controller),
    ...groupFamilies(groups),
    ...directoryFamilies([...new Set(node.config.logDirs)], directories),
    ...cleanerFamilies(node.cleaning, clock),
    ...logFamilies(partitions),
    ...lagFamilies({ groups, partitions, clock }),
  ]
}
