// The Raft step function under scripted and seeded message delivery: three voters over logs of
// plain arrays.

import { describe, expect, test } from '@jest/globals'

import type { RaftEvent, RaftRequest, RaftResponse } from '../../controller/raft/events.ts'
import { nextTimeoutMs, step } from '../../controller/raft/raft.ts'
import {
  initialState, lastEpoch, type PersistedState, type RaftSettings, type RaftState,
} from '../../controller/raft/state.ts'

interface Entry {
  readonly epoch: number
  readonly value: string
}

type Records = readonly Entry[]
type Message =
  | { readonly kind: 'request', readonly from: number, readonly to: number, readonly id: number
    readonly request: RaftRequest }
  | { readonly kind: 'response', readonly from: number, readonly to: number
    readonly response: RaftResponse<Records> }

const FRESH: PersistedState = { epoch: 0, leaderId: -1, votedId: -1 }

/** A voter with its disk: what is in `entries` beyond `synced` is lost by a crash. */
class Voter {
  readonly id: number
  readonly settings: RaftSettings
  state: RaftState
  entries: Entry[] = []
  synced = 0
  persisted = FRESH
  flushes: number[] = []
  isUp = true

  constructor(id: number, voters: readonly number[]) {
    this.id = id
    this.settings = {
      nodeId: id, voters, electionTimeoutMs: 1000, fetchTimeoutMs: 2000,
      fetchMaxWaitMs: 500, retryBackoffMs: 20,
    }
    this.state = this.load()
  }

  load(): RaftState {
    const epochs: { epoch: number, startOffset: number }[] = []
    this.entries.forEach(({ epoch }, startOffset) => {
      if (epochs.at(-1)?.epoch !== epoch) epochs.push({ epoch, startOffset })
    })
    const { length } = this.entries
    const log = { startOffset: 0, endOffset: length, flushedOffset: length, epochs }
    return initialState(this.settings, this.persisted, log, this.id * 7919 + length)
  }
}

/** A quorum whose messages lie in a bag until the script, or a seeded hand, delivers them. */
class Quorum {
  readonly voters: Map<number, Voter>
  messages: Message[] = []
  nowMs = 0
  committed: Entry[] = []
  readonly leaders = new Map<number, number>()
  #nextId = 0

  constructor(ids: readonly number[]) {
    this.voters = new Map(ids.map((id) => [id, new Voter(id, ids)]))
  }

  voter(id: number): Voter {
    return this.voters.get(id)!
  }

  start(): void {
    for (const voter of this.voters.values()) this.take(voter, { type: 'start' })
  }

  take(voter: Voter, event: RaftEvent<Records>): void {
    if (!voter.isUp) return
    const before = voter.state
    const { state, effects } = step(before, event, this.nowMs)
    voter.state = state
    expect(state.epoch).toBeGreaterThanOrEqual(before.epoch)
    expect(state.highWatermark).toBeGreaterThanOrEqual(before.highWatermark)
    for (const effect of effects) this.carryOut(voter, effect)
    expect(voter.persisted).toEqual(
      { epoch: state.epoch, leaderId: state.leaderId, votedId: state.votedId })
    expect(state.log.endOffset).toBe(voter.entries.length)
    expect(lastEpoch(state.log)).toBe(voter.entries.at(-1)?.epoch ?? 0)
  }

  carryOut(voter: Voter, effect: ReturnType<typeof step<Records>>['effects'][number]): void {
    const from = voter.id
    switch (effect.type) {
      case 'persist':
        voter.persisted = effect.state
        break
      case 'appendLeaderChange':
        expect(effect.baseOffset).toBe(voter.entries.length)
        voter.entries.push({ epoch: effect.epoch, value: `leader ${from}` })
        break
      case 'append':
        expect(effect.baseOffset).toBe(voter.entries.length)
        voter.entries.push(...effect.records.map(({ value }) => ({ epoch: effect.epoch, value })))
        break
      case 'appendFetched':
        voter.entries.push(...effect.records)
        break
      case 'truncate':
        voter.entries.length = effect.endOffset
        voter.synced = Math.min(voter.synced, effect.endOffset)
        voter.flushes = []
        break
      case 'flush':
        voter.flushes.push(effect.endOffset)
        break
      case 'send':
        this.messages.push({
          kind: 'request', from, to: effect.to, id: this.#nextId++, request: effect.request,
        })
        break
      case 'respond':
        this.messages.push({
          kind: 'response', from, to: effect.to,
          response: withRecords(effect.response, effect.readFrom, voter.entries),
        })
        break
      case 'commit':
        this.commit(voter, effect.highWatermark)
        break
      case 'elected':
        expect(this.leaders.get(effect.epoch) ?? from).toBe(from)
        this.leaders.set(effect.epoch, from)
        break
      case 'deposed':
    }
  }

