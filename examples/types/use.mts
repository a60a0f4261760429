// What a project that uses Samsa from TypeScript may write, and what its compiler refuses. It is
// compiled as an ES module, as a CommonJS module (use.cts) and for a bundler.

import {
  Broker, type BrokerOptions, type Fault, type KafkaRecord, KafkaError, type RecordMetadata,
  type Settings, type Snapshot, StartError, VERSION,
} from 'samsa'

export const settings: Settings = {
  'group.initial.rebalance.delay.ms': 0,
  'log.retention.bytes': '9223372036854775807',
  'auto.create.topics.enable': false,
  'group.consumer.assignors': ['uniform'],
}

export async function use(options: BrokerOptions = { settings }): Promise<void> {
  const broker: Broker = await Broker.start(options)
  await broker.topics.create('orders', { partitions: 3, configs: { 'cleanup.policy': 'compact' } })
  const [place]: RecordMetadata[] = await broker.produce('orders', { key: 'a', value: 'b' })
  console.log(place?.offset.toFixed(), VERSION.length, broker.clock.now() + 1)
  for await (const record of broker.records('orders', { until: 'end' })) show(record)
  const fault: Fault = broker.faults.on('Produce')
    .when(({ body, clientId }) => body.topicData.length > 0 && clientId !== null)
    .times(2).reply('NOT_LEADER_OR_FOLLOWER')
  console.log(fault.count + 1)
  const snapshot: Snapshot = await broker.snapshot()
  await (await snapshot.fork({ settings: { 'num.partitions': 2 } })).close()
  await broker.close()
}

function show({ key, value, headers, offset, timestamp }: KafkaRecord): void {
  console.log(key?.toString(), value?.length, headers[0]?.key, offset + timestamp)
}

export function isMissing(error: unknown): boolean {
  return error instanceof StartError
    || (error instanceof KafkaError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION')
}

export async function wrong(broker: Broker): Promise<void> {
  // @ts-expect-error: there is no such setting
  await Broker.start({ settings: { 'log.retention.sm': 1 } })
  // @ts-expect-error: it is a number
  await Broker.start({ settings: { 'log.retention.ms': 'long' } })
  // @ts-expect-error: there is no such topic config
  await broker.topics.create('orders', { configs: { 'cleanup.polcy': 'compact' } })
  // @ts-expect-error: there is no such API
  broker.faults.on('Prodcue').drop()
  // @ts-expect-error: there is no such error
  broker.faults.on('Produce').reply('NOT_LEADER')
  // @ts-expect-error: Fetch has no such field
  broker.faults.on('Fetch').when(({ body }) => body.acks === 1).drop()
}
