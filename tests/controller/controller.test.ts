// The queue of the controller: a large change is taken in some records at a time, decisions that
// come meanwhile wait for it, and nobody is left without an answer.

import { describe, expect, test } from '@jest/globals'

import { Controller } from '../../controller/controller.ts'
import type { Decision } from '../../controller/decisions/decision.ts'
import { updateFeatures } from '../../controller/decisions/update-features.ts'
import { record } from '../../controller/metadata-records.ts'
import { newestSnapshot, type SnapshotPolicy } from '../../controller/snapshots.ts'
import { Errors } from '../../protocol/errors.ts'
import { MemoryDisk } from '../../storage/memory-disk.ts'
import type { Logger } from '../../storage/ports.ts'
import { counting, settings } from './harness.ts'

const silent: Logger = {
  error: () => {}, warn: () => {}, info: () => {}, debug: () => {}, child: () => silent,
}
const NEVER = { maxBytesBetween: 1e9, maxIntervalMs: 0, retentionBytes: -1, retentionMs: -1 }

const VOTER = {
  voterId: 1, voterDirectoryId: 'YphUUGlzSuGa6BF3ZddEUA',
  endpoints: [{ name: 'CONTROLLER', host: 'localhost', port: 9093 }],
  kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
}

/** Alone in its quorum; `turns` are what waits for the end of this turn. */
async function startAlone(disk = new MemoryDisk(), snapshots: SnapshotPolicy = NEVER) {
  disk.makeDirectory('/data')
  const turns: (() => void)[] = []
  const controller = new Controller({
    disk, metadataLogDir: '/data', logger: silent, random: counting(), settings, voters: [1],
    voter: VOTER,
    electionTimeoutMs: 1000, fetchTimeoutMs: 2000, retryBackoffMs: 20, segmentBytes: 1e9,
    snapshots,
    timers: {
      nowMs: () => 1, monotonicMs: () => 1, setTimer: () => ({ cancel: () => {} }),
      afterTurn: (fn) => { turns.push(fn) },
    },
    onFailure: (error) => { throw error },
  })
  await controller.start()
  return { controller, turns, disk }
}

/** New topics of which the answer is how many there were before. */
function topics(prefix: string, count: number): Decision<number> {
  return ({ image }) => ({
    records: Array.from({ length: count }, (_, i) => record('topic', 0, {
      name: `${prefix}-${i}`, topicId: `${prefix}${String(i).padStart(20, '0')}A`,
    })),
    answer: image.topics.size,
  })
}

test('a large change is taken in over many turns, and all of it counts at once', async () => {
  const { controller, turns, disk } = await startAlone()
  const large = controller.submit(topics('a', 3000))
  let count = 0
  for (; turns.length > 0; count++) {
    expect(turns).toHaveLength(1)
    expect(controller.image.topics.size).toBe(0)
    turns.pop()!()
  }
  expect(count).toBeGreaterThanOrEqual(10)
  expect(await large).toBe(0)
  expect(controller.image.topics.size).toBe(3000)
  await controller.stop()
  const again = await startAlone(disk)
  expect(again.controller.image.topics.size).toBe(3000)
  await again.controller.stop()
})

test('a decision that comes meanwhile is made after it, and sees it', async () => {
  const { controller, turns } = await startAlone()
  const answers: string[] = []
  const note = (name: string) => (before: number) => { answers.push(`${name} ${before}`) }
  const submitted = [
    controller.submit(topics('a', 1000)).then(note('a')),
    controller.submit(topics('b', 700)).then(note('b')),
    controller.submit(topics('c', 0)).then(note('c')),
    controller.submit(topics('d', 1)).then(note('d')),
  ]
  while (turns.length > 0) turns.pop()!()
  await Promise.all(submitted)
  expect(answers).toEqual(['a 0', 'b 1000', 'c 1700', 'd 1700'])
  await controller.stop()
})

test('a change that cannot be written is told, and the next one is made without it', async () => {
  const { controller, turns } = await startAlone()
  const broken: Decision<string> = (context) => ({
    records: [
      ...topics('a', 600)(context).records, record('removeTopic', 0, { topicId: 'x'.repeat(22) }),
    ],
    answer: 'done',
  })
  const submitted = [controller.submit(broken), controller.submit(topics('b', 1))]
  while (turns.length > 0) turns.pop()!()
  const [first, second] = await Promise.allSettled(submitted)
  expect(first).toMatchObject({ status: 'rejected' })
  expect(second).toEqual({ status: 'fulfilled', value: 0 })
  await controller.stop()
})

test('a stop answers whoever waits', async () => {
  const { controller, turns } = await startAlone()
  const submitted = [controller.submit(topics('a', 1000)), controller.submit(topics('b', 1))]
  await controller.stop()
  for (const { status, ...rest } of await Promise.allSettled(submitted)) {
    expect({ status, ...rest }).toMatchObject({
      status: 'rejected', reason: { code: Errors.NOT_CONTROLLER },
    })
  }
  // What was to go on finds nothing any more.
  while (turns.length > 0) turns.pop()!()
  expect(controller.image.topics.size).toBe(0)
})

describe('a quorum that has its voters in the log', () => {
  const upgrade = updateFeatures([{ feature: 'kraft.version', level: 1, kind: 'upgrade' }], false)
  const inLog = { version: 1, voters: [VOTER] }

  test('has them after a start, with the file of its votes', async () => {
    const { controller, disk } = await startAlone()
    expect(controller.quorum).toEqual({ version: 0, voters: [] })
    await controller.submit(upgrade)
    expect(controller.quorum).toEqual(inLog)
    await controller.stop()
    const { controller: second } = await startAlone(disk)
    expect(second.quorum).toEqual(inLog)
    await second.stop()
    const text = disk.readFile('/data/__cluster_metadata-0/quorum-state')!.toString()
    expect(JSON.parse(text)).toMatchObject({ leaderId: 1, leaderEpoch: 2, data_version: 1 })
  })

  test('has them in snapshots', async () => {
    const { controller, disk } = await startAlone(undefined, { ...NEVER, maxBytesBetween: 1 })
    await controller.submit(upgrade)
    await controller.submit(topics('a', 1))
    await controller.stop()
    const snapshot = newestSnapshot(disk, '/data/__cluster_metadata-0')!
    expect(snapshot.id.endOffset).toBeGreaterThan(0)
    expect(snapshot.quorum).toEqual(inLog)
  })
})

test('a transaction that a crash left open never counts, aborted or not', async () => {
  const { controller, disk } = await startAlone()
  await controller.submit(topics('whole', 1))
  await controller.submit((context) => {
    const { records, answer } = topics('half', 2)(context)
    return { records: [record('beginTransaction', 0, { name: 'cut' }), ...records], answer }
  })
  await controller.stop()
  for (let start = 0; start < 2; start++) {
    const { controller: next } = await startAlone(disk)
    const names = [...next.image.topics.all()].map(({ name }) => name)
    expect(names).toEqual(['whole-0'])
    await next.submit(topics(`after-${start}`, 0))
    await next.stop()
  }
})