  /** What one voter calls committed must be what all others called committed there (C5). */
  commit(voter: Voter, highWatermark: number): void {
    for (let offset = 0; offset < highWatermark; offset++) {
      const entry = voter.entries[offset]
      if (offset < this.committed.length) expect(entry).toEqual(this.committed[offset])
      else this.committed.push(entry!)
    }
  }

  flush(voter: Voter): void {
    const endOffset = voter.flushes.shift()
    if (endOffset === undefined) return
    voter.synced = Math.max(voter.synced, endOffset)
    this.take(voter, { type: 'flushed', endOffset })
  }

  flushAll(): void {
    for (const voter of this.voters.values()) {
      while (voter.flushes.length > 0) this.flush(voter)
    }
  }

  deliver(message: Message): void {
    const to = this.voter(message.to)
    const { from } = message
    if (message.kind === 'request') {
      this.take(to, { type: 'request', from, requestId: message.id, request: message.request })
    } else {
      this.take(to, { type: 'response', from, response: message.response })
    }
  }

  tick(): void {
    for (const voter of this.voters.values()) {
      if (voter.isUp && this.nowMs >= nextTimeoutMs(voter.state)) this.take(voter, { type: 'tick' })
    }
  }

  /** Lets time pass with a perfect network. */
  run(forMs: number, isCut: (message: Message) => boolean = () => false): void {
    const endMs = this.nowMs + forMs
    for (; this.nowMs < endMs; this.nowMs += 10) {
      this.tick()
      // A round trip per step at most: an empty fetch answered at once must not spin.
      for (const message of this.messages.splice(0)) {
        if (!isCut(message)) this.deliver(message)
        else if (message.kind === 'request') {
          this.take(this.voter(message.from),
            { type: 'unanswered', from: message.to, request: message.request.type })
        }
      }
      this.flushAll()
    }
  }

  crash(id: number): void {
    const voter = this.voter(id)
    voter.isUp = false
    voter.entries.length = voter.synced
    voter.flushes = []
    this.messages = this.messages.filter(({ from, to }) => from !== id && to !== id)
  }

  restart(id: number): void {
    const voter = this.voter(id)
    voter.state = voter.load()
    voter.isUp = true
    this.take(voter, { type: 'start' })
  }

  get leader(): Voter | undefined {
    return [...this.voters.values()]
      .filter(({ isUp, state }) => isUp && state.role.name === 'leader')
      .sort((a, b) => b.state.epoch - a.state.epoch)[0]
  }

  propose(value: string): void {
    const { leader } = this
    if (leader) this.take(leader, { type: 'propose', records: [{ epoch: 0, value }], count: 1 })
  }
}

function withRecords(
  response: RaftResponse<Records>, readFrom: number | undefined, entries: readonly Entry[],
): RaftResponse<Records> {
  if (response.type !== 'fetch' || readFrom === undefined) return response
  const records = entries.slice(readFrom)
  if (records.length === 0) return response
  const epochs: { epoch: number, startOffset: number }[] = []
  records.forEach(({ epoch }, i) => {
    if (epochs.at(-1)?.epoch !== epoch) epochs.push({ epoch, startOffset: readFrom + i })
  })
  return { ...response, fetched: { records, endOffset: entries.length, epochs } }
}

const involves = (id: number) => (message: Message): boolean =>
  message.from === id || message.to === id

describe('a quorum of one', () => {
  test('elects itself at once, and commits only what is on the disk', () => {
    const quorum = new Quorum([1])
    quorum.start()
    const voter = quorum.voter(1)
    expect(voter.persisted).toEqual({ epoch: 1, leaderId: 1, votedId: -1 })
    expect(voter.state.highWatermark).toBe(-1)
    quorum.flushAll()
    expect(voter.state.highWatermark).toBe(1)
    quorum.propose('a')
    expect(voter.state.highWatermark).toBe(1)
    quorum.flushAll()
    expect(quorum.committed.map(({ value }) => value)).toEqual(['leader 1', 'a'])
    expect(nextTimeoutMs(voter.state)).toBe(Infinity)
  })

  test('starts a new epoch with every start', () => {
    const quorum = new Quorum([1])
    quorum.start()
    quorum.flushAll()
    quorum.crash(1)
    quorum.restart(1)
    quorum.flushAll()
    expect(quorum.voter(1).persisted.epoch).toBe(2)
    expect(quorum.committed.map(({ epoch }) => epoch)).toEqual([1, 2])
  })
})

