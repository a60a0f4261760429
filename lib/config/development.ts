// What a node is when nobody says anything: broker and controller at once, for development.

/**
 * The values of the `config/server.properties` that Kafka ships, but for the place of the data and
 * for what says Kafka's default once more.
 */
export const DEVELOPMENT: ReadonlyMap<string, string> = new Map(Object.entries({
  'process.roles': 'broker,controller',
  'node.id': '1',
  'listeners': 'PLAINTEXT://localhost:9092',
  'log.dirs': './samsa-data',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
}))

/** Of a node that is its whole cluster: internal topics cannot have more replicas than nodes. */
export const SINGLE_NODE: ReadonlyMap<string, string> = new Map(
  [...DEVELOPMENT].filter(([name]) => /\.(replication\.factor|min\.isr)$/.test(name)),
)
