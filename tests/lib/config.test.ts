// What a node makes of its settings: values, warnings, assumptions and refusals.

import { describe, expect, test } from '@jest/globals'
import { DEVELOPMENT, parseConfig, whyNotYet, type Config } from '../../lib/config.ts'
import { parseProperties } from '../../lib/properties.ts'
import { StartError } from '../../lib/start-error.ts'

interface Parsed {
  readonly config: Config
  readonly warnings: readonly string[]
}

function parse(text: string, base: ReadonlyMap<string, string> = DEVELOPMENT): Parsed {
  const warnings: string[] = []
  const config = parseConfig(parseProperties(text), (line) => warnings.push(line), { base })
  return { config, warnings }
}

const parseFile = (text: string) => parse(text, new Map())

/** One broker that is also the controller, as people find it in introductions to Kafka. */
const SINGLE = `
broker.id=0
listeners=PLAINTEXT://localhost:9092
log.dirs=/var/kafka-logs
num.network.threads=3
num.io.threads=8
socket.send.buffer.bytes=102400
socket.receive.buffer.bytes=102400
socket.request.max.bytes=104857600
log.retention.hours=168
log.segment.bytes=1073741824
log.retention.check.interval.ms=300000
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@localhost:9093
`

/** One of three nodes: an inline comment, a key given twice, and hosts of its own network. */
const HIGH_AVAILABILITY = `
broker.id=1  # Unique per broker
listeners=PLAINTEXT://broker1:9092
advertised.listeners=PLAINTEXT://broker1:9092
log.dirs=/var/kafka-logs
num.network.threads=8
num.io.threads=16
socket.send.buffer.bytes=102400
socket.receive.buffer.bytes=102400
socket.request.max.bytes=104857600

# Replication settings
default.replication.factor=3
min.insync.replicas=2
unclean.leader.election.enable=false
auto.create.topics.enable=false

# Retention settings
log.retention.hours=168
log.segment.bytes=1073741824
log.retention.check.interval.ms=300000

# KRaft configuration
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@broker1:9093,2@broker2:9093,3@broker3:9093
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://broker1:9092,CONTROLLER://broker1:9093
`