describe('a quorum of three', () => {
  test('elects one leader, which commits what a majority has', () => {
    const quorum = new Quorum([1, 2, 3])
    quorum.start()
    quorum.run(5000)
    expect(quorum.leader).toBeDefined()
    quorum.propose('a')
    quorum.propose('b')
    quorum.run(1000)
    expect(quorum.committed.map(({ value }) => value).slice(1)).toEqual(['a', 'b'])
    const ends = [...quorum.voters.values()].map(({ state }) => state.log.endOffset)
    expect(new Set(ends).size).toBe(1)
    expect(quorum.leaders.size).toBe(1)
  })

  test('gives a vote only once in an epoch, and never to a log that is behind', () => {
    const quorum = new Quorum([1, 2, 3])
    quorum.start()
    const voter = quorum.voter(1)
    const vote = (candidateId: number, epoch: number, lastEpochEndOffset = 0): boolean => {
      quorum.messages = []
      const request =
        { type: 'vote', epoch, candidateId, lastEpoch: 0, lastEpochEndOffset } as const
      quorum.take(voter, { type: 'request', from: candidateId, requestId: 0, request })
      const [answer] = quorum.messages.splice(0)
      return answer?.kind === 'response' && answer.response.type === 'vote'
        && answer.response.granted
    }
    expect(vote(2, 1)).toBe(true)
    expect(vote(3, 1)).toBe(false)
    expect(vote(2, 1)).toBe(true)
    expect(voter.persisted).toEqual({ epoch: 1, leaderId: -1, votedId: 2 })
    expect(vote(3, 2)).toBe(true)
    expect(vote(2, 1)).toBe(false)
    expect(vote(9, 3)).toBe(false)
    quorum.run(5000)
    expect(voter.entries.length).toBeGreaterThan(0)
    expect(vote(2, 100)).toBe(false)
    expect(voter.persisted).toEqual({ epoch: 100, leaderId: -1, votedId: -1 })
  })

  test('a leader cut off commits nothing, resigns, and gives up what it alone has', () => {
    const quorum = new Quorum([1, 2, 3])
    quorum.start()
    quorum.run(5000)
    const old = quorum.leader!
    quorum.propose('everywhere')
    quorum.run(1000)
    const cut = involves(old.id)
    quorum.take(old, { type: 'propose', records: [{ epoch: 0, value: 'lost' }], count: 1 })
    quorum.run(10_000, cut)
    expect(quorum.leader!.id).not.toBe(old.id)
    expect(old.state.role.name).not.toBe('leader')
    quorum.propose('after')
    quorum.run(2000, cut)
    quorum.run(10_000)
    const values = quorum.committed.map(({ value }) => value)
    expect(values).toContain('everywhere')
    expect(values).toContain('after')
    expect(values).not.toContain('lost')
    expect(old.entries.map(({ value }) => value)).not.toContain('lost')
  })

  test('a leader that shuts down hands over without a time-out', () => {
    const quorum = new Quorum([1, 2, 3])
    quorum.start()
    quorum.run(5000)
    const old = quorum.leader!
    quorum.take(old, { type: 'resign' })
    quorum.run(700)
    expect(quorum.leader).toBeDefined()
    expect(quorum.leader!.id).not.toBe(old.id)
  })

  test('a restarted leader does not lead its old epoch again', () => {
    const quorum = new Quorum([1, 2, 3])
    quorum.start()
    quorum.run(5000)
    const old = quorum.leader!
    const { epoch } = old.state
    quorum.crash(old.id)
    quorum.restart(old.id)
    expect(old.state.role.name).toBe('resigned')
    quorum.run(10_000)
    expect(quorum.leader!.state.epoch).toBeGreaterThan(epoch)
  })
})

/** A linear congruential hand: the same seed gives the same history. */
function dice(seed: number): (sides: number) => number {
  let state = seed >>> 0
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor(state / 2 ** 32 * sides)
  }
}

describe('any order of messages, losses and crashes', () => {
  test.each(Array.from({ length: 20 }, (_, seed) => seed))('seed %i', (seed) => {
    const roll = dice(seed * 2654435761 + 1)
    const quorum = new Quorum([1, 2, 3])
    quorum.start()
    let proposed = 0
    for (let turn = 0; turn < 1500; turn++) {
      const action = roll(100)
      const voter = quorum.voter(1 + roll(3))
      if (action < 55 && quorum.messages.length > 0) {
        const [message] = quorum.messages.splice(roll(quorum.messages.length), 1)
        if (roll(20) > 0) quorum.deliver(message!)
        else if (message!.kind === 'request') {
          const { request: { type: request }, from, to } = message!
          quorum.take(quorum.voter(from), { type: 'unanswered', from: to, request })
        }
      } else if (action < 75) quorum.flush(voter)
      else if (action < 90) {
        quorum.nowMs += roll(60)
        quorum.tick()
      } else if (action < 98) quorum.propose(`p${proposed++}`)
      else if (voter.isUp && roll(4) === 0) quorum.crash(voter.id)
      else if (!voter.isUp) quorum.restart(voter.id)
    }
    for (const voter of quorum.voters.values()) if (!voter.isUp) quorum.restart(voter.id)
    quorum.run(30_000)
    // Peace: one leader, and what is proposed now is committed everywhere.
    quorum.propose('last')
    quorum.run(3000)
    expect(quorum.committed.at(-1)?.value).toBe('last')
    for (const { entries } of quorum.voters.values()) expect(entries).toEqual(quorum.committed)
  })
})
