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
  const { broker, config, controller, logDirectories } = services
  const cordoned = controller.image.brokers.get(broker.nodeId)?.cordonedLogDirs ?? []
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
          errorCode: Errors.NONE, logDir, topics: topicsOf(directory, isWanted),
          ...logDirectories.spaceOf(directory),
          isCordoned: cordoned.includes(logDirectories.idOf(directory)),
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

function topicsOf(directory: LogDirectory, isWanted: IsWanted): Topic[] {
  const topics = new Map<string, Topic['partitions'][number][]>()
  for (const { topic, partition, sizeBytes, highWatermark, endOffset } of directory.logs()) {
    if (!isWanted(topic, partition)) continue
    let partitions = topics.get(topic)
    if (partitions === undefined) topics.set(topic, partitions = [])
    // How far it is behind the high watermark: a leader never is.
    const offsetLag = Math.max(highWatermark - endOffset, 0)
    partitions.push({
      partitionIndex: partition, partitionSize: sizeBytes, offsetLag, isFutureKey: false,
    })
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }))
}
