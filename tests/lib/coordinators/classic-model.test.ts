// Classic groups as a state machine: random members, static and dynamic, that join, sync, commit,
// leave, fall silent and come back, failing writes, time, and crashes. One generation has one
// assignment, whoever is not of it commits nothing, what the log says is what the coordinator knew,
// and in the end everybody is in.

import { describe, expect, test } from '@jest/globals'
import type { ClassicGroup } from '../../../lib/coordinators/groups/classic-group.ts'
import { ApiError, Errors } from '../../../protocol/errors.ts'
import type { JoinGroupResponse } from '../../../protocol/messages/join-group.ts'
import type { SyncGroupResponse } from '../../../protocol/messages/sync-group.ts'
import { randomOf } from '../../storage/random.ts'
import { type GroupsFixture, groupsShard, lasting } from './groups-harness.ts'
import { MemoryLog, type Outcome } from './harness.ts'
import { beat, commit, GROUP, join, leave, subscription, sync } from './members.ts'

const SEEDS = 60
const STEPS = 150
const MOST_CLIENTS = 6
const SETTLING_ROUNDS = 100
const IDS_PER_CRASH = 1000
const NOBODY = ''
const NO_GENERATION = -1

/** A client as it sees itself. */
class Client {
  readonly instanceId: string | null
  memberId = NOBODY
  generation = NO_GENERATION
  topics = ['a']
  /** What it has synced; undefined: nothing in this generation. */
  assignment: string | undefined
  joining: Outcome<JoinGroupResponse> | undefined
  syncing: Outcome<SyncGroupResponse> | undefined
  members: readonly string[] = []

  constructor(instanceId: string | null) {
    this.instanceId = instanceId
  }

  /** It has to join anew, under the name that it still has, or none. */
  reset(memberId = NOBODY): void {
    this.memberId = memberId
    this.generation = NO_GENERATION
    this.assignment = undefined
    this.joining = undefined
    this.syncing = undefined
  }
}

function codeOf(error: unknown): number {
  if (error instanceof ApiError) return error.code
  throw error
}

class Run {
  readonly random: () => number
  fixture: GroupsFixture = groupsShard({ maxSize: MOST_CLIENTS })
  clients: Client[] = []
  count = 0
  /** Of each generation that somebody has synced: which answer of its leader it was. */
  readonly stamps = new Map<number, string>()
  newestSynced = NO_GENERATION
  committed: number | undefined
  isEmptyLost = false
  crashes = 0
  /** By the length of the log: what was known when all of it was written. */
  readonly settled = new Map<number, unknown>()

