// Rules that tie several settings together, as Kafka checks them when it starts.

import { StartError } from '../start-error.ts'
import type { Listener, Voter } from './listeners.ts'
import type { SettingValues } from './table.ts'
import type { MergedTimes } from './topic-defaults.ts'

type Together = MergedTimes & Pick<
  SettingValues,
  | 'connectionFailedAuthenticationDelayMs' | 'connectionsMaxIdleMs' | 'interBrokerListenerName'
  | 'groupConsumerAssignmentIntervalMs' | 'groupConsumerAssignors'
  | 'groupConsumerHeartbeatIntervalMs' | 'groupConsumerMaxAssignmentIntervalMs'
  | 'groupConsumerMaxHeartbeatIntervalMs' | 'groupConsumerMaxSessionTimeoutMs'
  | 'groupConsumerMinAssignmentIntervalMs' | 'groupConsumerMinHeartbeatIntervalMs'
  | 'groupConsumerMinSessionTimeoutMs' | 'groupConsumerSessionTimeoutMs'
  | 'groupCoordinatorRebalanceProtocols'
  | 'maxConnectionsPerIp'
  | 'queuedMaxRequestBytes' | 'replicaFetchWaitMaxMs' | 'replicaLagTimeMaxMs'
  | 'replicaSocketTimeoutMs' | 'socketRequestMaxBytes'
> & {
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>
  readonly processRoles: readonly string[]
  readonly nodeId: number
  readonly controllerQuorumVoters: readonly Voter[]
  readonly advertisedListeners: readonly Listener[]
}

/** Throws StartError for the first rule that does not hold. */
export function checkTogether(config: Together): void {
  checkTimes(config)
  checkQuorum(config)
  checkListeners(config)
  checkConsumerGroups(config)
  must(
    config.maxConnectionsPerIp > 0 || config.maxConnectionsPerIpOverrides.size > 0,
    'max.connections.per.ip=0: must be at least 1 where max.connections.per.ip.overrides names '
      + 'none',
  )
  const { queuedMaxRequestBytes, socketRequestMaxBytes } = config
  must(
    queuedMaxRequestBytes <= 0 || queuedMaxRequestBytes >= socketRequestMaxBytes,
    `queued.max.request.bytes=${queuedMaxRequestBytes}: must be at least `
      + `socket.request.max.bytes (${socketRequestMaxBytes}), or -1`,
  )
}

function checkTimes(config: Together): void {
  must(
    config.logRetentionMs === -1 || config.logRetentionMs >= 1,
    `log.retention.ms=${config.logRetentionMs}: must be at least 1, or -1 for ever`,
  )
  must(config.logRollMs >= 1, `log.roll.ms=${config.logRollMs}: must be at least 1`)
  must(
    config.logRollJitterMs >= 0,
    `log.roll.jitter.ms=${config.logRollJitterMs}: must be at least 0`,
  )
  const waitMs = config.replicaFetchWaitMaxMs
  must(
    waitMs <= config.replicaSocketTimeoutMs,
    `replica.fetch.wait.max.ms=${waitMs}: must be at most replica.socket.timeout.ms `
      + `(${config.replicaSocketTimeoutMs})`,
  )
  must(
    waitMs <= config.replicaLagTimeMaxMs,
    `replica.fetch.wait.max.ms=${waitMs}: must be at most replica.lag.time.max.ms `
      + `(${config.replicaLagTimeMaxMs})`,
  )
  const { connectionFailedAuthenticationDelayMs: delayMs, connectionsMaxIdleMs: idleMs } = config
  must(
    idleMs < 0 || delayMs < idleMs,
    `connection.failed.authentication.delay.ms=${delayMs}: must be less than `
      + `connections.max.idle.ms (${idleMs})`,
  )
}

function checkConsumerGroups(config: Together): void {
  const {
    groupConsumerHeartbeatIntervalMs: heartbeatMs, groupConsumerSessionTimeoutMs: sessionMs,
  } = config
  checkBounds('heartbeat.interval.ms', heartbeatMs,
    config.groupConsumerMinHeartbeatIntervalMs, config.groupConsumerMaxHeartbeatIntervalMs)
  checkBounds('session.timeout.ms', sessionMs,
    config.groupConsumerMinSessionTimeoutMs, config.groupConsumerMaxSessionTimeoutMs)
  checkBounds('assignment.interval.ms', config.groupConsumerAssignmentIntervalMs,
    config.groupConsumerMinAssignmentIntervalMs, config.groupConsumerMaxAssignmentIntervalMs)
  must(
    heartbeatMs < sessionMs,
    `group.consumer.heartbeat.interval.ms=${heartbeatMs}: must be less than `
      + `group.consumer.session.timeout.ms (${sessionMs})`,
  )
  must(config.groupConsumerAssignors.length > 0, 'group.consumer.assignors: must name one')
  const protocols = config.groupCoordinatorRebalanceProtocols
  must(
    protocols.includes('classic'),
    `group.coordinator.rebalance.protocols=${protocols.join(',')}: must name classic`,
  )
}

/** Of a setting `group.consumer.…`, whose bounds are settings too. */
function checkBounds(name: string, value: number, least: number, most: number): void {
  must(
    least <= most,
    `group.consumer.max.${name}=${most}: must be at least group.consumer.min.${name} (${least})`,
  )
  must(
    value >= least && value <= most,
    `group.consumer.${name}=${value}: must be between group.consumer.min.${name} (${least}) and `
      + `group.consumer.max.${name} (${most})`,
  )
}

function checkQuorum({ processRoles, nodeId, controllerQuorumVoters }: Together): void {
  if (controllerQuorumVoters.length === 0) return
  const ids = controllerQuorumVoters.map(({ id }) => id)
  must(
    new Set(ids).size === ids.length,
    `controller.quorum.voters names ${ids.join(', ')}: must name each voter once`,
  )
  const isController = processRoles.includes('controller')
  must(
    ids.includes(nodeId) === isController,
    `node.id=${nodeId}: must ${isController ? '' : 'not '}be one of controller.quorum.voters `
      + `(${ids.join(', ')}) when process.roles=${processRoles.join(',')}`,
  )
}

function checkListeners(config: Together): void {
  if (!config.processRoles.includes('broker')) return
  const names = config.advertisedListeners.map(({ name }) => name)
  must(names.length > 0, 'listeners: must name at least one that is not of the controller')
  const among = config.interBrokerListenerName?.toUpperCase()
  must(
    among === undefined || names.includes(among),
    `inter.broker.listener.name=${among}: must be an advertised listener (${names.join(', ')})`,
  )
}

function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new StartError(otherwise)
}
