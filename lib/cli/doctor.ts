// `samsa doctor`: can a client with this bootstrap really work? Each step that one takes, looked at
// by itself; what is wrong is told with the setting that is.

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { Errors, errorName } from '../../protocol/errors.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { fetch } from '../../protocol/messages/fetch.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'
import { type Client, partitionKey } from '../client/client.ts'
import type { Connection } from '../client/connection.ts'
import { type Address, addressText } from '../address.ts'
import { ForeignError, RefusedError, TimeoutError, UnreachableError } from '../client/errors.ts'
import { Fetcher } from '../client/fetcher.ts'
import type { ClusterView } from '../client/metadata.ts'
import { create, remove } from '../client/topics.ts'
import { command } from './command.ts'
import { counted } from './arguments.ts'
import { DONE, FAILED, UNREACHABLE } from './exit.ts'
import { parseBootstrap, type Session } from './session.ts'
import { shownDuration } from './units.ts'

const MOST_SKEW_MS = 1000

interface Finding {
  readonly step: string
  readonly state: 'ok' | 'note' | 'wrong'
  readonly detail: string
  /** The setting that is wrong, as the broker calls it. */
  readonly setting?: string
  readonly next?: string
}

/** Nothing after it makes sense. */
class Stop extends Error {}

const doctor = command({
  usage: 'doctor [address]',
  describe: 'Can a client with this bootstrap really work? Names the wrong setting',
  examples: [
    ['samsa doctor kafka.example.com:9092', 'all that a client does, step by step'],
    ['samsa doctor localhost:9092 --read-only', 'without a topic of its own'],
  ],
  options: (yargs) => yargs
    .positional('address', {
      type: 'string', describe: 'host:port, or several; --bootstrap if left out',
    })
    .option('read-only', {
      type: 'boolean', default: false, describe: 'Make no topic, write no record',
    }),
  async run({ address: given, bootstrap, readOnly }, session) {
    const text = given ?? bootstrap
    const examination = new Examination(session, parseBootstrap(text))
    await examination.run(readOnly)
    const { findings } = examination
    const wrong = findings.filter(({ state }) => state === 'wrong').length
    session.output.show({ address: text, healthy: wrong === 0, findings }, () => {
      session.output.line(wrong === 0 ? `A client can work with ${text}.`
        : `${counted(wrong, 'thing')} ${wrong === 1 ? 'is' : 'are'} wrong.`)
    })
    if (!examination.isReached) return UNREACHABLE
    return wrong === 0 ? DONE : FAILED
  },
})

class Examination {
  readonly findings: Finding[] = []
  readonly #session: Session
  readonly #bootstrap: readonly Address[]
  /** The first of them that took a connection. */
  #address: Address
  readonly #client: Client

  /** Whether a broker, or what listens in its place, took a connection. */
  isReached = false

  constructor(session: Session, bootstrap: readonly Address[]) {
    this.#session = session
    this.#bootstrap = bootstrap
    this.#address = bootstrap[0]!
    this.#client = session.newClient(bootstrap)
  }

  async run(isReadOnly: boolean): Promise<void> {
    try {
      this.#versions(await this.#connectAny())
      const cluster = await this.#client.cluster({ topics: 'all' })
      this.#cluster(cluster)
      for (const broker of cluster.brokers.values()) await this.#advertised(broker, cluster)
      this.#partitions(cluster)
      await this.#coordinator()
      if (!isReadOnly) await this.#roundTrip()
    } catch (error) {
      if (!(error instanceof Stop)) throw error
    } finally {
      this.#client.close()
    }
  }

