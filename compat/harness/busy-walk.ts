// Groups that change while records are being produced: from one member to five and down to two, and
// from one protocol to the other and back, live.
//
// At no moment have two members the same partition, as the coordinator sees it; whenever the group
// is stable, every partition has an owner; and every record is seen. Some are seen twice: a commit
// that comes too late in a rebalance is refused, and may be the last one of that owner.

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { Kafka, logLevel } from 'kafkajs'
import { describeGroup } from './consumer-group.ts'
import { sleep, until } from './process.ts'
import { uniqueName } from './check.ts'
import type { Join, Member } from './group-walk.ts'

const PARTITION_COUNT = 6
const RECORDS_PER_BURST = 12
const BURST_MS = 30
const LOOK_MS = 60
/** Only for giving up. */
const PATIENCE_MS = 120_000

/** A topic that is produced to, and a group that reads it. */
class BusyGroup {
  readonly group = uniqueName('busy')
  readonly #address: string
  readonly #topic = uniqueName('busy')
  readonly #client: Kafka
  readonly #produced = new Set<string>()
  readonly #seen = new Set<string>()
  #isOver = false
  #work: Promise<unknown> = Promise.resolve()

  constructor(address: string) {
    this.#address = address
    this.#client = new Kafka({ clientId: 'busy', brokers: [address], logLevel: logLevel.NOTHING })
  }

  async start(): Promise<void> {
    const admin = this.#client.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: this.#topic, numPartitions: PARTITION_COUNT }] })
    await admin.disconnect()
    this.#work = Promise.all([this.#produce(), this.#look()])
    // It is awaited at the end.
    this.#work.catch(() => {})
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#work
  }

  join(as: Join): Promise<Member> {
    return as(this.#address, this.group, this.#topic,
      (value) => this.#seen.add(value))
  }

  /** Stable, of so many members, with every partition in one of them; and what comes is seen. */
  async settled(memberCount: number, type?: 'classic' | 'consumer'): Promise<void> {
    const all = Array.from({ length: PARTITION_COUNT }, (_, i) => `${this.#topic}-${i}`)
    await until(`${memberCount} members of ${this.group}`, PATIENCE_MS, async () => {
      const group = await describeGroup(this.#address, this.group)
      if (group.state !== 'Stable' || group.owned.length !== memberCount) return undefined
      deepStrictEqual(group.owned.flat().sort(), all)
      if (type !== undefined) strictEqual(group.type, type)
      return true
    })
    await this.allSeen()
  }

  /** All that has been produced until now. */
  async allSeen(): Promise<void> {
    const values = [...this.#produced]
    const missing = () => values.filter((value) => !this.#seen.has(value))
    await until('all records seen', PATIENCE_MS, () => missing().length === 0 || undefined)
      .catch(() => { throw new Error(`never seen: ${missing().slice(0, 5).join(', ')} …`) })
  }

  async #produce(): Promise<void> {
    const producer = this.#client.producer()
    await producer.connect()
    for (let count = 0; !this.#isOver; await sleep(BURST_MS)) {
      const messages = Array.from({ length: RECORDS_PER_BURST }, () => {
        count++
        return { value: `record ${count}`, partition: count % PARTITION_COUNT }
      })
      await producer.send({ topic: this.#topic, messages })
      for (const { value } of messages) this.#produced.add(value)
    }
    await producer.disconnect()
  }

  /** Throws when two members have the same partition. */
  async #look(): Promise<void> {
    for (; !this.#isOver; await sleep(LOOK_MS)) {
      const { type, state, owned } = await describeGroup(this.#address, this.group)
      // What classic members have while they rebalance is the coordinator's memory, no more.
      if (type === 'classic' && state !== 'Stable') continue
      const all = owned.flat()
      ok(new Set(all).size === all.length, `owned by two: ${JSON.stringify(owned)}`)
    }
  }
}

/** Walks 1 → 5 → 2 members while records are produced. */
export async function walkBusyGroup(address: string, join: Join): Promise<void> {
  const busy = new BusyGroup(address)
  const members: Member[] = []
  try {
    await busy.start()
    members.push(await busy.join(join))
    await busy.settled(1)
    members.push(...await Promise.all(Array.from({ length: 4 }, () => busy.join(join))))
    await busy.settled(5)
    await Promise.all(members.splice(0, 3).map((member) => member.leave()))
    await busy.settled(2)
    await busy.end()
    await busy.allSeen()
  } finally {
    await Promise.allSettled([busy.end(), ...members.map((member) => member.leave())])
  }
}

/**
 * A group of two classic members whose places others of the consumer protocol take, one after the
 * other; and the same back. In between both are in the group.
 */
export async function migrateBusyGroup(
  address: string, classic: Join, consumer: Join,
): Promise<void> {
  const busy = new BusyGroup(address)
  const members: Member[] = []
  const add = async (join: Join) => { members.push(await busy.join(join)) }
  const dropFirst = async () => { await members.shift()!.leave() }
  try {
    await busy.start()
    await add(classic)
    await busy.settled(1, 'classic')
    await add(classic)
    await busy.settled(2, 'classic')
    await add(consumer)
    await busy.settled(3, 'consumer')
    await dropFirst()
    await busy.settled(2, 'consumer')
    await add(consumer)
    await dropFirst()
    await busy.settled(2, 'consumer')
    await add(classic)
    await busy.settled(3, 'consumer')
    await dropFirst()
    await busy.settled(2, 'consumer')
    await add(classic)
    await dropFirst()
    await busy.settled(2, 'classic')
    await busy.end()
    await busy.allSeen()
  } finally {
    await Promise.allSettled([busy.end(), ...members.map((member) => member.leave())])
  }
}
