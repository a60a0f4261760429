// The configs that a group may have for itself (KIP-848, KIP-932, KIP-1071): one table with Kafka's
// names, defaults and checks.

import {
  atLeast, badValue, type Check, type ConfigType, oneOf,
} from '../storage/config-values.ts'
import { checkUnique } from './config-lists.ts'

/** A server setting that bounds a config, and Kafka's default of it. */
export interface Bound {
  /** Undefined: Kafka documents no setting for it. */
  readonly setting: string | undefined
  readonly default: number
}

interface Rules {
  readonly check?: Check
  /** The server setting that groups have their value from. */
  readonly synonym?: string
  readonly least?: Bound
  readonly most?: Bound
  /** Kafka takes it, but does not document it. */
  readonly isInternal?: true
}

export interface GroupConfig extends Rules {
  readonly name: string
  readonly type: ConfigType
  /** Kafka's default, as text. */
  readonly default: string
  readonly doc: string
}

function config(
  name: string, type: ConfigType, fallback: number | boolean | string, rules: Rules, doc: string,
): GroupConfig {
  return { name, type, default: String(fallback), ...rules, doc }
}

/**
 * A number that comes from the server (`group.share.session.timeout.ms`), and has to lie between
 * two of its settings (`group.share.min.session.timeout.ms`), whose defaults are `least` and
 * `most`.
 */
function limited(
  name: string, fallback: number, leastEver: number, least: number, most: number, doc: string,
): GroupConfig {
  const [kind = '', ...rest] = name.split('.')
  const setting = (bound: string): string => ['group', kind, bound, ...rest].join('.')
  return config(name, 'int', fallback, {
    check: atLeast(leastEver),
    synonym: `group.${name}`,
    least: { setting: setting('min'), default: least },
    most: { setting: setting('max'), default: most },
  }, doc)
}

function internal(name: string, check?: Check): Rules {
  return { synonym: `group.${name}`, isInternal: true, ...check && { check } }
}

/** What java.time.Duration reads, but for what is below zero. */
const DURATION =
  /^by_duration:\+?p(?=.)(\+?\d+d)?(t(?=.)(\+?\d+h)?(\+?\d+m)?(\+?\d+([.,]\d{0,9})?s)?)?$/i

const autoOffsetReset: Check = (name, value, text) => {
  const strategy = String(value)
  if (strategy === 'earliest' || strategy === 'latest' || DURATION.test(strategy)) return
  throw badValue(name, text, `Invalid value \`${strategy}\` for configuration ${name}. The value ` +
    "must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.")
}

const isolationLevel = oneOf('read_committed', 'read_uncommitted')

/** Every config that a group of Kafka 4.4 has, as Kafka defines them. */
export const GROUP_CONFIGS: readonly GroupConfig[] = [
  limited('consumer.session.timeout.ms', 45_000, 1, 45_000, 60_000,
    'A member of the consumer protocol that is silent for so long is out.'),
  limited('consumer.heartbeat.interval.ms', 5000, 1, 5000, 15_000,
    'How often members of the consumer protocol send a heartbeat.'),
  limited('consumer.assignment.interval.ms', 1000, 0, 0, 15_000,
    'Shortest time between two assignments of a consumer group.'),
  config('consumer.assignor.offload.enable', 'boolean', true,
    internal('consumer.assignor.offload.enable'),
    'Compute assignments of a consumer group aside.'),
  limited('share.session.timeout.ms', 45_000, 1, 45_000, 60_000,
    'A member of a share group that is silent for so long is out.'),
  limited('share.heartbeat.interval.ms', 5000, 1, 5000, 15_000,
    'How often members of a share group send a heartbeat.'),
  limited('share.record.lock.duration.ms', 30_000, 1000, 15_000, 60_000,
    'How long a record belongs to the member that acquired it.'),
  limited('share.delivery.count.limit', 5, 2, 2, 10,
    'How often a record is delivered before it is given up.'),
  limited('share.partition.max.record.locks', 2000, 100, 100, 4000,
    'How many records of a partition may be acquired at a time.'),
  config('share.auto.offset.reset', 'string', 'latest', { check: autoOffsetReset },
    'Where a share group begins: earliest, latest, or by_duration:PnDTnHnMn.nS before now.'),
  config('share.isolation.level', 'string', 'read_uncommitted', { check: isolationLevel },
    'Whether records of transactions are delivered before these are committed.'),
  config('share.renew.acknowledge.enable', 'boolean', true, {},
    'Whether members may ask for more time with a record.'),
  limited('share.assignment.interval.ms', 1000, 0, 0, 15_000,
    'Shortest time between two assignments of a share group.'),
  config('share.assignor.offload.enable', 'boolean', true,
    internal('share.assignor.offload.enable'),
    'Compute assignments of a share group aside.'),
  limited('streams.session.timeout.ms', 45_000, 1, 45_000, 60_000,
    'A member of a streams group that is silent for so long is out.'),
  limited('streams.heartbeat.interval.ms', 5000, 1, 5000, 15_000,
    'How often members of a streams group send a heartbeat.'),
  config('streams.num.standby.replicas', 'int', 0, {
    check: atLeast(0),
    synonym: 'group.streams.num.standby.replicas',
    most: { setting: 'group.streams.max.standby.replicas', default: 2 },
  }, 'Standby copies of each task.'),
  config('streams.initial.rebalance.delay.ms', 'int', 3000,
    { check: atLeast(0), synonym: 'group.streams.initial.rebalance.delay.ms' },
    'How long the first assignment of a streams group waits for more members.'),
  limited('streams.assignment.interval.ms', 1000, 0, 0, 15_000,
    'Shortest time between two assignments of a streams group.'),
  config('streams.assignor.offload.enable', 'boolean', true,
    internal('streams.assignor.offload.enable'),
    'Compute assignments of a streams group aside.'),
  config('streams.task.offset.interval.ms', 'int', 60_000, {
    ...internal('streams.task.offset.interval.ms', atLeast(1)),
    least: { setting: undefined, default: 15_000 },
  }, 'How often members tell how far their warm-up tasks are.'),
  config('streams.num.warmup.replicas', 'int', 2, {
    ...internal('streams.num.warmup.replicas', atLeast(0)),
    most: { setting: undefined, default: 20 },
  }, 'Most warm-up tasks at a time.'),
  config('streams.rack.aware.assignment.tags', 'list', '',
    { check: checkUnique, synonym: 'group.streams.rack.aware.assignment.tags' },
    'Client tags by which standby copies are spread.'),
  config('streams.acceptable.recovery.lag', 'long', 10_000,
    internal('streams.acceptable.recovery.lag', atLeast(0)),
    'A member that lags by no more offsets may have an active task.'),
  config('streams.assignor.name', 'string', 'sticky', { synonym: 'group.streams.assignors' },
    "The group's task assignor; when unset, the first that the server has."),
  config('errors.deadletterqueue.topic.name', 'string', '', {},
    'Where a share group puts what it could not deliver; empty: nowhere.'),
  config('errors.deadletterqueue.copy.record.enable', 'boolean', false, {},
    'Whether what is put there has the key and value of the record.'),
]