describe('files as people have them', () => {
  test('a single node starts as it stands and is told what was assumed', () => {
    const { config, warnings } = parseFile(SINGLE)
    expect(whyNotYet(config)).toBeUndefined()
    expect(config.nodeId).toBe(1)
    expect(config.logDirs).toEqual(['/var/kafka-logs'])
    expect(config.brokerListeners).toEqual([
      { name: 'PLAINTEXT', host: 'localhost', port: 9092, securityProtocol: 'PLAINTEXT' },
    ])
    expect(config.controllerListeners).toEqual([
      { name: 'CONTROLLER', host: 'localhost', port: 9093, securityProtocol: 'PLAINTEXT' },
    ])
    expect(config.controllerListenerNames).toEqual(['CONTROLLER'])
    expect(warnings).toContain('broker.id=0 differs from node.id=1: node.id counts')
    expect(warnings).toContain('listeners has none for the controller: '
      + 'CONTROLLER://localhost:9093 is assumed, from controller.quorum.voters')
  })

  test('internal topics of a single node have one replica, and a warning says so', () => {
    const { config, warnings } = parseFile(SINGLE)
    expect(config.offsetsTopicReplicationFactor).toBe(1)
    expect(config.get('transaction.state.log.min.isr')).toBe('1')
    expect(warnings.join('\n')).toMatch(/1 is assumed for offsets\.topic\.replication\.factor, /)
  })

  test('what a file gives is never assumed away', () => {
    const { config } = parseFile(`${SINGLE}\noffsets.topic.replication.factor=3`)
    expect(config.offsetsTopicReplicationFactor).toBe(3)
  })

  test('a node of a cluster is read whole, and why it cannot start is one line', () => {
    const { config, warnings } = parseFile(HIGH_AVAILABILITY)
    expect(config.controllerQuorumVoters).toEqual([
      { id: 1, host: 'broker1', port: 9093 },
      { id: 2, host: 'broker2', port: 9093 },
      { id: 3, host: 'broker3', port: 9093 },
    ])
    expect(config.listeners.map(({ name, host }) => `${name} ${host}`))
      .toEqual(['PLAINTEXT broker1', 'CONTROLLER broker1'])
    expect(config.advertisedListeners).toHaveLength(1)
    expect(config.defaultReplicationFactor).toBe(3)
    expect(config.autoCreateTopicsEnable).toBe(false)
    expect(config.offsetsTopicReplicationFactor).toBe(3)
    expect(warnings.join('\n')).toMatch(/^broker\.id=1 +# Unique per broker: 1 is taken/m)
    expect(whyNotYet(config)).toMatch(/^controller\.quorum\.voters names 3 voters: .*not.*yet.*$/)
  })
})

describe('without a file', () => {
  test('there is one node for development, and nothing to warn of', () => {
    const { config, warnings } = parse('')
    expect(warnings).toEqual([])
    expect(config.processRoles).toEqual(['broker', 'controller'])
    expect(config.logDirs).toEqual(['./samsa-data'])
    expect(config.groupInitialRebalanceDelayMs).toBe(0)
    expect(config.offsetsTopicReplicationFactor).toBe(1)
    expect(config.autoCreateTopicsEnable).toBe(true)
    expect(config.advertisedListeners).toEqual([
      { name: 'PLAINTEXT', host: 'localhost', port: 9092, securityProtocol: 'PLAINTEXT' },
    ])
    expect(whyNotYet(config)).toBeUndefined()
  })

  test('an override wins over what is assumed', () => {
    const { config } = parse('listeners=PLAINTEXT://127.0.0.1:0')
    expect(config.listeners).toHaveLength(1)
    expect(config.listeners[0]).toMatchObject({ host: '127.0.0.1', port: 0 })
  })
})

describe('advertised.listeners', () => {
  test('may say where the quorum is, beside the broker', () => {
    const { config } = parse([
      'process.roles=broker,controller', 'node.id=1', 'controller.listener.names=CONTROLLER',
      'listeners=PLAINTEXT://:9092,CONTROLLER://:9093',
      'advertised.listeners=PLAINTEXT://b:1,CONTROLLER://c:2',
    ].join('\n'))
    expect(config.advertisedListeners).toMatchObject([{ name: 'PLAINTEXT', host: 'b', port: 1 }])
    expect(config.advertisedControllerListeners)
      .toMatchObject([{ name: 'CONTROLLER', host: 'c', port: 2 }])
    expect(config.controllerListeners).toMatchObject([{ host: '', port: 9093 }])
  })
})

describe('warnings', () => {
  test('name the nearest setting for an unknown one', () => {
    expect(parse('num.partition=3').warnings)
      .toEqual(['num.partition is ignored: no setting has this name; did you mean num.partitions?'])
    expect(parse('my.own.thing.entirely=3').warnings)
      .toEqual(['my.own.thing.entirely is ignored: no setting has this name'])
  })

  test('say that ZooKeeper is gone', () => {
    const { warnings } = parse('zookeeper.connect=localhost:2181')
    expect(warnings).toEqual(['zookeeper.connect is ignored: there is no ZooKeeper any more'])
  })

  test('say what has no effect yet, and what never will', () => {
    expect(parse('early.start.listeners=A').warnings)
      .toEqual(['early.start.listeners=A has no effect yet: Samsa does not act on this setting'])
    expect(parse('num.io.threads=4').warnings)
      .toEqual(['num.io.threads=4 has no effect: one thread serves all'])
  })

  test('give addresses limits of their own', () => {
    const { config } = parse('max.connections.per.ip.overrides=localhost:5, ::1:2,10.0.0.1 : 0')
    expect([...config.maxConnectionsPerIpOverrides])
      .toEqual([['localhost', 5], ['::1', 2], ['10.0.0.1', 0]])
    expect(config.get('max.connections.per.ip.overrides')).toBe('localhost:5, ::1:2,10.0.0.1 : 0')
  })

  test('accept the settings of one listener', () => {
    const { config, warnings } = parse('listener.name.plaintext.max.connections=5')
    expect(warnings).toEqual([])
    expect([...config.listenerSettings]).toEqual([['listener.name.plaintext.max.connections', '5']])
    expect(parse('listener.name.plaintext.ssl.client.auth=none').warnings)
      .toEqual(['listener.name.plaintext.ssl.client.auth has no effect yet: '
        + 'Samsa does not act on this setting'])
    expect(() => parse('listener.name.plaintext.max.connections=many')).toThrow(new StartError(
      'listener.name.plaintext.max.connections=many: must be a whole number of at least 0'))
  })

  test('of a listener have its name in lower case, as in Kafka', () => {
    const { config, warnings } = parse('listener.name.PLAINTEXT.max.connections=5')
    expect(warnings).toHaveLength(1)
    expect(config.listenerSettings.size).toBe(0)
  })

  test('do not show secrets', () => {
    expect(parse('ssl.key.password=swordfish').warnings.join()).not.toContain('swordfish')
  })

  test('come with dropped comments after numbers and booleans, not after texts', () => {
    const { config, warnings } = parse('num.partitions=3 # three\nbroker.rack=r # 1\n'
      + 'delete.topic.enable=false\t# never')
    expect(config.numPartitions).toBe(3)
    expect(config.deleteTopicEnable).toBe(false)
    expect(config.get('num.partitions')).toBe('3')
    expect(config.brokerRack).toBe('r # 1')
    expect(warnings.filter((line) => line.includes('for a comment'))).toHaveLength(2)
  })
})

describe('a bad value stops with one line naming setting, value and what is allowed', () => {
  test.each([
    ['num.partitions=0', 'num.partitions=0: must be a whole number of at least 1'],
    ['num.partitions=three', 'num.partitions=three: must be a whole number of at least 1'],
    ['num.partitions=', 'num.partitions=: must be a whole number of at least 1'],
    ['delete.topic.enable=yes', 'delete.topic.enable=yes: must be true or false'],
    ['compression.type=brotli', 'compression.type=brotli: must be one of uncompressed, zstd, lz4, '
      + 'snappy, gzip, producer'],
    ['log.cleanup.policy=delete,keep', 'log.cleanup.policy=delete,keep: must be a list of '
      + 'compact, delete'],
    ['compression.gzip.level=0', 'compression.gzip.level=0: must be a whole number from 1 to 9, '
      + 'or -1'],
    ['log.cleaner.min.cleanable.ratio=2', 'log.cleaner.min.cleanable.ratio=2: must be a number '
      + 'from 0 to 1'],
    ['listeners=localhost:9092', 'listeners=localhost:9092: must be NAME://host:port'],
    ['listeners=PLAINTEXT://h:70000', 'listeners=PLAINTEXT://h:70000: the port must lie from 0 '
      + 'to 65535'],
    ['listeners=A://h:1', 'listeners names A, which listener.security.protocol.map gives no '
      + 'protocol'],
    ['listeners=PLAINTEXT://0.0.0.0:9092', 'advertised.listeners must not be 0.0.0.0, which no '
      + 'client can reach; name an address of this machine'],
    ['advertised.listeners=SSL://h:1', 'advertised.listeners names SSL: must be a listener of the '
      + 'broker (PLAINTEXT)'],
    ['group.consumer.session.timeout.ms=1000', 'group.consumer.session.timeout.ms=1000: must be '
      + 'between group.consumer.min.session.timeout.ms (45000) and '
      + 'group.consumer.max.session.timeout.ms (60000)'],
    ['group.consumer.max.heartbeat.interval.ms=1', 'group.consumer.max.heartbeat.interval.ms=1: '
      + 'must be at least group.consumer.min.heartbeat.interval.ms (5000)'],
    ['group.coordinator.rebalance.protocols=consumer',
      'group.coordinator.rebalance.protocols=consumer: must name classic'],
    ['controller.quorum.voters=2@h:1', 'node.id=1: must be one of controller.quorum.voters (2) '
      + 'when process.roles=broker,controller'],
    ['controller.quorum.voters=h:1', 'controller.quorum.voters=h:1: must be id@host:port'],
    ['max.connections.per.ip=0', 'max.connections.per.ip=0: must be at least 1 where '
      + 'max.connections.per.ip.overrides names none'],
    ['max.connections.per.ip.overrides=localhost', 'max.connections.per.ip.overrides=localhost: '
      + 'must be host:count'],
    ['log.retention.ms=0', 'log.retention.ms=0: must be at least 1, or -1 for ever'],
    ['process.roles=broker,zookeeper', 'process.roles=broker,zookeeper: must be a list of broker, '
      + 'controller'],
    ['node.id=99999999999', 'node.id=99999999999: must be a whole number from 0 to '
      + '2147483647'],
  ])('%s', (text, message) => {
    expect(() => parse(text)).toThrow(new StartError(message))
  })
})

describe('values', () => {
  test('of retention: milliseconds win over minutes, minutes over hours', () => {
    expect(parse('').config.logRetentionMs).toBe(604_800_000)
    expect(parse('log.retention.hours=1').config.logRetentionMs).toBe(3_600_000)
    expect(parse('log.retention.hours=1\nlog.retention.minutes=3').config.logRetentionMs)
      .toBe(180_000)
    expect(parse('log.retention.minutes=3\nlog.retention.ms=5').config.logRetentionMs).toBe(5)
    expect(parse('log.retention.hours=-1').config.logRetentionMs).toBe(-1)
  })

  test('of rolling: milliseconds win over hours', () => {
    expect(parse('log.roll.hours=2').config.logRollMs).toBe(7_200_000)
    expect(parse('log.roll.hours=2\nlog.roll.ms=7').config.logRollMs).toBe(7)
    expect(parse('log.roll.jitter.hours=1').config.logRollJitterMs).toBe(3_600_000)
  })

  test('of topics follow those of the server', () => {
    const { topicDefaults } = parse('log.retention.minutes=1\nmessage.max.bytes=9\n'
      + 'log.cleanup.policy=compact,delete\nlog.flush.scheduler.interval.ms=11').config
    expect(topicDefaults.get('retention.ms')).toBe('60000')
    expect(topicDefaults.get('max.message.bytes')).toBe('9')
    expect(topicDefaults.get('cleanup.policy')).toBe('compact,delete')
    expect(topicDefaults.get('flush.ms')).toBe('11')
    expect(topicDefaults.get('segment.ms')).toBe('604800000')
    expect(topicDefaults.get('min.cleanable.dirty.ratio')).toBe('0.5')
  })

  test('of broker.id stand in for node.id', () => {
    const base = new Map([...DEVELOPMENT].filter(([name]) => name !== 'node.id'))
    expect(parse('broker.id=7', base).config.nodeId).toBe(7)
    expect(parse('', base).warnings).toContain('node.id is not given: 1 is assumed')
  })

  test('of directories: log.dirs wins over log.dir, metadata has its own or the first', () => {
    const { config } = parse('log.dir=/a\nlog.dirs=/b, /c')
    expect(config.logDirs).toEqual(['/b', '/c'])
    expect(config.metadataLogDir).toBe('/b')
    expect(parse('metadata.log.dir=/m').config.metadataLogDir).toBe('/m')
  })

  test('by name are texts, null where there is none', () => {
    const { config } = parse('num.partitions=5')
    expect(config.get('num.partitions')).toBe('5')
    expect(config.get('message.max.bytes')).toBe('1048588')
    expect(config.get('broker.rack')).toBeNull()
    expect(config.given('num.partitions')).toBe(true)
    expect(config.given('message.max.bytes')).toBe(false)
  })

  test('of a listener on all addresses are advertised by the name of the machine', () => {
    const properties = new Map([['listeners', 'PLAINTEXT://:9092']])
    const config = parseConfig(properties, () => {}, { base: DEVELOPMENT, hostName: 'here' })
    expect(config.brokerListeners[0]?.host).toBe('')
    expect(config.advertisedListeners[0]?.host).toBe('here')
  })

  test('of IPv6 hosts lose their brackets', () => {
    expect(parse('listeners=plaintext://[::1]:9092').config.brokerListeners[0])
      .toEqual({ name: 'PLAINTEXT', host: '::1', port: 9092, securityProtocol: 'PLAINTEXT' })
  })

  test('may name listeners as they like', () => {
    const { config } = parse('listeners=INSIDE://a:1,OUTSIDE://b:2,CONTROL://c:3\n'
      + 'controller.listener.names=CONTROL\n'
      + 'listener.security.protocol.map=INSIDE:PLAINTEXT,OUTSIDE:SSL,CONTROL:PLAINTEXT\n'
      + 'inter.broker.listener.name=INSIDE')
    expect(config.brokerListeners.map(({ name }) => name)).toEqual(['INSIDE', 'OUTSIDE'])
    expect(config.controllerListeners.map(({ name }) => name)).toEqual(['CONTROL'])
    expect(whyNotYet(config)).toContain('OUTSIDE is to speak SSL')
  })
})
