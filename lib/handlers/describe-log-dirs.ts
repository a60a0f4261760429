// DescribeLogDirs (key 35): the log directories of this broker, and how large the replicas in them
// are (KIP-113). Without topics: all replicas. What is not there is left out; a directory that
// failed is told with its error alone.
//
// Versions: 3 has an error for the answer as a whole (KIP-784); 4 total and usable bytes (KIP-827);
// 5 says whether the directory takes no new replicas (KIP-1066).

import { resolve } from 'node:path'

import { Errors } from '../../protocol/errors.ts'
import {
  describeLogDirs, type DescribeLogDirsRequest, type DescribeLogDirsResponse,
} from '../../protocol/messages/describe-log-dirs.ts'
import type { Log } from '../../storage/log.ts'
import type { LogDirectory } from '../../storage/log-directory.ts'
import { handler, type RequestContext } from '../server/handler.ts'
import type { Services } from '../services.ts'

type Result = DescribeLogDirsResponse['results'][number]
type Topic = Result['topics'][number]
type IsWanted = (topic: string, partition: number) => boolean

export const describeLogDirsHandler = handler(describeLogDirs, handleDescribeLogDirs, {
  errorAnswer: (_request, _version, errorCode) => ({ errorCode, results: [] }),
})

function handleDescribeLogDirs(
  { topics }: DescribeLogDirsRequest, _context: RequestContext, services: Services,
): DescribeLogDirsResponse {
  const { config, logDirectories, places } = services
  const isWanted = wanted(topics)
  return {
    errorCode: Errors.NONE,
    results: [...new Set(config.logDirs)].map((path): Result => {
      const logDir = resolve(path)
      // One that failed at the start is not among them.
      const directory = logDirectories.all.find((one) => one.path === path)
      if (directory?.isFailed !== false) {
        return { errorCode: Errors.KAFKA_STORAGE_ERROR, logDir, topics: [] }
      }
      try {
        return {
          errorCode: Errors.NONE, logDir, topics: topicsOf(directory, isWanted, services),
          ...logDirectories.spaceOf(directory),
          isCordoned: places.isCordoned(directory),
        }
      } catch (error) {
        services.logger.error('A log directory cannot be described', { logDir, error })
        return { errorCode: Errors.UNKNOWN_SERVER_ERROR, logDir, topics: [] }
      }
    }),
  }
}

function wanted(topics: DescribeLogDirsRequest['topics']): IsWanted {
  if (topics === null) return () => true
  const asked = new Map<string, Set<number>>()
  for (const { topic, partitions } of topics) {
    let indexes = asked.get(topic)
    if (indexes === undefined) asked.set(topic, indexes = new Set())
    for (const index of partitions) indexes.add(index)
  }
  return (topic, partition) => asked.get(topic)?.has(partition) === true
}

function topicsOf(
  directory: LogDirectory, isWanted: IsWanted, { partitions }: Services,
): Topic[] {
  const topics = new Map<string, Topic['partitions'][number][]>()
  const add = ({ topic, partition, sizeBytes }: Log, lag: number, isFutureKey: boolean): void => {
    if (!isWanted(topic, partition)) return
    let described = topics.get(topic)
    if (described === undefined) topics.set(topic, described = [])
    described.push({
      partitionIndex: partition, partitionSize: sizeBytes, offsetLag: Math.max(lag, 0), isFutureKey,
    })
  }
  // How far it is behind the high watermark: a leader never is.
  for (const log of directory.logs()) add(log, log.highWatermark - log.endOffset, false)
  for (const log of directory.futures.all()) {
    const present = partitions.get(log.topic, log.partition)?.log
    if (present !== undefined) add(log, present.endOffset - log.endOffset, true)
  }
  return [...topics].map(([name, described]) => ({ name, partitions: described }))
}