  #tell(finding: Finding): void {
    this.findings.push(finding)
    const { output } = this.#session
    if (output.isJson) return
    const { state, step, detail, setting, next } = finding
    const mark = state === 'wrong' ? 'WRONG' : state.padEnd(5)
    output.line(`${mark}  ${step.padEnd(12)}  ${detail}`)
    const indent = ' '.repeat(21)
    if (setting !== undefined) output.line(`${indent}setting: ${setting}`)
    if (next !== undefined) output.line(`${indent}${next}`)
  }

  async #resolve(
    { host }: Address, step: string, setting: string | undefined,
  ): Promise<boolean> {
    if (isIP(host) !== 0) return true
    try {
      const found = await lookup(host, { all: true })
      const addresses = found.map((one) => one.address).join(', ')
      this.#tell({ step, state: 'ok', detail: `${host} is ${addresses}` })
      return true
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      this.#tell({
        step, state: 'wrong', detail: `no address is known for ${host} (${code})`,
        ...setting === undefined
          ? { next: 'Is the name right? The name server of this machine does not know it.' }
          : { setting, next: 'It must name an address that clients can resolve and reach.' },
      })
      if (setting === undefined) throw new Stop()
      return false
    }
  }

  /** Every address of the bootstrap is tried: a client may take any. */
  async #connectAny(): Promise<Connection> {
    let first: Connection | undefined
    for (const address of this.#bootstrap) {
      try {
        await this.#resolve(address, 'resolves', undefined)
        const connection = await this.#connect(address)
        if (first === undefined) this.#address = address
        first ??= connection
      } catch (error) {
        if (!(error instanceof Stop)) throw error
      }
    }
    if (first === undefined) throw new Stop()
    return first
  }

  async #connect(address: Address): Promise<Connection> {
    const { clock } = this.#session
    const startMs = clock.monotonicMs()
    try {
      const connection = await this.#client.connect(address)
      const elapsed = shownDuration(clock.monotonicMs() - startMs)
      this.isReached = true
      this.#tell({ step: 'connects', state: 'ok', detail: `${connection.address} in ${elapsed}` })
      return connection
    } catch (error) {
      if (error instanceof ForeignError) this.isReached = true
      this.#tell({ step: 'connects', state: 'wrong', ...explained(error) })
      throw new Stop()
    }
  }

  #versions(connection: Connection): void {
    const { versions, greeting } = connection
    const missing = [produce, fetch, metadata].filter((api) => (
      connection.versionOf(api) === undefined))
    const level = greeting.finalizedFeatures?.find(({ name }) => name === 'metadata.version')
    const detail = `${versions.size} APIs, Produce up to ${versions.get(produce.key)?.maxVersion}, `
      + `Fetch up to ${versions.get(fetch.key)?.maxVersion}`
      + (level === undefined ? '' : `, metadata.version ${level.maxVersionLevel}`)
    if (missing.length === 0) this.#tell({ step: 'versions', state: 'ok', detail })
    else {
      this.#tell({
        step: 'versions', state: 'wrong',
        detail: `no version in common of ${missing.map(({ name }) => name).join(', ')}`,
        next: 'Is it the listener of a controller? Clients speak to brokers: see listeners.',
        setting: 'listeners',
      })
      throw new Stop()
    }
  }

  #cluster({ clusterId, controllerId, brokers }: ClusterView): void {
    if (brokers.size === 0) {
      this.#tell({
        step: 'brokers', state: 'wrong', detail: 'the cluster has none that is not fenced',
        next: 'A broker that cannot reach the controllers stays fenced; its log says why.',
        setting: 'controller.quorum.voters',
      })
      throw new Stop()
    }
    this.#tell({
      step: 'cluster', state: 'ok',
      detail: `${clusterId ?? 'without an id'}, ${counted(brokers.size, 'broker')}, `
        + (controllerId < 0 ? 'no controller' : `changes go to ${controllerId}`),
    })
    if (controllerId < 0) {
      this.#tell({
        step: 'controller', state: 'wrong', detail: 'there is none: nothing can be changed',
        next: '`samsa quorum` shows who votes and who is behind.',
      })
    }
  }

  /** What a client really connects to: the names that brokers give of themselves. */
  async #advertised(
    broker: Address & { readonly id: number }, { clusterId }: ClusterView,
  ): Promise<void> {
    const step = `broker ${broker.id}`
    const setting = 'advertised.listeners'
    const name = addressText(broker)
    if (isLoopback(broker.host) && !isLoopback(this.#address.host)) {
      this.#tell({
        step, state: 'wrong', setting,
        detail: `it calls itself ${name}: a client elsewhere would connect to itself`,
        next: `It should name what clients use, such as ${addressText({
          host: this.#address.host, port: broker.port })}.`,
      })
      return
    }
    if (broker.host !== this.#address.host && !await this.#resolve(broker, step, setting)) return
    try {
      const connection = await this.#client.connect(broker)
      const answer = await connection.request(metadata, { topics: [] })
      if (clusterId !== null && answer.clusterId !== clusterId) {
        this.#tell({
          step, state: 'wrong', setting,
          detail: `${name} is of another cluster: ${answer.clusterId}`,
          next: 'Two brokers give the same name, or a proxy leads elsewhere.',
        })
        return
      }
      this.#tell({ step, state: 'ok', detail: `calls itself ${name}, and is there` })
    } catch (error) {
      const why = explained(error, `it calls itself ${name}, but `)
      this.#tell({ step, state: 'wrong', setting, ...why })
    }
  }

  #partitions({ topics }: ClusterView): void {
    const all = [...topics.values()].flatMap(({ name, partitions }) => (
      partitions.map((partition) => ({ topic: name, ...partition }))))
    const headless = all.filter(({ leaderId }) => leaderId < 0)
    const behind = all.filter(({ isr, replicas }) => isr.length < replicas.length)
    const detail = `${counted(topics.size, 'topic')}, ${counted(all.length, 'partition')}`
    if (headless.length > 0) {
      this.#tell({
        step: 'partitions', state: 'wrong',
        detail: `${headless.length} of ${all.length} have no leader, such as `
          + partitionKey(headless[0]!),
        next: `\`samsa topics describe ${headless[0]!.topic}\` shows where its replicas should be.`,
      })
    } else if (behind.length > 0) {
      this.#tell({
        step: 'partitions', state: 'note',
        detail: `${detail}; of ${behind.length} a replica is not in sync`,
      })
    } else {
      this.#tell({ step: 'partitions', state: 'ok', detail })
    }
  }

  async #coordinator(): Promise<void> {
    const step = 'groups'
    try {
      const { address } = await this.#client.coordinator('group', 'samsa-doctor')
      this.#tell({ step, state: 'ok', detail: `a coordinator answers: ${address}` })
    } catch (error) {
      if (!(error instanceof RefusedError)) {
        this.#tell({ step, state: 'wrong', ...explained(error) })
        return
      }
      this.#tell({
        step, state: 'wrong', detail: `no coordinator: ${errorName(error.code)}`,
        setting: 'offsets.topic.replication.factor',
        next: 'With fewer brokers than that, __consumer_offsets is not made, and no group works.',
      })
    }
  }

  /** A topic of its own, a record there and back, and the clock of the broker on the way. */
  async #roundTrip(): Promise<void> {
    const { clock } = this.#session
    const name = `samsa-doctor-${Math.floor(Math.random() * 1e9).toString(36)}`
    const [made] = await create(this.#client, [{
      name, partitions: 1, configs: new Map([['message.timestamp.type', 'LogAppendTime']]),
    }])
    if (made instanceof RefusedError) {
      this.#tell({
        step: 'topic', state: 'wrong', detail: `cannot be made: ${made.message}`,
        ...made.code === Errors.INVALID_REPLICATION_FACTOR
          ? { setting: 'default.replication.factor' } : {},
      })
      return
    }
    try {
      const { topicId = ZERO_UUID } = await this.#client.readyTopic(name)
      const startMs = clock.monotonicMs()
      const sentMs = clock.nowMs()
      const appendedMs = await this.#produce(name, topicId)
      const producedMs = clock.monotonicMs() - startMs
      this.#tell({
        step: 'produce', state: 'ok', detail: `acknowledged in ${shownDuration(producedMs)}`,
      })
      await this.#fetch(name)
      this.#clock(appendedMs, sentMs, clock.nowMs())
    } catch (error) {
      const isTooFew = error instanceof RefusedError && error.code === Errors.NOT_ENOUGH_REPLICAS
      this.#tell({
        step: 'records', state: 'wrong', ...explained(error),
        ...isTooFew ? { setting: 'min.insync.replicas' } : {},
      })
    } finally {
      await remove(this.#client, [name])
    }
  }

  /** Gives the broker's time of the append. */
  async #produce(name: string, topicId: string): Promise<number> {
    return this.#client.retry(async () => {
      const leader = await this.#client.leaderOf({ topic: name, partition: 0 })
      const connection = await this.#client.broker(leader)
      const records = buildBatch({
        records: [{ value: Buffer.from('how are you?') }],
        timestampMs: this.#session.clock.nowMs(),
      })
      const { responses } = await connection.request(produce, {
        acks: -1, timeoutMs: connection.brokerTimeoutMs,
        topicData: [{ name, topicId, partitionData: [{ index: 0, records }] }],
      })
      const { errorCode, errorMessage, logAppendTimeMs } = responses[0]!.partitionResponses[0]!
      if (errorCode !== 0) throw new RefusedError(errorCode, 'a record', errorMessage)
      return logAppendTimeMs
    })
  }

  async #fetch(name: string): Promise<void> {
    const { clock } = this.#session
    const fetcher = new Fetcher(this.#client)
    const startMs = clock.monotonicMs()
    fetcher.seek({ topic: name, partition: 0 }, 0)
    while (clock.monotonicMs() - startMs < this.#session.timeoutMs) {
      const records = (await fetcher.next()).flatMap((one) => one.records)
      if (records.length === 0) continue
      const elapsed = shownDuration(clock.monotonicMs() - startMs)
      this.#tell({ step: 'fetch', state: 'ok', detail: `the record came back in ${elapsed}` })
      return
    }
    this.#tell({
      step: 'fetch', state: 'wrong', detail: 'the record was taken, and does not come back',
    })
  }

  #clock(appendedMs: number, sentMs: number, nowMs: number): void {
    const skewMs = appendedMs < sentMs ? appendedMs - sentMs : Math.max(0, appendedMs - nowMs)
    const isNear = Math.abs(skewMs) < MOST_SKEW_MS
    this.#tell({
      step: 'clock', state: isNear ? 'ok' : 'note',
      detail: isNear ? 'as here' : `the broker's is ${shownDuration(Math.abs(skewMs))} `
        + `${skewMs < 0 ? 'behind' : 'ahead'}`,
      ...isNear ? {} : { next: 'Records would be kept too long or too short, and times look odd.' },
    })
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

function explained(error: unknown, before = ''): { detail: string, next?: string } {
  const { message } = error as Error
  const detail = `${before}${message}`
  if (error instanceof ForeignError) {
    return {
      detail,
      next: error.speaks === 'TLS' ? 'The client needs security.protocol=SSL there.'
        : error.speaks === 'HTTP' ? 'That is a web server; Kafka listens on another port.'
          : 'Is it a listener with TLS or SASL? See listener.security.protocol.map.',
    }
  }
  if (error instanceof UnreachableError) {
    return {
      detail,
      next: error.code === 'ECONNREFUSED'
        ? 'The host is there, the broker is not: is it running, and on this port?'
        : error.code === '' ? 'It cuts connections: a listener with TLS or SASL does, too.'
          : 'Is there a firewall, or another network between?',
    }
  }
  if (error instanceof TimeoutError) {
    return { detail, next: 'A firewall that drops packets looks like this, or a hung broker.' }
  }
  if (error instanceof RefusedError) return { detail: `${before}${message} (${error.codeName})` }
  throw error
}

export const commands = [doctor]
