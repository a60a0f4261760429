// DescribeLogDirs: what is told of directories and of the logs in them.

import { resolve } from 'node:path'
import { beforeEach, expect, test } from '@jest/globals'

import { describeLogDirsHandler } from '../../../lib/handlers/describe-log-dirs.ts'
import type { Partitions } from '../../../lib/replication/partitions.ts'
import type { ReplicaPlaces } from '../../../lib/replication/replica-places.ts'
import type {
  DescribeLogDirsRequest, DescribeLogDirsResponse,
} from '../../../protocol/messages/describe-log-dirs.ts'
import { Errors } from '../../../protocol/errors.ts'
import { parseLogConfig } from '../../../storage/config.ts'
import { lastOf } from '../../../storage/loading.ts'
import { LogDirectory } from '../../../storage/log-directory.ts'
import { MemoryDisk } from '../../../storage/memory-disk.ts'
import { directoryOf } from '../../controller/harness.ts'
import { appendEach, silent } from '../../storage/harness.ts'
import { contextOf, joined, NODE_ID, servicesOf } from './services.ts'

const TOPIC_ID = 'DTBKFEXCQVWpwU-JPwDUJA'
const OTHER_ID = 'OTBKFEXCQVWpwU-JPwDUJA'
let disk: MemoryDisk
let all: LogDirectory[]

beforeEach(() => {
  disk = new MemoryDisk()
  all = ['/one', 'two'].map((path) => {
    disk.makeDirectory(path)
    const directory = new LogDirectory({ disk, path, logger: silent })
    directory.open()
    return directory
  })
  for (const partition of [0, 1]) {
    all[0]!.openLog({
      topic: 't', partition, topicId: TOPIC_ID, config: parseLogConfig(new Map()), nowMs: 0,
    })
  }
  appendEach(all[0]!.get('t', 1)!, 'a', 'b')
})

function ask(topics: DescribeLogDirsRequest['topics']): DescribeLogDirsResponse['results'] {
  const cluster = joined()
  const partitions = {
    get: (topic: string, index: number) => ({ log: all[0]!.get(topic, index) }),
  } as unknown as Partitions
  const places = {
    isCordoned: ({ path }: LogDirectory) => path === 'two',
  } as unknown as ReplicaPlaces
  const logDirectories = {
    all,
    idOf: (directory: LogDirectory) => directory === all[0] ? directoryOf(NODE_ID) : OTHER_ID,
    spaceOf: ({ path }: LogDirectory) => disk.space(path),
  }
  const services = servicesOf(cluster, { 'log.dirs': '/one,two,/lost' }, {
    logDirectories, partitions, places,
  })
  const answer = describeLogDirsHandler.handle({ topics }, contextOf(5), services)
  return (answer as DescribeLogDirsResponse).results
}

test('all logs with their sizes, the space around them, and who takes no more', () => {
  const { sizeBytes } = all[0]!.get('t', 1)!
  expect(sizeBytes).toBeGreaterThan(0)
  const [one, two] = ask(null)
  expect(one).toMatchObject({
    errorCode: Errors.NONE, logDir: '/one', isCordoned: false, totalBytes: 2 ** 40,
    topics: [{
      name: 't',
      partitions: [
        { partitionIndex: 0, partitionSize: 0, offsetLag: 0, isFutureKey: false },
        { partitionIndex: 1, partitionSize: sizeBytes, offsetLag: 0, isFutureKey: false },
      ],
    }],
  })
  expect(one!.usableBytes).toBeLessThanOrEqual(2 ** 40 - sizeBytes)
  expect(two).toMatchObject({ logDir: resolve('two'), isCordoned: true, topics: [] })
})

test('only what is asked for, and nothing of what is not there', () => {
  const indexes = (...topics: DescribeLogDirsRequest['topics'] & object) =>
    ask(topics)[0]!.topics.flatMap(({ partitions }) =>
      partitions.map(({ partitionIndex }) => partitionIndex))
  expect(indexes({ topic: 't', partitions: [1, 9] })).toEqual([1])
  expect(indexes({ topic: 'u', partitions: [0] })).toEqual([])
  expect(indexes()).toEqual([])
})

test('a directory that failed, now or at the start, has its error alone', () => {
  expect(ask(null)[2])
    .toEqual({ errorCode: Errors.KAFKA_STORAGE_ERROR, logDir: '/lost', topics: [] })
  all[0]!.fail()
  expect(ask(null)[0])
    .toEqual({ errorCode: Errors.KAFKA_STORAGE_ERROR, logDir: '/one', topics: [] })
})

test('a log that is on its way, and how far it is behind', () => {
  const steps = all[1]!.futures.opening({
    topic: 't', partition: 1, topicId: TOPIC_ID, config: parseLogConfig(new Map()), nowMs: 0,
  })
  lastOf(steps)
  const [, two] = ask(null)
  expect(two!.topics).toEqual([{
    name: 't',
    partitions: [{ partitionIndex: 1, partitionSize: 0, offsetLag: 2, isFutureKey: true }],
  }])
})
