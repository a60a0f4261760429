// Connections that come, wait, are closed, while limits of theirs change: the same steps for any
// broker, and what plain sockets saw of each, as a line.

import { ConfigType } from '../../controller/image/configs.ts'
import { alterClientQuotas } from '../../protocol/messages/alter-client-quotas.ts'
import {
  incrementalAlterConfigs,
} from '../../protocol/messages/incremental-alter-configs.ts'
import { sleep } from '../harness/process.ts'
import { Wire } from '../harness/wire.ts'
import { Visitor } from './visitor.ts'

export interface Ports {
  readonly clients: number
  /** Of the listener of brokers, where settings are changed too: it is one more connection. */
  readonly brokers: number
}

/** A broker takes over changes in time, and closes one connection after the other. */
const SETTLED_MS = 1500
/** Rates know of what came in the last eleven seconds. */
const FORGOTTEN_MS = 11_500
const ALL = ''

class Stage {
  readonly #ports: Ports
  readonly #wire: Wire
  readonly #visitors: Visitor[] = []
  readonly lines: string[] = []

  constructor(ports: Ports, wire: Wire) {
    this.#ports = ports
    this.#wire = wire
  }

  say(what: string, ...seen: readonly (string | boolean)[]): void {
    this.lines.push(`${what}: ${seen.join(', ')}`)
  }

  come(localAddress?: string, port = this.#ports.clients): Visitor {
    const visitor = new Visitor(port, localAddress)
    this.#visitors.push(visitor)
    return visitor
  }

  /** Who comes to the listener of brokers. */
  broker(): Visitor {
    return this.come('127.0.0.1', this.#ports.brokers)
  }

  /** They come one after the other, and ask at once. */
  async crowd(count: number, localAddress?: string): Promise<Visitor[]> {
    const visitors: Visitor[] = []
    for (let i = 0; i < count; i++) {
      visitors.push(this.come(localAddress))
      visitors.at(-1)!.ask()
      await sleep(5)
    }
    return visitors
  }

  async leave(...visitors: readonly Visitor[]): Promise<void> {
    for (const visitor of visitors) visitor.leave()
    await sleep(SETTLED_MS)
  }

  leaveAll(): Promise<void> {
    return this.leave(...this.#visitors.splice(0))
  }

  /** Settings of the broker, or of all brokers; null: taken back. */
  async set(settings: Record<string, string | null>, resourceName = '1'): Promise<void> {
    const configs = Object.entries(settings).map(([name, value]) => (
      { name, value, configOperation: value === null ? 1 : 0 }))
    const { responses } = await this.#wire.ask(incrementalAlterConfigs, 1, {
      validateOnly: false, resources: [{ resourceType: ConfigType.BROKER, resourceName, configs }],
    })
    const { errorCode, errorMessage } = responses[0]!
    const text = Object.entries(settings).map(([name, value]) => `${name}=${value}`).join(' ')
    const answer = errorCode === 0 ? 'taken' : `${errorCode} ${errorMessage}`
    this.lines.push(`${text} of ${resourceName === ALL ? 'all' : resourceName}: ${answer}`)
    await sleep(errorCode === 0 ? SETTLED_MS : 0)
  }

  /** `connection_creation_rate`; no address: of all who have none of their own; null: none. */
  async limitRate(entityName: string | null, value: number | null): Promise<void> {
    const ops = [{ key: 'connection_creation_rate', value: value ?? 0, remove: value === null }]
    await this.#wire.ask(alterClientQuotas, 1, {
      validateOnly: false, entries: [{ entity: [{ entityType: 'ip', entityName }], ops }],
    })
    this.lines.push(`connection_creation_rate=${value} of ${entityName ?? 'all addresses'}`)
    await sleep(SETTLED_MS)
  }
}

async function playTotal(stage: Stage): Promise<void> {
  const [a, b] = [stage.come(), stage.come()]
  stage.say('a, b', await a.asks(), await b.asks())
  await stage.set({ 'max.connections': '3' })
  const c = stage.come()
  stage.say('a, b, c', await a.asks(), await b.asks(), await c.asks())
  await stage.leave(a)
  const d = stage.come()
  stage.say('a left; c, d', c.state, await d.asks())
  await stage.set({ 'max.connections': '4' })
  stage.say('d', d.state)
  for (const one of [d, b, c]) await one.asks()
  await stage.set({ 'max.connections': '3' })
  stage.say('asked in this order: d, b, c', d.state, b.state, c.state)
  await stage.set({ 'max.connections': '1' })
  stage.say('b, c', b.state, c.state)
  const e = stage.come()
  const [first, second] = [stage.broker(), stage.broker()]
  stage.say('e, two brokers', await e.asks(), await first.asks(), await second.asks())
  await stage.set({ 'max.connections': null })
  stage.say('e, two brokers', e.state, first.state, second.state)
}

async function playBrokers(stage: Stage): Promise<void> {
  await stage.set({ 'max.connections': '3' })
  const [a, b] = [stage.come(), stage.come()]
  stage.say('a, b', await a.asks(), await b.asks())
  for (const name of ['one', 'two']) {
    const broker = stage.broker()
    const state = await broker.asks()
    await sleep(SETTLED_MS)
    stage.say(`broker ${name}, a, b`, state, a.state, b.state)
  }
  const third = stage.broker()
  stage.say('broker three', await third.asks())
  await stage.set({ 'listener.name.internal.max.connections': '10' })
  stage.say('broker three', third.state)
  await stage.set({ 'max.connections': null, 'listener.name.internal.max.connections': null })
}

