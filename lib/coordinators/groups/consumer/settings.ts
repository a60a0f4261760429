// The settings of consumer groups, out of the node's configuration and what groups have for
// themselves.

import { ConfigType } from '../../../../controller/image/configs.ts'
import type { Image } from '../../../../controller/image/image.ts'
import type { Config } from '../../../config.ts'
import { StartError } from '../../../start-error.ts'
import { rangeAssignor } from './assignors/range.ts'
import type { Assignor } from './assignors/spec.ts'
import { uniformAssignor } from './assignors/uniform.ts'
import type { ConsumerSettings } from './world.ts'

/** The name of what holds for all brokers. */
const ALL_BROKERS = ''

/** As Kafka's, which documents no setting for it. */
const REGEX_REFRESH_INTERVAL_MS = 10 * 60_000

const BUILT_IN: readonly Assignor[] = [uniformAssignor, rangeAssignor]

/** Throws StartError for an assignor that there is not. */
export function consumerSettings(config: Config, image: () => Image): ConsumerSettings {
  const policy = config.groupConsumerMigrationPolicy.toUpperCase()
  return {
    assignors: config.groupConsumerAssignors.map(assignorOf),
    maxSize: config.groupConsumerMaxSize,
    classicMaxSize: config.groupMaxSize,
    migration: {
      mayUpgrade: policy === 'UPGRADE' || policy === 'BIDIRECTIONAL',
      mayDowngrade: policy === 'DOWNGRADE' || policy === 'BIDIRECTIONAL',
    },
    regexRefreshIntervalMs: REGEX_REFRESH_INTERVAL_MS,
    of(groupId) {
      const { configs } = image()
      const own = (name: string) => configs.value(ConfigType.GROUP, groupId, name)
      // It can be changed for this broker, or for all, while they run.
      const dynamic = (resource: string) =>
        configs.value(ConfigType.BROKER, resource, 'group.consumer.assignment.interval.ms')
      const assignmentIntervalMs = Number(dynamic(String(config.nodeId)) ?? dynamic(ALL_BROKERS)
        ?? config.groupConsumerAssignmentIntervalMs)
      return {
        sessionTimeoutMs: within(own('consumer.session.timeout.ms'),
          config.groupConsumerSessionTimeoutMs,
          config.groupConsumerMinSessionTimeoutMs, config.groupConsumerMaxSessionTimeoutMs),
        heartbeatIntervalMs: within(own('consumer.heartbeat.interval.ms'),
          config.groupConsumerHeartbeatIntervalMs,
          config.groupConsumerMinHeartbeatIntervalMs, config.groupConsumerMaxHeartbeatIntervalMs),
        assignmentIntervalMs: within(own('consumer.assignment.interval.ms'),
          assignmentIntervalMs,
          config.groupConsumerMinAssignmentIntervalMs, config.groupConsumerMaxAssignmentIntervalMs),
      }
    },
  }
}

function assignorOf(name: string): Assignor {
  const assignor = BUILT_IN.find((each) => each.name === name)
  if (assignor !== undefined) return assignor
  throw new StartError(`group.consumer.assignors: there is no assignor ${name} here; `
    + `there are ${BUILT_IN.map((each) => each.name).join(' and ')}`)
}

/** A group's own value gives way to bounds that came after it. */
function within(own: string | undefined, fallback: number, least: number, most: number): number {
  return own === undefined ? fallback : Math.min(Math.max(Number(own), least), most)
}
