// The order in which Kafka lists settings: that of a java.util.HashMap over their names. Clients
// see it wherever all settings of a resource are described.

const LEAST_BUCKETS = 16
const LOAD_FACTOR = 0.75

/**
 * The names as a HashMap that has grown with them lists its keys: by bucket, and within one as they
 * were put there. That is the order of `names`, unless `ranks` says otherwise. A map that was made
 * as a copy of a small one may begin with fewer buckets.
 */
export function inHashOrder(
  names: readonly string[], ranks: ReadonlyMap<string, number> = new Map(),
  leastBuckets = LEAST_BUCKETS,
): string[] {
  const ranked = [...names.entries()]
    .sort(([i, a], [j, b]) => (ranks.get(a) ?? i) - (ranks.get(b) ?? j))
    .map(([, name]) => name)
  return inBucketOrder(ranked, hashOf, leastBuckets)
}

/** The same of keys that are no strings. */
export function inBucketOrder<T>(
  keys: readonly T[], hashCodeOf: (key: T) => number, leastBuckets = LEAST_BUCKETS,
): T[] {
  let buckets = leastBuckets
  while (keys.length > buckets * LOAD_FACTOR) buckets *= 2
  const placed = keys.map((key) => {
    const hash = hashCodeOf(key)
    // Its upper half is folded into the lower one.
    return { key, bucket: (hash ^ hash >>> 16) & (buckets - 1) }
  })
  return placed.sort((a, b) => a.bucket - b.bucket).map(({ key }) => key)
}

/** String.hashCode */
export function hashOf(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash, 31) + text.charCodeAt(i) | 0
  return hash
}

/** Of a HashMap that is made for a number of entries, and of one that is a copy of so many. */
export function bucketsFor(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(count, 1)))
}

export function bucketsOfCopy(count: number): number {
  return bucketsFor(Math.floor(count / LOAD_FACTOR + 1))
}

/**
 * Kafka puts settings into its maps as it defines them, part by part. Where Samsa's tables have
 * names of one bucket the other way round, this is Kafka's order: of a broker's settings,
 */
export const BROKER_RANKS = ranksOf([
  'errors.deadletterqueue.auto.create.topics.enable', 'min.insync.replicas',
  'sasl.oauthbearer.expected.audience',
  'group.consumer.max.size', 'group.consumer.assignors',
  'group.streams.assignors', 'log.message.timestamp.type',
  'transaction.partition.verification.enable', 'controller.quorum.auto.join.enable',
  'early.start.listeners', 'controlled.shutdown.enable',
  'share.coordinator.state.topic.compression.codec',
  'producer.purgatory.purge.interval.requests', 'controller.quorum.voters',
  'group.share.max.assignment.interval.ms', 'controller.quota.window.num',
  'group.share.assignment.interval.ms', 'log.preallocate',
  'sasl.kerberos.principal.to.local.rules',
  'sasl.mechanism.controller.protocol', 'group.share.max.record.lock.duration.ms',
  'share.fetch.purgatory.purge.interval.requests', 'alter.log.dirs.replication.quota.window.num',
  'log.cleaner.enable', 'controller.quorum.fetch.timeout.ms',
  'socket.connection.setup.timeout.ms', 'listeners',
  'config.providers', 'create.topic.policy.class.name',
  'share.coordinator.threads', 'sasl.server.max.receive.size', 'security.providers',
  'compression.lz4.level', 'log.roll.hours', 'controller.quorum.fetch.max.bytes',
  'group.share.max.size', 'controller.quorum.election.backoff.max.ms',
  'broker.id', 'max.request.partition.size.limit', 'offsets.topic.compression.codec',
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms', 'delegation.token.max.lifetime.ms',
])

/** and of a topic's. */
export const TOPIC_RANKS = ranksOf([
  'segment.bytes', 'retention.ms', 'compression.gzip.level',
  'flush.messages', 'compression.zstd.level',
  'max.compaction.lag.ms', 'file.delete.delay.ms',
  'retention.bytes', 'delete.retention.ms',
])

function ranksOf(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, rank) => [name, rank]))
}