async function playListener(stage: Stage): Promise<void> {
  const own = 'listener.name.plaintext.max.connections'
  const [a, b] = [stage.come(), stage.come()]
  stage.say('a, b', await a.asks(), await b.asks())
  await stage.set({ [own]: '2' })
  const c = stage.come()
  stage.say('c', await c.asks())
  await stage.set({ [own]: '1' })
  stage.say('a, b, c', a.state, b.state, c.state)
  await stage.leave(a)
  stage.say('a left; c', c.state)
  await stage.leave(b)
  stage.say('b left; c', c.state)
  await stage.set({ 'max.connections': '5', [own]: '4' }, ALL)
  const d = stage.come()
  stage.say('d', await d.asks())
  await stage.set({ [own]: null })
  stage.say('d', d.state)
  await stage.set({ 'max.connections': null, [own]: null }, ALL)
}

async function playAddresses(stage: Stage): Promise<void> {
  const [a, b] = [stage.come(), stage.come()]
  stage.say('a, b', await a.asks(), await b.asks())
  await stage.set({ 'max.connections.per.ip': '2' })
  stage.say('c, a, b, of another address', await stage.come().asks(), await a.asks(),
    await b.asks(), await stage.come('127.0.0.2').asks())
  await stage.set({ 'max.connections.per.ip.overrides': '127.0.0.2:1,localhost:5' })
  const two = stage.come('127.0.0.2')
  stage.say('one more of each', await two.asks(), await stage.come().asks())
  await stage.set({ 'max.connections.per.ip.overrides': 'no.such.host.invalid:1' })
  stage.say('one more', await stage.come('127.0.0.2').asks())
  await stage.set({
    'max.connections.per.ip': null, 'max.connections.per.ip.overrides': null,
  })
  stage.say('one more', await stage.come('127.0.0.2').asks())
}

async function playRate(stage: Stage): Promise<void> {
  const rate = 'max.connection.creation.rate'
  await sleep(FORGOTTEN_MS)
  await stage.set({ [rate]: '2' })
  const crowd = await stage.crowd(24)
  await sleep(4000)
  stage.say('served after seconds', crowd.map(({ servedAfter }) => servedAfter).join(' '))
  const late = await stage.crowd(2)
  await stage.set({ [rate]: '1000' })
  stage.say('two who waited', ...late.map(({ servedAfter }) => servedAfter))
  await stage.set({ [`listener.name.plaintext.${rate}`]: '1' })
  const client = stage.come()
  const broker = stage.broker()
  stage.say('a client, a broker', await client.asks(), await broker.asks())
  await stage.set({ [rate]: null, [`listener.name.plaintext.${rate}`]: null })
}

async function playAddressRate(stage: Stage): Promise<void> {
  await sleep(FORGOTTEN_MS)
  await stage.limitRate('127.0.0.5', 1)
  const crowd = await stage.crowd(14, '127.0.0.5')
  const other = stage.come('127.0.0.6')
  stage.say('of another address', await other.asks())
  stage.say('after half a second', crowd.map(({ state }) => state).join(' '))
  await sleep(SETTLED_MS)
  stage.say('after two', crowd.map(({ state }) => state).join(' '))
  await stage.limitRate(null, 1)
  const others = await stage.crowd(12, '127.0.0.7')
  await sleep(2 * SETTLED_MS)
  stage.say('of a third one', others.map(({ state }) => state).join(' '))
  await stage.limitRate('127.0.0.7', 100)
  stage.say('one more of it', await stage.come('127.0.0.7').asks())
  await stage.limitRate('127.0.0.7', null)
  await stage.limitRate(null, null)
  stage.say('one more of it', await stage.come('127.0.0.7').asks())
}

async function playRefusals(stage: Stage): Promise<void> {
  for (const name of ['max.connections', 'max.connection.creation.rate']) {
    for (const prefix of ['', 'listener.name.plaintext.', 'listener.name.other.']) {
      await stage.set({ [prefix + name]: '0' })
    }
    await stage.set({ [`listener.name.other.${name}`]: null })
  }
  await stage.set({ 'max.connections': '0' }, ALL)
}

const PARTS = {
  'all connections': playTotal, 'the listener of brokers': playBrokers,
  'one listener': playListener, 'addresses': playAddresses, 'how fast they come': playRate,
  'how fast those of an address come': playAddressRate, 'what lets nobody in': playRefusals,
}

/** One line for each step, under a line for each part. */
export async function play(ports: Ports): Promise<readonly string[]> {
  const wire = await Wire.connect(`127.0.0.1:${ports.brokers}`)
  const stage = new Stage(ports, wire)
  try {
    for (const [name, part] of Object.entries(PARTS)) {
      stage.lines.push(`# ${name}`)
      await part(stage)
      await stage.leaveAll()
    }
  } finally {
    wire.close()
  }
  return stage.lines
}