  constructor(seed: number) {
    this.random = randomOf(seed)
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit)
  }

  step(): void {
    const client = this.clients[this.below(this.clients.length)]
    const steps = [
      () => this.begin(),
      ...client === undefined ? [] : [
        () => this.join(client), () => this.goOn(client), () => this.goOn(client),
        ...Array.from({ length: 8 }, () => () => this.goOnAll()),
        () => this.beat(client), () => this.commit(client), () => this.commit(client),
        () => this.commit(client),
        () => this.leave(client), () => this.restart(client),
        () => { client.topics = [['a'], ['a', 'b']][this.below(2)]! },
      ],
      () => this.advance(this.below(3000)), () => this.advance(this.below(9000)),
      () => this.fail(), () => this.crash(),
    ]
    const isFailing = this.fixture.log.appendError !== undefined
    steps[this.below(steps.length)]!()
    this.fixture.clock.endTurn()
    if (isFailing && this.fixture.log.appendError === undefined) this.isEmptyLost = true
    for (const each of this.clients) this.hear(each)
    this.check()
  }

  begin(): void {
    if (this.clients.length === MOST_CLIENTS) return
    const isStatic = this.below(3) === 0
    this.clients.push(new Client(isStatic ? `i${++this.count}` : null))
  }

  /** As it is due for the client: it joins, syncs, or says that it is there. */
  goOn(client: Client): void {
    if (client.joining !== undefined || client.syncing !== undefined) return
    if (client.generation === NO_GENERATION) this.join(client)
    else if (client.assignment === undefined) this.sync(client)
    else this.beat(client)
  }

  goOnAll(): void {
    for (const client of this.clients) this.goOn(client)
    this.advance(1000)
  }

  join(client: Client): void {
    client.reset(client.memberId)
    client.joining = join(this.fixture, {
      memberId: client.memberId, groupInstanceId: client.instanceId,
      protocols: [{ name: 'range', metadata: subscription(...client.topics) }],
    })
    this.hear(client)
  }

  sync(client: Client): void {
    const stamp = `${client.memberId} ${++this.count}`
    const assignments = Object.fromEntries(client.members.map((id) => [id, `${stamp} ${id}`]))
    client.syncing = sync(
      this.fixture, client.memberId, client.generation, assignments, client.instanceId)
    this.hear(client)
  }

  /** Takes the answers that have come. */
  hear(client: Client): void {
    const { joining, syncing } = client
    if (joining?.value !== undefined) this.joined(client, joining.value)
    else if (joining?.error !== undefined) this.refused(client, codeOf(joining.error))
    if (syncing?.value !== undefined) this.synced(client, syncing.value)
    else if (syncing?.error !== undefined) this.refused(client, codeOf(syncing.error))
  }

  joined(client: Client, answer: JoinGroupResponse): void {
    const { errorCode, memberId, generationId, members } = answer
    client.joining = undefined
    if (errorCode === Errors.MEMBER_ID_REQUIRED) return client.reset(memberId)
    if (errorCode !== Errors.NONE) return this.refused(client, errorCode!)
    client.memberId = memberId
    client.generation = generationId!
    client.members = members.map((member) => member.memberId)
    expect(generationId).toBeGreaterThanOrEqual(this.newestSynced)
  }

  synced(client: Client, { errorCode, assignment }: SyncGroupResponse): void {
    client.syncing = undefined
    if (errorCode !== Errors.NONE) return this.refused(client, errorCode)
    const { generation } = client
    client.assignment = assignment.toString()
    this.newestSynced = Math.max(this.newestSynced, generation)
    if (client.assignment === '') return
    const [leaderId, number, memberId] = client.assignment.split(' ')
    const stamp = `${leaderId} ${number}`
    // One of static name may have what its former self was given.
    if (client.instanceId === null) expect(memberId).toBe(client.memberId)
    expect([generation, this.stamps.get(generation) ?? stamp]).toEqual([generation, stamp])
    this.stamps.set(generation, stamp)
  }

  refused(client: Client, errorCode: number): void {
    const isKnown = errorCode === Errors.REBALANCE_IN_PROGRESS
      || errorCode === Errors.ILLEGAL_GENERATION || errorCode === Errors.NOT_COORDINATOR
      || errorCode === Errors.COORDINATOR_NOT_AVAILABLE
    client.reset(isKnown ? client.memberId : NOBODY)
  }

  beat(client: Client): void {
    if (client.generation === NO_GENERATION) return
    const { value, error } = beat(
      this.fixture, client.memberId, client.generation, client.instanceId)
    const code = error === undefined ? value! : codeOf(error)
    if (code !== Errors.NONE) this.refused(client, code)
  }

  /** Sometimes it has missed that there is a new generation. */
  commit(client: Client): void {
    if (client.generation === NO_GENERATION) return
    const offset = ++this.count
    const { memberId, instanceId } = client
    const generation = client.generation - (this.below(3) === 0 ? 1 : 0)
    const outcome = commit(this.fixture, offset, {
      memberId, groupInstanceId: instanceId, generationIdOrMemberEpoch: generation,
    })
    this.fixture.clock.endTurn()
    if (outcome.value === undefined) return
    this.committed = offset
    const group = this.fixture.state.classic(GROUP)!
    expect([generation, group.members.has(memberId)]).toEqual([group.generationId, true])
  }

  leave(client: Client): void {
    if (client.memberId === NOBODY || this.below(3) > 0) return
    if (!this.fixture.state.groups.has(GROUP)) return
    try {
      leave(this.fixture, client.memberId, client.instanceId)
    } catch (error) {
      // What the leave led to could not be written; the member is out all the same.
      codeOf(error)
    }
    this.clients = this.clients.filter((each) => each !== client)
  }

  /** Another process comes under its static name, or under none. */
  restart(client: Client): void {
    if (this.below(3) === 0) client.reset()
  }

  advance(ms: number): void {
    this.fixture.clock.advance(ms)
  }

  /** The next write does. */
  fail(): void {
    this.fixture.log.appendError = new ApiError(Errors.NOT_ENOUGH_REPLICAS)
  }

  /** Another coordinator goes on with what the log says. */
  crash(): void {
    const { clock, topics, log, shard } = this.fixture
    clock.endTurn()
    log.appendError = undefined
    this.isEmptyLost = false
    shard.close()
    for (const client of this.clients) this.hear(client)
    this.fixture = groupsShard({ maxSize: MOST_CLIENTS }, {
      clock, topics, log, lastId: ++this.crashes * IDS_PER_CRASH,
    })
  }

  check(): void {
    const { state, log } = this.fixture
    expect(state.offsets.get(GROUP, 'a', 0)?.offset).toBe(this.committed)
    const group = state.classic(GROUP)
    if (group?.is('CompletingRebalance', 'Stable') === true) this.checkMembers(group)
    // What a rebalance has come to is written when it is over.
    if (group === undefined || !group.is('Stable', 'Empty')) return
    if (group.is('Stable')) this.isEmptyLost = false
    // As in Kafka, a generation without members counts though it could not be written.
    if (this.isEmptyLost) return
    this.settled.set(log.endOffset, lasting(state))
    expect(this.replayed()).toEqual(lasting(state))
  }

  /**
   * Nobody is in a generation that he has not joined, but for those with a name of their own. What
   * he has joined may be newer: after a crash, of what was not written yet nothing is known.
   */
  checkMembers({ generationId, members }: ClassicGroup): void {
    for (const { memberId, instanceId, generation } of this.clients) {
      if (instanceId !== null || generation === NO_GENERATION || !members.has(memberId)) continue
      expect([memberId, generation >= generationId]).toEqual([memberId, true])
    }
  }

  replayed(count = this.fixture.log.endOffset): unknown {
    const log = new MemoryLog()
    log.entries.push(...this.fixture.log.entries.slice(0, count))
    const { shard, state } = groupsShard({ maxSize: MOST_CLIENTS }, { log })
    expect(shard.isActive).toBe(true)
    const known = lasting(state)
    shard.close()
    return known
  }

  /** Everybody goes on, and those of whom nobody hears any more are out. */
  settle(): void {
    for (let round = 0; round < SETTLING_ROUNDS; round++) {
      for (const client of this.clients) this.goOn(client)
      this.advance(3000)
      for (const client of this.clients) this.hear(client)
    }
  }

  checkSettled(): void {
    const group = this.fixture.state.classic(GROUP)
    if (this.clients.length === 0) return
    expect(group?.state).toBe('Stable')
    const ids = this.clients.map(({ memberId }) => memberId)
    expect([...group!.members.keys()].toSorted()).toEqual(ids.toSorted())
    for (const client of this.clients) {
      expect(client.generation).toBe(group!.generationId)
      expect(client.assignment).toBeDefined()
    }
  }
}

describe('a classic group', () => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    'with random members, seed %i', (seed) => {
      const run = new Run(seed)
      for (let step = 0; step < STEPS; step++) run.step()
      run.settle()
      run.checkSettled()
    })

  test.each([2, 3, 4])('is at every record what the log says up to there, seed %i', (seed) => {
    const run = new Run(seed)
    for (let step = 0; step < STEPS; step++) run.step()
    for (let count = 0; count <= run.fixture.log.endOffset; count++) {
      const known = run.replayed(count)
      if (run.settled.has(count)) expect(known).toEqual(run.settled.get(count))
    }
    expect(run.settled.size).toBeGreaterThan(1)
    expect(run.stamps.size).toBeGreaterThan(1)
  })
})
